from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, Covers, Rollout
from tests.support.builders import NOW
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.judged import make_judged
from tests.support.people import grant, make_person
from tests.support.policies import POLICY

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


def typed(client: Client, one: Application, **texts: str) -> str:
    given = {**shown(read(POLICY)), "policy": NAME, "base": json.dumps(POLICY), "strategy": "blue-green", **texts}
    headers = {"HX-Request": "true", "HX-Target": "policy-says"}
    answer = client.post(f"/applications/{one.pk}/policy/edit/", given, headers=headers)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_what_would_have_become_of_them_follows_what_is_typed(editor: Client, one: Application) -> None:
    west, east = one.rollouts.order_by("cluster__name")
    make_judged(west, 1, 99.9)
    make_judged(east, 2, 99.2)
    make_judged(west, 3, 93.1, outcome="failed")
    said = typed(editor, one)
    assert "The last 3 releases by these checks" in said
    assert "1 would have been rolled back" in said
    assert "2 would have been promoted" in said
    assert (
        "release 3 in eu-west : request-success-rate 93.10% at 17:35 UTC on 23 Nov, least 99.00%, failed check 3."
        in said
    )
    stricter = typed(editor, one, **{"metrics-0-minimum": "99.5"})
    assert "2 would have been rolled back" in stricter
    assert "release 2 in us-east : request-success-rate 99.20%" in stricter
    looser = typed(editor, one, **{"metrics-0-minimum": "90"})
    assert "3 would have been promoted" in looser
    assert "It was rolled back." in looser


def test_what_cannot_be_judged_says_of_which_check_nothing_was_kept(editor: Client, one: Application) -> None:
    make_judged(one.rollouts.all()[0], 1, 99.9)
    said = typed(editor, one, **{"metrics-2-name": "orders", "metrics-2-interval": "60", "metrics-2-minimum": "1"})
    assert "1 cannot be judged" in said
    assert "nothing comparable was kept of orders" in said


def test_without_releases_nothing_is_said_of_them(editor: Client, one: Application) -> None:
    assert "The last" not in typed(editor, one)


def test_with_the_analysis_switched_off_none_would_have_been_checked(editor: Client, one: Application) -> None:
    make_judged(one.rollouts.all()[0], 1, 99.9)
    assert "none of the last releases would have been checked" in typed(editor, one, skips="on")


def test_only_releases_are_told_that_the_person_may_see(client: Client, one: Application) -> None:
    """Who may edit may see all that the policy selects; another policy's and a deleted rollout's are no concern."""
    west, east = one.rollouts.order_by("cluster__name")
    make_judged(west, 1, 99.9)
    make_judged(east, 2, 99.9)
    person = make_person("editor")
    for rollout in (west, east):
        grant(person, covers=Covers.CLUSTER, cluster=rollout.cluster, edits_policies=True)
    client.force_login(person)
    assert "The last 2 releases" in typed(client, one)
    Rollout.objects.filter(pk=east.pk).update(deleted_at=NOW)
    assert "The last release by these checks" in typed(client, one)
    Rollout.objects.filter(pk=west.pk).update(name="other")
    assert "The last" not in typed(client, one)


def test_ten_are_tried_by_as_many_queries_as_one(editor: Client, one: Application) -> None:
    west, east = one.rollouts.order_by("cluster__name")
    make_judged(west, 1, 99.9)
    typed(editor, one)
    with CaptureQueriesContext(connection) as few:
        typed(editor, one)
    for number in range(2, 9):
        make_judged(west, number, 99.9)
        make_judged(east, number, 99.9)
    with CaptureQueriesContext(connection) as many:
        said = typed(editor, one)
    assert "The last 10 releases by these checks" in said
    assert len(many) == len(few)
