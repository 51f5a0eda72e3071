from __future__ import annotations

import pytest
from django.test import Client

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
