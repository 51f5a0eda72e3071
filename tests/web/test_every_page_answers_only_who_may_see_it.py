from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from rollouts.models import Release
from tests.support.builders import make_cluster, make_release, make_rollout

pytestmark = pytest.mark.django_db

PAGES: dict[str, Callable[[int, int], str]] = {
    "fleet": lambda rollout, application: "/",
    "applications": lambda rollout, application: "/?view=applications",
    "rollout": lambda rollout, application: f"/rollouts/{rollout}/",
    "release": lambda rollout, application: f"/rollouts/{rollout}/?release=1",
    "report": lambda rollout, application: f"/releases/{Release.objects.get(rollout=rollout).pk}/",
    "application": lambda rollout, application: f"/applications/{application}/",
    "clusters": lambda rollout, application: "/clusters/",
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


@pytest.fixture
def known() -> tuple[int, int]:
    rollout = make_rollout(make_cluster("eu-west-1"))
    make_release(rollout)
    assert rollout.application_id is not None
    return rollout.pk, rollout.application_id


@every_page
def test_a_page_is_shown_to_a_signed_in_person(
    visitor: Client, known: tuple[int, int], page: Callable[[int, int], str]
) -> None:
    response = visitor.get(page(*known))
    assert response.status_code == 200
    assert "checkout" in response.content.decode() or "eu-west-1" in response.content.decode()


@every_page
def test_a_stranger_is_sent_to_the_sign_in(
    client: Client, known: tuple[int, int], page: Callable[[int, int], str]
) -> None:
    response = client.get(page(*known))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/")


@every_page
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_changes_nothing(
    visitor: Client, known: tuple[int, int], page: Callable[[int, int], str], method: str
) -> None:
    assert getattr(visitor, method)(page(*known)).status_code == 405


@every_page
def test_a_page_is_kept_by_no_shared_cache(
    visitor: Client, known: tuple[int, int], page: Callable[[int, int], str]
) -> None:
    headers = visitor.get(page(*known)).headers
    assert "private" in headers["Cache-Control"]
    assert "HX-Request" in headers["Vary"]


@every_page
def test_a_page_holds_nothing_inline_and_nothing_from_elsewhere(
    visitor: Client, known: tuple[int, int], page: Callable[[int, int], str]
) -> None:
    html = visitor.get(page(*known)).content.decode()
    for forbidden in (" style=", "<style", "<script>", " onclick=", "javascript:", "https://", "//cdn"):
        assert forbidden not in html


@every_page
def test_a_live_part_is_answered_alone(
    visitor: Client, known: tuple[int, int], page: Callable[[int, int], str]
) -> None:
    response = visitor.get(page(*known), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert b"<html" not in response.content
    assert b"hx-get" in response.content


def test_a_rollout_that_does_not_exist_is_not_found(visitor: Client) -> None:
    response = visitor.get("/rollouts/4711/")
    assert response.status_code == 404
    assert "This page does not exist" in response.content.decode()


def test_a_release_that_does_not_exist_is_not_found(visitor: Client, known: tuple[int, int]) -> None:
    assert visitor.get(f"/rollouts/{known[0]}/?release=9").status_code == 404


def test_an_application_that_does_not_exist_is_not_found(visitor: Client) -> None:
    assert visitor.get("/applications/4711/").status_code == 404


def test_a_person_who_was_deactivated_is_signed_out(visitor: Client, django_user_model: type) -> None:
    django_user_model.objects.update(is_active=False)  # type: ignore[attr-defined]
    assert visitor.get("/").status_code == 302
