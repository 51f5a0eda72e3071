from __future__ import annotations

import pytest
from django.test import Client

from rollouts.models import Covers, Grant, RangeCopy
from tests.support.builders import CHECKS, make_rollout
from tests.support.measured import make_measured

pytestmark = pytest.mark.django_db

ADDRESSES = (
    "/rollouts/{rollout}/charts/",
    "/rollouts/{rollout}/charts/?range=1h",
    "/rollouts/{rollout}/check.csv?check=request-duration",
    "/rollouts/{rollout}/steps.csv",
    "/applications/{application}/charts/",
    "/applications/{application}/check.csv?check=request-duration",
    "/applications/{application}/steps.csv",
    "/history/",
    "/history/?rollout={rollout}",
    "/history/?application={application}",
    "/history.csv?rollout={rollout}",
)
every_address = pytest.mark.parametrize("address", ADDRESSES)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def known() -> dict[str, int]:
    rollout = make_rollout(checks=CHECKS)
    make_measured(rollout)
    return {"rollout": rollout.pk, "application": rollout.application_id or 0}


@every_address
def test_it_is_answered_to_a_signed_in_person_and_kept_by_no_shared_cache(
    visitor: Client, known: dict[str, int], address: str
) -> None:
    response = visitor.get(address.format(**known), headers=HTMX)
    assert response.status_code == 200
    assert "private" in response.headers["Cache-Control"]


@every_address
def test_a_stranger_is_sent_to_the_sign_in(client: Client, known: dict[str, int], address: str) -> None:
    response = client.get(address.format(**known))
    assert (response.status_code, response.headers["Location"][:9]) == (302, "/sign-in/")


@every_address
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_changes_nothing(visitor: Client, known: dict[str, int], address: str, method: str) -> None:
    assert getattr(visitor, method)(address.format(**known)).status_code == 405


@every_address
def test_of_what_the_person_may_not_see_there_is_none(visitor: Client, known: dict[str, int], address: str) -> None:
    Grant.objects.update(covers=Covers.NAMESPACE, namespace="elsewhere")
    response = visitor.get(address.format(**known), headers=HTMX)
    assert response.status_code == 404 or "None began in this range" in response.content.decode()
    assert not RangeCopy.objects.exists()


def test_a_stranger_makes_nobody_ask_a_metrics_source(client: Client, known: dict[str, int]) -> None:
    for address in ("/rollouts/{rollout}/?range=1h", "/rollouts/{rollout}/charts/?range=1h"):
        client.get(address.format(**known), headers=HTMX)
    assert not RangeCopy.objects.exists()
