"""Single objects are read by a few threads, and a cluster that does not answer keeps only its own pictures waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.domain.errors import ClusterError, NotFound, Unreachable
from rollouts.domain.observations import Deleted, Kind, Observation
from rollouts.domain.ports import Page
from rollouts.models import Cluster, Rollout
from rollouts.services.observe.readers import IDLE_AT_ONCE, THREADS, WORTH_A_LIST, Readers
from rollouts.services.observe.sightings import Lease, Sighting
from tests.support.seen import workload
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


class Watch:
    """A cluster as readers see it; its answers can be held back."""

    namespaces = ("",)

    def __init__(self, cluster: int) -> None:
        self.lease = Lease(cluster, 1)
        self.answers = threading.Event()
        self.answers.set()
        self.error: ClusterError | None = None
        self.connected = True
        self.asked: list[str] = []
        self.gone: set[str] = set()

    def ready(self) -> Watch:
        if not self.connected:
            raise ClusterError("no connection")
        return self

    def get(self, kind: Kind, namespace: str, name: str) -> Observation:
        self.asked.append(name)
        self.answers.wait(20)
        if self.error is not None:
            raise self.error
        if name in self.gone:
            raise NotFound(f"There is no {name}.")
        return workload(name, "shop:1")

    def list(self, kind: Kind, namespace: str) -> Iterator[Page]:
        names = [f"app-{n}{side}" for n in range(WORTH_A_LIST) for side in ("", "-primary")]
        yield Page(tuple(workload(name, "shop:1") for name in names if name not in self.gone), "1", more=False)


class Seen:
    def __init__(self) -> None:
        self.sightings: list[Sighting] = []

    def of(self, watch: Watch) -> list[Sighting]:
        return [one for one in self.sightings if one.lease == watch.lease]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def readers(seen: Seen) -> Iterator[Readers]:
    readers = Readers(put=seen.sightings.append, now=timezone.now)
    readers.start()
    yield readers
    readers.stop(10)


def watches(count: int) -> list[Watch]:
    return [Watch(Cluster.objects.create(name=f"cluster-{n}", source="file").pk) for n in range(count)]


def rollouts(watch: Watch, count: int) -> list[Rollout]:
    return [
        Rollout.objects.create(
            cluster_id=watch.lease.cluster, namespace="shop", name=f"app-{n}", target_kind="Deployment",
            target_name=f"app-{n}", first_seen_at=timezone.now(),
        )
        for n in range(count)
    ]  # fmt: skip


def ask(readers: Readers, rollouts: list[Rollout], *watches: Watch, owed: bool = False) -> None:
    known = {watch.lease.cluster: watch for watch in watches}
    readers.ask(rollouts, known, owed=owed)  # type: ignore[arg-type]


def test_a_cluster_that_does_not_answer_delays_no_other(readers: Readers, seen: Seen) -> None:
    silent, healthy = watches(2)
    silent.answers.clear()
    ask(readers, rollouts(silent, 3 * THREADS), silent, healthy)
    until(lambda: len(silent.asked) > 0)
    ask(readers, rollouts(healthy, 1), silent, healthy)
    until(lambda: len(seen.of(healthy)) == 1)
    silent.answers.set()


def test_after_one_read_without_an_answer_the_others_do_not_wait_for_theirs(readers: Readers, seen: Seen) -> None:
    silent, healthy = watches(2)
    silent.answers.clear()
    silent.error = Unreachable("no answer")
    ask(readers, rollouts(silent, 10), silent)
    until(lambda: len(silent.asked) == 1)
    silent.answers.set()
    ask(readers, rollouts(healthy, 1), healthy)
    until(lambda: len(seen.of(healthy)) == 1)
    ask(readers, rollouts(healthy, 0), healthy)
    assert len(silent.asked) == 1


def test_a_side_that_is_not_there_is_told_as_gone(readers: Readers, seen: Seen) -> None:
    (watch,) = watches(1)
    watch.gone = {"app-0-primary"}
    ask(readers, rollouts(watch, 1), watch)
    until(lambda: len(seen.of(watch)) == 1)
    (sighting,) = seen.of(watch)
    assert sighting.observations == (
        workload("app-0", "shop:1"),
        Deleted(Kind.DEPLOYMENT, "shop", "app-0-primary", uid=""),
    )


def test_sides_that_a_list_does_not_hold_are_told_as_gone(readers: Readers, seen: Seen) -> None:
    (watch,) = watches(1)
    watch.gone = {"app-3", "app-7-primary"}
    ask(readers, rollouts(watch, WORTH_A_LIST), watch)
    until(lambda: len(seen.of(watch)) == 2)
    assert watch.asked == []
    assert seen.of(watch)[1].observations == tuple(
        Deleted(Kind.DEPLOYMENT, "shop", name, uid="") for name in ("app-3", "app-7-primary")
    )


def test_what_could_not_be_read_after_a_change_is_due_again(readers: Readers, seen: Seen) -> None:
    (watch,) = watches(1)
    watch.connected = False
    (rollout,) = rollouts(watch, 1)
    Rollout.objects.update(workloads_at=timezone.now())
    ask(readers, [rollout], watch, owed=True)
    assert [row.pk for row in readers.due([watch.lease.cluster])] == [rollout.pk]
    watch.connected = True
    ask(readers, readers.due([watch.lease.cluster]), watch)
    until(lambda: len(seen.of(watch)) == 1)
    until(lambda: readers.due([watch.lease.cluster]) == [])


class TestQuietRollouts:
    """What neither runs nor is looked at is read once a day all the same: somebody may scale it by hand."""

    def due(self, readers: Readers, watch: Watch) -> list[str]:
        return [row.name for row in readers.due([watch.lease.cluster])]

    def read(self, hours: float) -> None:
        Rollout.objects.update(workloads_at=timezone.now() - timedelta(hours=hours))

    def test_one_that_was_not_read_for_most_of_a_day_is_due(self, readers: Readers) -> None:
        (watch,) = watches(1)
        rollouts(watch, 1)
        self.read(hours=24)
        assert self.due(readers, watch) == ["app-0"]

    def test_one_that_was_read_an_hour_ago_is_not(self, readers: Readers) -> None:
        (watch,) = watches(1)
        rollouts(watch, 1)
        self.read(hours=1)
        assert self.due(readers, watch) == []

    def test_a_deleted_one_is_not(self, readers: Readers) -> None:
        (watch,) = watches(1)
        rollouts(watch, 1)
        self.read(hours=24)
        Rollout.objects.update(deleted_at=timezone.now())
        assert self.due(readers, watch) == []

    def test_only_a_few_are_asked_for_at_once_and_the_next_not_at_once(self, readers: Readers) -> None:
        (watch,) = watches(1)
        rollouts(watch, IDLE_AT_ONCE + 1)
        self.read(hours=24)
        assert len(self.due(readers, watch)) == IDLE_AT_ONCE
        assert self.due(readers, watch) == []

    def test_those_that_cannot_be_read_keep_none_of_the_others_waiting(self) -> None:
        impatient = Readers(put=lambda sighting: None, now=timezone.now, idle_every=0)
        (watch,) = watches(1)
        rollouts(watch, 2 * IDLE_AT_ONCE + 1)
        self.read(hours=24)
        rounds = [self.due(impatient, watch) for _ in range(4)]
        assert [len(names) for names in rounds] == [IDLE_AT_ONCE, IDLE_AT_ONCE, 1, IDLE_AT_ONCE]
        assert len({name for names in rounds for name in names}) == 2 * IDLE_AT_ONCE + 1
        assert rounds[3] == rounds[0]


def test_workloads_of_another_kind_are_never_due(readers: Readers) -> None:
    (watch,) = watches(1)
    rollouts(watch, 1)
    Rollout.objects.update(target_kind="Service")
    assert readers.due([watch.lease.cluster]) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by what tables hold")
def test_what_is_due_is_found_without_reading_what_is_not(readers: Readers) -> None:
    busy, *quiet = watches(100)
    for watch in quiet:
        rollouts(watch, 1)
    Rollout.objects.update(workloads_at=timezone.now())
    running, looked_at, unread = rollouts(busy, 3)
    Rollout.objects.filter(pk=running.pk).update(stuck_after=timezone.now(), workloads_at=timezone.now())
    Rollout.objects.filter(pk=looked_at.pk).update(looked_at=timezone.now(), workloads_at=timezone.now())
    keys = [watch.lease.cluster for watch in (busy, *quiet)]
    readers.due(keys)  # those that are idle, too, which are looked for now and then
    with CaptureQueriesContext(connection) as captured:
        assert {row.pk for row in readers.due(keys)} == {running.pk, looked_at.pk, unread.pk}
    steps = [step for query in captured.captured_queries for step in plan(query["sql"])]
    reads = [step for step in steps if step.startswith(("SEARCH rollouts_rollout", "SCAN rollouts_rollout"))]
    small = ("PRIMARY KEY", "rollout_unread", "rollout_running", "rollout_looked_at")
    assert reads and all(any(key in step for key in small) for step in reads), steps


def plan(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        yield from (step for *_, step in cursor.fetchall())
