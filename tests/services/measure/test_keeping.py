"""When a release has ended its whole curves are fetched once and kept."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from rollouts.domain.errors import MetricsUnreachable, QueryRefused
from rollouts.domain.metrics import Side
from rollouts.models import Curve, Release
from rollouts.services.measure import due
from tests.support.measuring import DURATION, RATE, START, Scene, run

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AWAY = MetricsUnreachable("It does not answer.")


@pytest.fixture
def scene() -> Scene:
    """Has run for two minutes and ended now; every value is the time it is of."""
    scene = Scene()
    scene.metrics.otherwise = lambda at: at
    scene.measure()
    scene.end()
    return scene


def test_the_end_is_measured_and_the_whole_is_fetched_a_quarter_of_an_hour_later(scene: Scene) -> None:
    scene.moved(1, scene.at - SECOND, phase="Succeeded")
    scene.measure_when_due()
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [1]
    assert scene.release.measure_at == scene.release.ended_at + timedelta(minutes=15, seconds=30)  # type: ignore[operator]
    asked = len(scene.metrics.asked)
    scene.measure_when_due()
    assert len(scene.metrics.asked) == asked + 4
    for check in (RATE, DURATION):
        for side in Side:
            curve = scene.curve(check, side)
            assert (curve.begin, curve.step, curve.complete) == (START - 15 * MINUTE, 15, True)
            assert len(curve.values) == (15 + 2 + 15) * 4 + 1
            assert curve.values == [(curve.begin + n * 15 * SECOND).timestamp() for n in range(len(curve.values))]
    assert Release.objects.filter(curves_kept_at=scene.at, measure_at=None, curves_note="").exists()
    assert due(now=scene.at + timedelta(days=30)) == {}


def test_the_curve_of_a_long_release_has_at_most_240_steps(scene: Scene) -> None:
    Release.objects.filter(pk=scene.release.pk).update(started_at=START - timedelta(days=1))
    scene.at += 16 * MINUTE
    scene.measure()
    curve = scene.curve()
    assert curve.complete
    assert len(curve.values) <= 241
    assert len(curve.values) * curve.step * SECOND > timedelta(days=1, minutes=25)


def test_a_source_that_is_away_is_asked_again_for_a_day_more_and_more_rarely(scene: Scene) -> None:
    scene.at += 16 * MINUTE
    scene.metrics.errors = {"": AWAY}
    times = []
    while scene.release.curves_kept_at is None:
        scene.measure_when_due()
        times.append(scene.at)
    rests = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert rests[0] == 60
    assert max(rests) == 300
    assert timedelta(hours=23) < times[-1] - times[0] < timedelta(hours=25)
    assert scene.release.curves_note == "It does not answer."
    assert scene.curve().values
    assert not scene.curve().complete


def test_curves_that_were_fetched_are_not_asked_for_again_for_the_sake_of_others(scene: Scene) -> None:
    scene.at += 16 * MINUTE
    scene.metrics.on_question = lambda question: scene.metrics.errors.update(
        {"": AWAY} if question.check == DURATION else {}
    )
    scene.measure()
    assert scene.curve().complete
    assert scene.release.curves_kept_at is None
    scene.metrics.errors, scene.metrics.on_question, scene.metrics.asked = {}, lambda question: None, []
    scene.measure_when_due()
    assert {one.check for one in scene.metrics.asked} == {DURATION}
    assert scene.release.curves_kept_at == scene.at


def test_what_a_source_has_forgotten_is_kept_as_it_was_read(scene: Scene) -> None:
    before = scene.curve().values
    scene.metrics.otherwise = lambda at: None
    scene.at += 16 * MINUTE
    scene.measure()
    curve = scene.curve()
    assert (curve.values, curve.complete) == (before, True)
    assert curve.note == "The source no longer has what was read while the release ran."
    assert scene.release.curves_kept_at == scene.at


def test_a_refused_query_is_not_tried_for_a_day(scene: Scene) -> None:
    scene.metrics.errors = {RATE: QueryRefused("Prometheus refused the query: parse error.")}
    scene.at += 16 * MINUTE
    scene.measure()
    assert scene.curve().note == "Prometheus refused the query: parse error."
    assert scene.curve().values
    assert scene.curve(DURATION).complete
    assert scene.release.curves_kept_at == scene.at


def test_a_release_that_ran_while_this_program_did_not_is_fetched_as_a_whole(scene: Scene) -> None:
    release = run(scene.cluster, name="unseen", started_at=scene.at - timedelta(hours=3))
    Release.objects.filter(pk=release.pk).update(outcome="failed", ended_at=scene.at - timedelta(hours=2))
    scene.measure()
    release.refresh_from_db()
    assert release.curves_kept_at == scene.at
    assert Curve.objects.filter(release=release, complete=True).count() == 4


def test_releases_of_long_ago_are_not_asked_for(scene: Scene) -> None:
    release = run(scene.cluster, name="old", started_at=scene.at - timedelta(days=3))
    Release.objects.filter(pk=release.pk).update(outcome="failed", ended_at=scene.at - timedelta(days=2))
    asked = len(scene.metrics.asked)
    scene.at += SECOND
    scene.measure()
    release.refresh_from_db()
    assert release.curves_kept_at == scene.at
    assert release.curves_note == "It had ended long before its curves could be fetched."
    assert len(scene.metrics.asked) == asked


def test_a_release_without_checks_is_done_with_and_costs_no_question(scene: Scene) -> None:
    release = run(scene.cluster, name="plain", checks=())
    Release.objects.filter(pk=release.pk).update(outcome="succeeded", ended_at=scene.at)
    asked = len(scene.metrics.asked)
    scene.measure(after=SECOND)
    Release.objects.filter(pk=release.pk).update(measured_at=None)
    scene.measure(after=16 * MINUTE)
    release.refresh_from_db()
    assert release.curves_kept_at == scene.at
    assert not Curve.objects.filter(release=release).exists()
    assert {one.check for one in scene.metrics.asked[asked:]} == {RATE, DURATION}
