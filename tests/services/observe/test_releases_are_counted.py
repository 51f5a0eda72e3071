"""Each release is counted once, on the day of its start, as what it is by now."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from importlib import import_module
from itertools import count
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from rollouts.domain.observations import Phase
from rollouts.domain.totals import Totals, day_of, load
from rollouts.models import Cluster, DayOfReleases, Release
from rollouts.services import totals
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from rollouts.services.retention import Keep, prune
from tests.domain.test_recordings import ALL, lines
from tests.services.observe.test_record import a_whole_run, first_sight, sighting, write
from tests.support.builders import NOW, make_release, make_rollout
from tests.support.seen import at, canary, deleted
from tests.web.test_every_recorded_release_has_a_report import kind_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Days = dict[tuple[int, date], Totals]


@pytest.fixture
def lease() -> Lease:
    return Lease(Cluster.objects.create(name="north", source="file", lease=1).pk, 1)


def counted() -> Days:
    rows = DayOfReleases.objects.all()
    return {(one.cluster_id, one.day): load(one.outcomes, one.lasted) for one in rows if one.outcomes}


def counted_anew() -> Days:
    found: Days = defaultdict(Totals)
    for one in Release.objects.select_related("rollout"):
        found[one.rollout.cluster_id, day_of(one.started_at)].count(one.outcome, one.started_at, one.ended_at)
    return dict(found)


def outcomes() -> list[dict[str, int]]:
    return [totals.outcomes for totals in counted().values()]


def test_a_release_is_counted_as_running_and_then_as_what_it_came_to(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:3])
    assert outcomes() == [{"running": 1}]
    write(*a_whole_run(lease)[3:])
    assert outcomes() == [{"succeeded": 1}]
    assert [one.lasted for one in counted().values()] == [{70: 1}]


def test_what_arrives_twice_is_counted_once(lease: Lease) -> None:
    write(*first_sight(lease))
    for _ in range(2):
        write(*a_whole_run(lease))
    assert outcomes() == [{"succeeded": 1}]


def test_a_release_that_a_newer_one_ends_is_counted_as_such(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:3])
    newer = canary(35, Phase.PROGRESSING, last_applied="ccc")
    write(sighting(lease, newer, seconds=35))
    assert outcomes() == [{"superseded": 1, "running": 1}]
    write(sighting(lease, deleted(), seconds=45))
    assert outcomes() == [{"superseded": 1, "deleted": 1}]


def test_a_worker_that_lost_its_cluster_counts_nothing(lease: Lease) -> None:
    write(*first_sight(lease))
    Cluster.objects.update(lease=2)
    write(*a_whole_run(lease))
    assert outcomes() == []


@pytest.mark.parametrize("name", ALL)
def test_at_every_moment_of_a_recording_the_totals_are_those_of_its_releases(name: str) -> None:
    numbers = count(1)
    for cluster, seen_at, seen in lines(name):
        row, _ = Cluster.objects.get_or_create(name=cluster, defaults={"source": "file", "lease": 1})
        lease = Lease(row.pk, 1)
        record([Sighting(lease, Collection(kind_of(seen)), (seen,), seen_at, cursor=str(next(numbers)))], now=seen_at)
        assert counted() == counted_anew()


def test_a_release_whose_start_turns_out_to_be_another_moves_to_its_day() -> None:
    rollout = make_rollout()
    release = make_release(rollout, 7, started_at=at(0), ended_at=at(60), outcome="succeeded")
    before = totals.known([release])
    release.started_at -= DAY
    release.save()
    totals.count(before=before, after=totals.known([release]))
    assert counted() == counted_anew()
    assert len(counted()) == 1


def test_totals_outlive_the_releases_that_were_counted() -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING)
    make_release(rollout, rollout.release_number, started_at=NOW)
    make_release(rollout, 50, started_at=NOW - 11 * DAY, ended_at=NOW - 11 * DAY, outcome="failed")
    told = counted()
    assert prune(keep=Keep(releases=10 * DAY), now=NOW, seconds=60).releases == 1
    assert counted() == told


def test_releases_of_before_there_were_totals_are_counted_by_the_migration() -> None:
    for cluster in range(2):
        rollout = make_rollout()
        for number, outcome in enumerate(("succeeded", "succeeded", "failed", "running"), start=1):
            begin = at(0) + number % 3 * DAY
            ended = None if outcome == "running" else begin + timedelta(seconds=61 * number + cluster)
            make_release(rollout, number, started_at=begin, ended_at=ended, outcome=outcome)
    DayOfReleases.objects.all().delete()
    migration = import_module("rollouts.migrations.0009_days_of_releases")
    migration.fill(apps, SimpleNamespace(connection=connection))
    assert len(counted()) == 6
    assert counted() == counted_anew()
