"""Pages about many policies read what these have in common once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.models import Application, Batch
from tests.support.governed import make_another_policy, make_policy
from tests.support.several_policies import apply, begin, chosen, review

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[tuple[str, dict[str, Any]]]) -> Application:
    return make_policy("eu-west", "us-east")


@pytest.fixture
def others(one: Application) -> list[Application]:
    return [make_another_policy(f"cart-{number}") for number in range(6)]


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as made:
        assert client.get(address).status_code == 200
    return len(made)


def test_those_that_are_picked_take_no_more_queries_for_more(
    editor: Client, one: Application, others: list[Application]
) -> None:
    address = f"{begin(editor, one, interval='60')}/others/?"
    assert queries(editor, address + chosen(*others)) == queries(editor, address + chosen(others[0]))


def test_those_to_choose_from_take_no_more_queries_for_more_namespaces(
    editor: Client, one: Application, others: list[Application]
) -> None:
    address = f"{begin(editor, one, interval='60')}/others/"
    before = queries(editor, address)
    for number, other in enumerate(others):
        Application.objects.filter(pk=other.pk).update(namespace=f"shop-{number}")
    assert queries(editor, address) == before


def test_what_came_of_them_takes_no_more_queries_for_more(
    editor: Client, one: Application, others: list[Application]
) -> None:
    numbers = []
    for some in (others[:1], others[1:]):
        address = begin(editor, one, interval=str(60 + len(some)))
        apply(editor, address, review(editor, address, *some), *some)
        batch = Batch.objects.latest("pk")
        numbers.append(queries(editor, f"/policies/changes/{batch.pk}/"))
        Batch.objects.update(ended_at=batch.requested_at)
        batch.commands.update(state="observed")
    assert numbers[0] == numbers[1]
