from __future__ import annotations

import pytest
from django.test import Client

from rollouts.models import Covers, Grant
from tests.support.builders import make_release, make_rollout

pytestmark = pytest.mark.django_db

ADDRESSES = (
    "/releases/{one}/",
    "/releases/{one}.json",
    "/releases/{one}.csv",
    "/releases/{one}/transitions.csv",
    "/releases/{one}/compare/{two}/",
)
every_address = pytest.mark.parametrize("address", ADDRESSES)


@pytest.fixture
def known() -> dict[str, int]:
    rollout = make_rollout()
    return {"one": make_release(rollout, 1).pk, "two": make_release(rollout, 2).pk}


@every_address
def test_it_is_answered_to_a_signed_in_person_and_kept_by_no_shared_cache(
    visitor: Client, known: dict[str, int], address: str
) -> None:
    response = visitor.get(address.format(**known))
    assert response.status_code == 200
    assert "private" in response.headers["Cache-Control"]


@every_address
def test_a_stranger_is_sent_to_the_sign_in(client: Client, known: dict[str, int], address: str) -> None:
    response = client.get(address.format(**known))
    assert (response.status_code, response.headers["Location"][:9]) == (302, "/sign-in/")


@every_address
def test_a_deactivated_person_is_sent_there_too(
    visitor: Client, known: dict[str, int], address: str, django_user_model: type
) -> None:
    django_user_model.objects.update(is_active=False)  # type: ignore[attr-defined]
    assert visitor.get(address.format(**known)).status_code == 302


@every_address
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_changes_nothing(visitor: Client, known: dict[str, int], address: str, method: str) -> None:
    assert getattr(visitor, method)(address.format(**known)).status_code == 405


@every_address
def test_of_a_rollout_that_the_person_may_not_see_there_is_none(
    visitor: Client, known: dict[str, int], address: str
) -> None:
    Grant.objects.update(covers=Covers.NAMESPACE, namespace="elsewhere")
    assert visitor.get(address.format(**known)).status_code == 404


@every_address
def test_of_a_release_that_does_not_exist_there_is_none(visitor: Client, known: dict[str, int], address: str) -> None:
    assert visitor.get(address.format(one=4711, two=known["two"])).status_code == 404


def test_only_two_releases_of_one_rollout_are_compared(visitor: Client, known: dict[str, int]) -> None:
    other = make_release(make_rollout(name="other"))
    assert visitor.get(f"/releases/{known['one']}/compare/{other.pk}/").status_code == 404
    assert visitor.get(f"/releases/{known['one']}/compare/{known['one']}/").status_code == 404
