"""Pages about many policies read what these have in common once."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.models import Application, Batch, DraftTrial
from tests.support.governed import make_another_policy, make_policy
from tests.support.several_policies import answered, apply, begin, boxes, chosen, review

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


def test_while_clusters_are_asked_the_review_is_not_made_anew_and_nothing_is_written(
    editor: Client, one: Application, others: list[Application], asked: list[tuple[str, dict[str, Any]]]
) -> None:
    first = editor.get(f"{begin(editor, one, interval='60')}/all/?{chosen(*others)}").content.decode()
    found = re.search(r'hx-get="([^"]+)"', first.partition('id="policy-all"')[2])
    assert found is not None
    again, number = html.unescape(found[1]), len(asked)
    with CaptureQueriesContext(connection) as made:
        assert editor.get(again, headers={"HX-Request": "true"}).status_code == 204
    assert not [each["sql"] for each in made if each["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(made) < 15
    assert len(asked) == number
    answered()
    page = editor.get(again, headers={"HX-Request": "true"})
    assert len(boxes(page)) == len(others) + 1
    assert "waits=" not in page.content.decode()


def test_who_has_not_answered_for_long_is_asked_again_meanwhile(
    editor: Client, one: Application, others: list[Application], asked: list[tuple[str, dict[str, Any]]]
) -> None:
    first = editor.get(f"{begin(editor, one, interval='60')}/all/?{chosen(others[0])}").content.decode()
    found = re.search(r'hx-get="([^"]+)"', first.partition('id="policy-all"')[2])
    assert found is not None
    again, trial = html.unescape(found[1]), DraftTrial.objects.all()[0]
    DraftTrial.objects.filter(pk=trial.pk).update(asked_at=timezone.now() - timedelta(seconds=21))
    asked.clear()
    assert editor.get(again, headers={"HX-Request": "true"}).status_code == 204
    assert asked == [("rollouts.tasks.try_draft", {"trial": trial.pk})]


def test_the_review_reads_the_rollouts_of_all_of_them_at_once(
    editor: Client, one: Application, others: list[Application]
) -> None:
    address, numbers = begin(editor, one, interval="60"), []
    for some in (others[:1], others):
        review(editor, address, *some)
        with CaptureQueriesContext(connection) as made:
            editor.get(f"{address}/all/?{chosen(*some)}")
        numbers.append(len([each for each in made if 'FROM "rollouts_rollout"' in each["sql"]]))
    assert numbers[0] == numbers[1]
