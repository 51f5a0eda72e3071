"""Checks in the order of the policy, with curves and judged values of both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from rollouts.domain.checks import Unit
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.queries.measured import of_release, of_releases
from tests.support.builders import CHECKS, make_curve, make_measurement, make_release, make_rollout

pytestmark = pytest.mark.django_db


def test_checks_come_in_the_order_of_the_policy_with_what_was_measured() -> None:
    release = make_release(make_rollout(phase=Phase.PROGRESSING, checks=CHECKS))
    make_curve(release, Side.GREEN, [99.5, None, 97.0], note="no traffic on green")
    first = make_measurement(release, release.started_at + timedelta(seconds=30))
    second = make_measurement(release, release.started_at + timedelta(seconds=60), green=97.0, verdict="failed")
    rate, duration = of_release(release)
    assert (rate.name, rate.unit, rate.check) == ("request-success-rate", Unit.PERCENT, CHECKS[0])
    assert rate.green.points == (
        (release.started_at, 99.5),
        (release.started_at + timedelta(seconds=15), None),
        (release.started_at + timedelta(seconds=30), 97.0),
    )
    assert (rate.green.note, rate.blue.points) == ("no traffic on green", ())
    values = [(one.at, one.green, one.verdict) for one in rate.measurements]
    assert values == [(one.at, one.green, one.verdict) for one in (first, second)]
    assert (duration.name, duration.unit, duration.measurements) == ("request-duration", Unit.MILLISECONDS, ())


def test_a_check_that_the_policy_no_longer_has_is_shown_with_its_values() -> None:
    release = make_release(make_rollout(phase=Phase.PROGRESSING, checks=CHECKS[:1]))
    make_measurement(release, release.started_at, check_name="errors", green=3.0)
    assert [(one.name, one.check) for one in of_release(release)] == [(CHECKS[0].name, CHECKS[0]), ("errors", None)]


def test_many_releases_are_read_with_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    releases = [make_release(make_rollout(name=f"app-{number}", checks=CHECKS)) for number in range(5)]
    for release in releases:
        make_curve(release, Side.BLUE, [100.0])
    with django_assert_num_queries(2):
        assert len(of_releases(releases)) == 5
