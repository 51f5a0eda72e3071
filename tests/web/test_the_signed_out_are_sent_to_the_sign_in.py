from __future__ import annotations

import pytest
from django.test import Client

from rollouts.models import Role
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


def asking(client: Client, shown: str) -> tuple[int, str, str]:
    response = client.get("/?v=1", headers={"hx-request": "true", "hx-current-url": shown})
    return response.status_code, response.headers.get("HX-Redirect", ""), response.content.decode()


def test_a_live_element_of_somebody_signed_out_sends_the_whole_page_to_the_sign_in(client: Client) -> None:
    shown = "https://fleet.example.test/rollouts/7/?release=2"
    assert asking(client, shown) == (401, "/sign-in/?next=%2Frollouts%2F7%2F%3Frelease%3D2", "")


@pytest.mark.parametrize("shown", ["https://fleet.example.test//evil.example.test/", "", "https://[", "//evil"])
def test_the_way_back_never_leads_to_another_host(client: Client, shown: str) -> None:
    status, there, _ = asking(client, shown)
    assert status == 401
    assert there in {"/sign-in/?next=%2F", "/sign-in/?next=%2Fevil.example.test%2F"}


def test_a_page_of_somebody_signed_out_is_a_plain_redirect(client: Client) -> None:
    response = client.get("/clusters/")
    assert (response.status_code, response.headers["Location"]) == (302, "/sign-in/?next=/clusters/")


@pytest.mark.parametrize("address", ["/", "/admin/", "/admin/rollouts/grant/add/", "/admin/login/"])
def test_a_stranger_ends_at_the_one_sign_in(address: str) -> None:
    last = Client().get(address, follow=True)
    assert last.redirect_chain[-1][0].startswith("/sign-in/?next=/")
    assert last.status_code == 200


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.OPERATOR])
def test_who_administers_nothing_is_told_whom_to_ask_at_the_admin_site(role: Role | None) -> None:
    client = Client()
    client.force_login(make_person("ann", role, is_staff=True))
    last = client.get("/admin/rollouts/cluster/", follow=True)
    assert last.status_code == 403
    assert "Ask somebody who administers this dashboard." in last.content.decode()


def test_who_was_granted_nothing_is_told_so_and_whom_to_ask() -> None:
    client = Client()
    client.force_login(make_person("nobody"))
    html = client.get("/").content.decode()
    assert "You are signed in, but nobody has granted you anything yet. Ask somebody who administers" in html
    assert 'action="/sign-out/"' in html
    assert 'aria-label="Pages"' not in html
