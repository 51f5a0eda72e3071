"""The page of one's own password."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollouts.models import AuditEntry, Role, Token
from tests.support.people import make_person, make_token

pytestmark = pytest.mark.django_db
OLD, NEW = "a-long-password", "quite-another-word"
GIVEN = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def ann() -> User:
    return make_person("ann", Role.VIEWER)


@pytest.fixture
def client(ann: User) -> Client:
    return signed_in()


def signed_in(password: str = OLD) -> Client:
    client = Client()
    assert client.login(username="ann", password=password)
    return client


def said(response: Any) -> str:
    assert response.status_code == 422
    return str(response.content.decode())


def test_the_new_one_holds_and_the_browser_goes_on(client: Client) -> None:
    response = client.post("/password/", GIVEN, follow=True)
    assert "Your password is changed" in response.content.decode()
    assert client.get("/tokens/").status_code == 200
    assert not Client().login(username="ann", password=OLD)
    assert signed_in(NEW)


def test_other_browsers_are_signed_out(client: Client) -> None:
    other = signed_in()
    client.post("/password/", GIVEN)
    assert other.get("/tokens/").status_code == 302


def test_it_is_in_the_trail_without_either(client: Client) -> None:
    client.post("/password/", GIVEN)
    entry = AuditEntry.objects.filter(kind="person", act="change").latest("number")
    assert (entry.person, entry.name, "password" in entry.patch) == ("ann", "ann", True)
    assert OLD not in repr(AuditEntry.objects.values())
    assert NEW not in repr(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"old_password": "wrong"}, "Your old password was entered incorrectly."),
        ({"new_password2": "something-else"}, "The two password fields didn"),
        ({"new_password1": "short", "new_password2": "short"}, "at least 12 characters"),
        ({"new_password1": "password1234", "new_password2": "password1234"}, "too common"),
        ({"new_password1": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_explained_at_its_field(client: Client, changed: dict[str, str], sentence: str) -> None:
    html = said(client.post("/password/", {**GIVEN, **changed}))
    assert sentence in html
    assert 'aria-invalid="true"' in html
    assert all(word not in html for word in (OLD, NEW))
    assert signed_in()


def test_the_rules_are_told_before(client: Client) -> None:
    assert "at least 12 characters" in client.get("/password/").content.decode()


def test_wrong_ones_are_limited_as_at_the_sign_in(client: Client) -> None:
    for _ in range(5):
        assert client.post("/password/", {**GIVEN, "old_password": "wrong"}).status_code == 422
    response = client.post("/password/", GIVEN)
    assert (response.status_code, "Retry-After" in response.headers) == (429, True)
    assert "Too many attempts with this name have failed." in response.content.decode()
    assert signed_in()


def test_a_new_one_that_is_refused_is_no_guess(client: Client) -> None:
    for _ in range(6):
        said(client.post("/password/", {**GIVEN, "new_password2": "x"}))
    assert client.post("/password/", GIVEN).status_code == 302


@pytest.mark.parametrize(("given", "left"), [({}, 2), ({"revoke": "on"}, 0)])
def test_tokens_stay_unless_their_person_wants_them_revoked(
    client: Client, ann: User, given: dict[str, str], left: int
) -> None:
    others = make_token(make_person("bob")).token
    for name in ("one", "two"):
        make_token(ann, name=name)
    assert "Also revoke my 2 tokens, which otherwise stay" in client.get("/password/").content.decode()
    client.post("/password/", {**GIVEN, **given})
    assert Token.objects.filter(person=ann).count() == left
    assert AuditEntry.objects.filter(kind="token", act="remove").count() == 2 - left
    assert Token.objects.filter(pk=others.pk).exists()


def test_who_was_granted_nothing_yet_has_a_password_too(client: Client) -> None:
    make_person("nobody")
    person = Client()
    person.login(username="nobody", password=OLD)
    assert person.post("/password/", GIVEN).status_code == 302
    assert person.get("/password/changed/").status_code == 200


@pytest.mark.parametrize("address", ["/admin/password_change/", "/admin/password_change/done/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_also_where_the_admin_site_leads(address: str, method: str) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    assert getattr(root, method)(address, GIVEN).headers["Location"] == "/password/"
