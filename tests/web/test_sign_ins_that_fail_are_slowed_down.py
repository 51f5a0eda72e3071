from __future__ import annotations

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django.fixtures import Settings

from rollouts.services.sign_ins import BY_NAME_AND_ADDRESS
from tests.support.people import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password"
KNOWN = configured.KNOWN_BROWSER_COOKIE_NAME


@pytest.fixture(autouse=True)
def ann() -> None:
    make_person("ann")


def sign_in(client: Client, password: str = PASSWORD, name: str = "ann", **more: str) -> int:
    return client.post("/sign-in/", {"username": name, "password": password}, headers=more or None).status_code


def lock(client: Client, name: str = "ann") -> None:
    while sign_in(client, "wrong", name) != 429:
        pass


@pytest.mark.parametrize("name", ["ann", "nobody-has-this-name"])
def test_after_some_failures_it_is_said_when_to_try_again(client: Client, name: str) -> None:
    for _ in range(BY_NAME_AND_ADDRESS):
        assert sign_in(client, "wrong", name) == 200
    response = client.post("/sign-in/", {"username": name, "password": PASSWORD})
    html = response.content.decode()
    assert (response.status_code, response.headers["Retry-After"]) == (429, "900")
    assert "have failed. Try again in 15 minutes." in html
    assert f'value="{name}"' in html
    assert "sessionid" not in response.cookies


def test_a_right_password_counts_as_no_failure(client: Client) -> None:
    for _ in range(BY_NAME_AND_ADDRESS + 1):
        assert sign_in(client) == 302
        client.logout()


def test_others_get_in_from_elsewhere_and_from_browsers_they_have_used_before(client: Client) -> None:
    make_person("ben")
    known = Client()
    assert sign_in(known) == 302
    known.post("/sign-out/")
    lock(client)
    assert sign_in(client) == 429
    assert sign_in(client, name="ben") == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")) == 302
    assert sign_in(known) == 302


def test_a_browser_is_known_for_those_who_signed_in_with_it_and_for_nobody_else(client: Client) -> None:
    make_person("mallory")
    assert sign_in(client, name="mallory") == 302
    client.post("/sign-out/")
    lock(client, "ann")
    assert sign_in(client, name="ann") == 429


@pytest.mark.parametrize("forged", ["", "nonsense", "WyJ4IiwgW11d:1abc:x"])
def test_a_forged_mark_is_worth_nothing(client: Client, forged: str) -> None:
    lock(client)
    client.cookies[KNOWN] = forged
    assert sign_in(client) == 429


def test_the_mark_is_not_for_scripts_and_names_nobody(client: Client) -> None:
    sign_in(client)
    cookie = client.cookies[KNOWN]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "ann" not in cookie.value


def test_two_people_may_share_a_browser(client: Client) -> None:
    make_person("ben")
    for name in ("ann", "ben"):
        assert sign_in(client, name=name) == 302
        client.post("/sign-out/")
    stranger = Client()
    lock(stranger, "ann")
    lock(stranger, "ben")
    assert (sign_in(client, name="ann"), client.post("/sign-out/").status_code) == (302, 302)
    assert sign_in(client, name="ben") == 302


def test_without_a_proxy_nobody_chooses_an_address(client: Client) -> None:
    for number in range(BY_NAME_AND_ADDRESS):
        sign_in(client, "wrong", **{"x-forwarded-for": f"192.0.2.{number}"})
    assert sign_in(client, **{"x-forwarded-for": "192.0.2.99"}) == 429


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(client: Client, settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    for number in range(BY_NAME_AND_ADDRESS):
        sign_in(client, "wrong", **{"x-forwarded-for": f"203.0.113.{number}, 192.0.2.1"})
    assert sign_in(client, **{"x-forwarded-for": "203.0.113.99, 192.0.2.1"}) == 429
    assert sign_in(client, **{"x-forwarded-for": "192.0.2.1, 192.0.2.2"}) == 302


def test_a_session_gets_a_new_key_at_the_sign_in(client: Client) -> None:
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before or ""
    assert sign_in(client) == 302
    assert client.cookies["sessionid"].value not in {"", before}
    stale = Client()
    stale.cookies["sessionid"] = before or ""
    assert stale.get("/").headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"referer": "https://evil.example/"}, {}])
def test_a_form_of_another_site_is_refused(headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get("/sign-in/", secure=True)
    token = page.content.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"username": "ann", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/sign-in/", form, secure=True, headers=headers).status_code == 403
    own = {"origin": "https://testserver"}
    assert client.post("/sign-in/", form, secure=True, headers=own).status_code == 302
