"""Workers that are killed or frozen, a database that is locked: nothing is lost, nothing is doubled."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from rollouts.models import Cluster, Release, Transition, Worker
from rollouts.services.observe import leases
from tests.services.observe.conftest import Start
from tests.services.observe.harness import RUN, Observation, Step, Walker
from tests.support.misbehaving import FakeCluster
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
STORY = list(RUN)


def story() -> list[Step]:
    rows = Transition.objects.order_by("number")
    return [(row.phase, row.iterations, row.failed_checks) for row in rows]


def observed() -> bool:
    return Cluster.objects.filter(state="reachable").exists()


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
def test_a_worker_killed_around_a_commit_loses_and_doubles_nothing(
    moment: str, fake: FakeCluster, start: Start
) -> None:
    doomed = start(fake, die=moment, batch=3)
    until(observed)
    walker = Walker(fake)
    for step in RUN:
        walker.write(step)
        until(lambda step=step: step in story() or doomed.poll() is not None)  # type: ignore[misc]
    assert doomed.wait(10) == -signal.SIGKILL
    start(fake)
    until(lambda: story() == STORY)
    assert not Transition.objects.filter(gap=True).exists()
    assert Release.objects.count() == 1


def test_a_frozen_worker_writes_nothing_once_its_clusters_were_taken_over(fake: FakeCluster, start: Start) -> None:
    frozen = start(fake)
    until(observed)
    walker = Walker(fake)
    walker.walk(RUN[:2])
    until(lambda: story() == STORY[:2])
    frozen.send_signal(signal.SIGSTOP)
    walker.walk(RUN[2:4])  # lies in the frozen worker's sockets
    Worker.objects.update(seen_at=Now() - leases.SILENT_AFTER - timedelta(seconds=1))
    with Observation(fake):
        until(lambda: story() == STORY[:4])
        frozen.send_signal(signal.SIGCONT)
        walker.walk(RUN[4:6])
        until(lambda: story() == STORY[:6])
        walker.walk(RUN[6:])
        until(lambda: story() == STORY)
    assert not Transition.objects.filter(gap=True).exists()


def test_clusters_of_a_killed_worker_are_taken_over_by_another(fake: FakeCluster, start: Start) -> None:
    first = start(fake)
    until(observed)
    walker = Walker(fake)
    walker.walk(RUN[:3])
    until(lambda: story() == STORY[:3])
    start(fake)
    until(lambda: Worker.objects.count() == 2)
    first.kill()
    walker.walk(RUN[3:])
    until(lambda: story() == STORY, seconds=30)


def test_a_worker_that_ends_properly_frees_its_clusters_at_once(fake: FakeCluster, start: Start) -> None:
    worker = start(fake)
    until(observed)
    worker.terminate()
    assert worker.wait(10) == 0
    assert not Worker.objects.exists()
    assert Cluster.objects.get().worker is None


def test_a_locked_database_delays_and_loses_nothing(fake: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":  # give up soon, so that giving up is what is tested
        monkeypatch.setitem(connections.databases["default"]["OPTIONS"], "timeout", 0.2)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        locked, release = threading.Event(), threading.Event()
        holder = threading.Thread(target=_hold_lock, args=(locked, release))
        holder.start()
        assert locked.wait(10)
        Walker(fake).walk()
        release.wait(2)
        release.set()
        holder.join(10)
        until(lambda: story() == STORY)


def _hold_lock(locked: threading.Event, release: threading.Event) -> None:
    while not locked.is_set():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("LOCK TABLE rollouts_rollout IN ACCESS EXCLUSIVE MODE")
                locked.set()
                release.wait(10)
        except Exception:
            continue
    connection.close()
