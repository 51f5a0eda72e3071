from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from rollouts.domain.observations import Phase
from rollouts.models import Release, Rollout
from rollouts.queries.comparison import comparison
from tests.support.builders import CHECKS, NOW, make_measurement, make_release, make_rollout
from tests.support.builders import make_transition as transition

pytestmark = pytest.mark.django_db
Told = tuple[int, dict[str, Any]]


def told(rollout: Rollout, number: int, *steps: Told, **fields: Any) -> Release:
    ended = NOW + timedelta(seconds=steps[-1][0])
    release = make_release(rollout, number, started_at=NOW, ended_at=ended, analysis="completed", **fields)
    for place, (second, facts) in enumerate(steps, start=1):
        at = NOW + timedelta(seconds=second)
        transition(rollout, 100 * number + place, release=number, at=at, **facts)
    return release


@pytest.fixture
def two() -> tuple[Release, Release]:
    """The first got through two iterations and failed, the second one was quicker and succeeded."""
    rollout = make_rollout(phase=Phase.SUCCEEDED, checks=CHECKS, iterations_wanted=2)
    failed = told(
        rollout, 1, (0, {}), (30, {"iterations": 1}), (75, {"iterations": 2}), (90, {"phase": "Failed"}),
        outcome="failed",
    )  # fmt: skip
    succeeded = told(
        rollout, 2, (0, {}), (10, {"iterations": 1}), (20, {"iterations": 2}), (30, {"iterations": 3}),
        (40, {"phase": "Promoting"}), (50, {"phase": "Finalising"}), (60, {"phase": "Succeeded"}),
        outcome="succeeded",
    )  # fmt: skip
    return failed, succeeded


def test_the_same_step_stands_in_the_same_line(admin_user: User, two: tuple[Release, Release]) -> None:
    found = comparison(admin_user, two[0].pk, two[1].pk, NOW)
    assert found is not None
    assert [(step.label, step.earlier, step.later) for step in found.steps] == [
        ("iteration 1", 30, 10),
        ("iteration 2", 45, 10),
        ("users on green", None, 10),
        ("promoting", None, 10),
        ("users on blue", None, 10),
        ("succeeded", None, 10),
        ("failed", 15, None),
    ]


def test_the_earlier_one_comes_first_however_it_is_asked(admin_user: User, two: tuple[Release, Release]) -> None:
    found = comparison(admin_user, two[1].pk, two[0].pk, NOW)
    assert found is not None
    assert (found.earlier.release.number, found.later.release.number) == (1, 2)


def test_a_check_that_only_one_has_stands_alone(admin_user: User, two: tuple[Release, Release]) -> None:
    make_measurement(two[0], NOW, green=98.0, verdict="failed")
    make_measurement(two[1], NOW, check_name="errors")
    found = comparison(admin_user, two[0].pk, two[1].pk, NOW)
    assert found is not None
    names = [(pair.name, pair.earlier is not None, pair.later is not None) for pair in found.checks]
    assert names == [
        ("request-success-rate", True, True),
        ("request-duration", True, True),
        ("errors", False, True),
    ]
    rate = found.checks[0].earlier
    assert rate is not None
    assert rate.summary.green.worst == 98.0


def test_a_comparison_takes_no_more_queries_for_longer_releases(
    admin_user: User, two: tuple[Release, Release], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        for release in two:
            make_measurement(release, NOW + timedelta(seconds=number))
    with django_assert_max_num_queries(14):
        assert comparison(admin_user, two[0].pk, two[1].pk, NOW) is not None
