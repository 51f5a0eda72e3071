"""A page asks for a range: once for all who look at it, again when it is due, and only so many at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from rollouts.domain.ranges import Range, between
from rollouts.models import ClusterState, RangeCopy
from tests.support.builders import NOW
from tests.support.ranging import Looking

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
YESTERDAY = between(NOW - 26 * HOUR, NOW - 24 * HOUR, NOW)


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_the_first_who_looks_asks_and_waits(looking: Looking) -> None:
    found = looking.request()
    assert found.asking
    assert looking.asked == [("rollouts.tasks.read_ranges", {"cluster": looking.cluster.pk})]


def test_many_who_look_at_the_same_range_are_served_by_one_question(looking: Looking) -> None:
    versions = {looking.request(after=SECOND).version for _ in range(3)}
    looking.read()
    versions |= {looking.request(after=SECOND).version for _ in range(3)}
    assert len(looking.asked) == 1
    assert len(versions) == 2
    assert not looking.request().asking


def test_of_two_who_ask_in_the_same_moment_one_asks(looking: Looking) -> None:
    looking.request()
    looking.read()
    looking.at += 5 * MINUTE
    before = len(looking.asked)
    with connection.execute_wrapper(Before('UPDATE "rollouts_rangecopy"', looking.request)):
        looking.request()
    assert len(looking.asked) == before + 1


class Before:
    """Does something else just before the first statement that begins so."""

    def __init__(self, beginning: str, act: Callable[[], object]) -> None:
        self._beginning, self._acts = beginning, [act]

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if self._acts and sql.startswith(self._beginning):
            self._acts.pop()()
        return execute(sql, *rest)


@pytest.mark.parametrize(("name", "good"), [("1h", 60), ("6h", 90), ("24h", 360)])
def test_an_answer_up_to_now_is_used_for_a_step_but_at_least_a_minute(looking: Looking, name: str, good: int) -> None:
    looking.request(name)
    looking.read()
    looking.request(name, after=(good - 1) * SECOND)
    assert len(looking.asked) == 1
    looking.request(name, after=SECOND)
    assert len(looking.asked) == 2


def test_a_range_that_lies_behind_is_good_for_ten_minutes(looking: Looking) -> None:
    looking.request(YESTERDAY)
    looking.read()
    looking.request(YESTERDAY, after=599 * SECOND)
    assert len(looking.asked) == 1
    looking.request(YESTERDAY, after=SECOND)
    assert len(looking.asked) == 2


def test_what_is_read_anew_a_moment_after_its_time_is_no_waiting(looking: Looking) -> None:
    looking.request()
    looking.read()
    assert not looking.request(after=70 * SECOND).asking
    assert len(looking.asked) == 2


def test_what_is_kept_from_long_ago_is_shown_while_it_is_read_anew(looking: Looking) -> None:
    looking.request()
    looking.read()
    found = looking.request(after=10 * MINUTE)
    assert found.asking
    assert found.copy is not None
    assert found.copy.read_at is not None


def test_a_task_that_was_lost_is_asked_for_again(looking: Looking) -> None:
    looking.request()
    looking.request(after=14 * SECOND)
    assert len(looking.asked) == 1
    looking.request(after=SECOND)
    assert len(looking.asked) == 2


def customs(number: int) -> list[Range]:
    return [between(NOW - (place + 2) * HOUR, NOW - HOUR, NOW) for place in range(number)]


def test_only_so_many_ranges_of_a_rollout_are_read_in_a_minute(looking: Looking) -> None:
    *eight, ninth = customs(9)
    for one in eight:
        looking.request(one)
    found = looking.request(ninth, after=SECOND)
    assert (found.copy, found.asking) == (None, True)
    assert "has its turn within a minute" in found.why_not
    assert len(looking.asked) == 8
    assert not looking.request(ninth, after=MINUTE).why_not
    assert looking.copy(ninth.key)
    assert RangeCopy.objects.count() == 8
    assert not RangeCopy.objects.filter(range=eight[0].key).exists()


@pytest.mark.parametrize("fields", [{"state": ClusterState.STOPPED}, {"observed": False}])
def test_of_a_cluster_that_is_not_watched_nothing_is_asked(looking: Looking, fields: dict[str, object]) -> None:
    type(looking.cluster).objects.update(**fields)
    found = looking.request()
    assert (looking.asked, found.asking) == ([], False)
    assert found.why_not.startswith("This cluster is not watched")
