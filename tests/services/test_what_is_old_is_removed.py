"""Retention: parts of a release go one after the other by age, its summary stays, and what runs is never touched."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import call_command
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.models import Curve, EventSeen, Measurement, RangeCopy, Release, Rollout, Transition
from rollouts.queries.failures import why_failed
from rollouts.queries.report import Report, report
from rollouts.services import retention
from rollouts.services.retention import Keep, Pruned, prune
from tests.support import seen
from tests.support.builders import (
    CHECKS,
    NOW,
    make_curve,
    make_event,
    make_measurement,
    make_release,
    make_rollout,
    make_transition,
)

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
KEEP = Keep(whole_curves=10 * DAY, curves=30 * DAY, measurements=100 * DAY, timeline=200 * DAY, releases=1000 * DAY)
REASON = "success rate 65.62% < 99%"


@pytest.fixture
def rollout() -> Rollout:
    """Its newest release is of today."""
    rollout = make_rollout(phase=Phase.PROGRESSING)
    make_release(rollout, number=rollout.release_number, started_at=NOW)
    return rollout


def past(rollout: Rollout, age: timedelta, *, number: int = 50, outcome: str = "failed") -> Release:
    """A release with everything that belongs to it, which ended so long ago."""
    ended = NOW - age
    release = make_release(
        rollout, number=number, outcome=outcome, started_at=ended - timedelta(minutes=10),
        ended_at=None if outcome == "running" else ended,
    )  # fmt: skip
    for side in Side:
        make_curve(release, side, [99.0, 98.0])
    make_measurement(release, ended)
    for step, (phase, failed, why) in enumerate(
        [("Progressing", 0, "started"), ("Progressing", 1, REASON), ("Failed", 0, "failed, green scaled down")]
    ):
        make_transition(
            rollout, number * 10 + step, release=number, at=ended, phase=phase, failed_checks=failed, why=why
        )
    return release


def left(release: Release) -> tuple[int, int, int]:
    """How many curves, measurements and transitions."""
    timeline = Transition.objects.filter(rollout=release.rollout, release=release.number)
    return release.curves.count(), release.measurements.count(), timeline.count()


def reread(release: Release) -> Report:
    return report(Release.objects.select_related("rollout__cluster").get(pk=release.pk), NOW)


def prune_now(keep: Keep = KEEP) -> Pruned:
    return prune(keep=keep, now=NOW, seconds=60)


@pytest.mark.parametrize(
    ("age", "rest"), [(29, (2, 1, 3)), (31, (0, 1, 3)), (99, (0, 1, 3)), (101, (0, 0, 3)), (201, (0, 0, 0))]
)
def test_each_part_goes_at_its_age_and_the_summary_stays(rollout: Rollout, age: int, rest: tuple[int, ...]) -> None:
    release = past(rollout, age * DAY)
    prune_now()
    assert left(release) == rest
    kept = Release.objects.get(pk=release.pk)
    assert (kept.outcome, kept.ended_at, kept.to_images) == (release.outcome, release.ended_at, release.to_images)


def test_a_range_that_somebody_looked_at_is_kept_for_a_day(rollout: Rollout) -> None:
    for key, age in (("1h", 23), ("6h", 25)):
        RangeCopy.objects.create(
            rollout=rollout, range=key, begin=NOW, end=NOW, requested_at=NOW - timedelta(hours=age)
        )
    prune_now(Keep())
    assert list(RangeCopy.objects.values_list("range", flat=True)) == ["1h"]


def test_a_curve_is_thinned_before_it_is_removed_and_its_peak_stays(rollout: Rollout) -> None:
    young, old = past(rollout, 9 * DAY, number=50), past(rollout, 11 * DAY, number=51)
    values = [99.9] * 100 + [65.62] + [99.9] * 139
    Curve.objects.all().update(values=values, note="The source warns: it is slow.")
    assert prune_now() == Pruned(thinned=2)
    assert [one.values for one in young.curves.all()] == [values, values]
    for curve in old.curves.all():
        assert (len(curve.values), curve.step) == (60, 60)
        assert (min(curve.values), max(curve.values)) == (65.62, 99.9)
        assert curve.begin + curve.values.index(65.62) * timedelta(seconds=60) == old.started_at + 25 * 60 * SECOND
        assert curve.note == (
            "Thinned for its age: of every 120 s the lowest and the highest value are left."
            " The source warns: it is slow."
        )
    assert prune_now() == Pruned()


def test_a_curve_without_any_value_says_why_and_not_that_it_is_thinned(rollout: Rollout) -> None:
    old = past(rollout, 11 * DAY)
    Curve.objects.all().update(values=[None] * 240, note="The source has no values for this query.")
    assert prune_now() == Pruned(thinned=2)
    assert {one.note for one in old.curves.all()} == {"The source has no values for this query."}


def test_a_curve_with_few_points_stays_as_it_is(rollout: Rollout) -> None:
    release = past(rollout, 11 * DAY)
    assert prune_now() == Pruned()
    assert [(one.values, one.note) for one in release.curves.all()] == [([99.0, 98.0], "")] * 2


def test_what_the_checks_came_to_outlives_their_values(rollout: Rollout) -> None:
    release = past(rollout, 101 * DAY)
    Release.objects.filter(pk=release.pk).update(canary=memory.dump(seen.canary(checks=CHECKS)))
    make_measurement(release, NOW, green=65.62, blue=99.0, verdict="failed", agrees=False)
    told = reread(release)
    prune_now()
    kept = reread(release)
    assert [one.summary for one in kept.checks] == [one.summary for one in told.checks]
    assert (kept.checks[0].removed, kept.checks[0].summary.green.worst) == (True, 65.62)
    assert (kept.checks[1].removed, kept.checks[0].measured.measurements) == (False, ())


def test_what_runs_is_never_touched_however_long_it_has_run(rollout: Rollout) -> None:
    release = past(rollout, 3000 * DAY, outcome="running")
    assert prune_now() == Pruned()
    assert left(release) == (2, 1, 3)


def test_the_reason_of_a_failure_outlives_the_timeline_that_told_it(rollout: Rollout) -> None:
    release = past(rollout, 201 * DAY)
    told = report(release, NOW)
    prune_now()
    kept = reread(release)
    assert kept.transitions == ()
    assert kept.reason == told.reason == REASON
    assert REASON in kept.sentence


def test_the_page_of_a_rollout_that_failed_long_ago_still_says_why() -> None:
    rollout = make_rollout(phase=Phase.FAILED, age=300 * DAY, now=NOW)
    past(rollout, 300 * DAY, number=rollout.release_number)
    assert why_failed([rollout]) == {rollout.pk: REASON}
    prune_now()
    assert not Transition.objects.exists()
    assert why_failed([rollout]) == {rollout.pk: REASON}


def test_the_reason_of_a_failure_is_kept_once_flagger_has_said_all_of_it(rollout: Rollout) -> None:
    fresh, settled = past(rollout, timedelta(minutes=1), number=51), past(rollout, timedelta(minutes=20), number=52)
    past(rollout, timedelta(hours=1), number=53, outcome="succeeded")
    prune_now()
    assert Release.objects.exclude(why="").values_list("pk", "why").get() == (settled.pk, REASON)
    prune(keep=KEEP, now=NOW + timedelta(minutes=15), seconds=60)
    fresh.refresh_from_db()
    assert fresh.why == REASON


def test_releases_go_last_with_all_they_have_but_never_the_newest_of_a_rollout(rollout: Rollout) -> None:
    old = past(rollout, 1001 * DAY)
    newest = Release.objects.get(rollout=rollout, number=rollout.release_number)
    Release.objects.filter(pk=newest.pk).update(outcome="succeeded", ended_at=NOW - 2000 * DAY)
    done = prune_now()
    assert done.releases == 1
    assert not Release.objects.filter(pk=old.pk).exists()
    assert Release.objects.filter(pk=newest.pk).exists()
    assert not Transition.objects.filter(release=old.number).exists()


def test_a_timeline_that_is_kept_for_ever_goes_with_its_release(rollout: Rollout) -> None:
    past(rollout, 11 * DAY)
    prune_now(Keep(releases=10 * DAY))
    assert not Transition.objects.exists()
    assert Release.objects.count() == 1


def test_what_belongs_to_no_release_goes_by_its_own_age(rollout: Rollout) -> None:
    make_transition(rollout, 1, release=None, at=NOW - 201 * DAY)
    make_transition(rollout, 2, release=None, at=NOW - 199 * DAY)
    make_event(rollout, "old", last_at=NOW - 201 * DAY)
    make_event(rollout, "new", last_at=NOW - 199 * DAY)
    done = prune_now()
    assert (done.transitions, done.events) == (1, 1)
    assert Transition.objects.get().number == 2
    assert EventSeen.objects.get().message == "new"


def test_without_an_age_all_is_kept(rollout: Rollout) -> None:
    release = past(rollout, 5000 * DAY)
    assert prune_now(Keep()) == Pruned()
    assert left(release) == (2, 1, 3)


def test_many_releases_are_removed_in_batches_and_a_second_time_there_is_nothing_to_do(rollout: Rollout) -> None:
    for number in range(retention.RELEASES_A_BATCH + 5):
        past(rollout, (300 + number % 3) * DAY, number=100 + number)
    releases = retention.RELEASES_A_BATCH + 5
    assert prune_now() == Pruned(curves=2 * releases, measurements=releases, transitions=3 * releases)
    assert prune_now() == Pruned()


def test_a_call_that_is_out_of_time_says_so_and_the_next_one_goes_on(rollout: Rollout) -> None:
    for number in range(retention.RELEASES_A_BATCH + 5):
        past(rollout, 300 * DAY, number=100 + number)
    seconds = count()
    first = prune(keep=KEEP, now=NOW, seconds=2, clock=lambda: float(next(seconds)))
    assert not first.finished
    assert 0 < first.curves < Curve.objects.count() + first.curves
    assert prune_now().finished
    assert not Curve.objects.exists()
    assert not Measurement.objects.exists()


def test_each_call_does_something_however_little_time_there_is(rollout: Rollout) -> None:
    past(rollout, 300 * DAY)
    make_transition(rollout, 1, release=None, at=NOW - 300 * DAY)
    make_event(rollout, "old", last_at=NOW - 300 * DAY)
    calls = [prune(keep=KEEP, now=NOW, seconds=0) for _ in range(6)]
    assert [(one.curves, one.measurements, one.transitions, one.events) for one in calls] == [
        (2, 0, 0, 0), (0, 1, 0, 0), (0, 0, 3, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 0, 0),
    ]  # fmt: skip
    assert [one.finished for one in calls] == [False, False, False, False, True, True]


def test_the_command_says_what_it_has_removed(rollout: Rollout) -> None:
    release = past(rollout, NOW - timezone.now() + 400 * DAY)
    out = StringIO()
    call_command("prune", stdout=out)
    removed = "Removed 2 curves, 1 measurements, 3 transitions, 0 Events, 0 releases"
    assert out.getvalue() == f"Thinned 0 curves. {removed}, 0 revisions of policies and 0 entries of the audit trail.\n"
    assert left(release) == (0, 0, 0)
