"""Each cluster is read by one worker at a time, whatever happens to the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from rollouts.domain.errors import CredentialError
from rollouts.domain.metrics import Answer, Side
from rollouts.domain.ports import Hint
from rollouts.models import Cluster, ClusterState, Curve, Measurement, Release
from rollouts.services.measure import claims, due, measure
from tests.support.builders import NOW
from tests.support.measuring import RATE, START, Scene, make_measured, run
from tests.support.metrics import FakeMetrics, Question
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(minutes=1)


class Killed(BaseException):
    """The end of the process."""


class Silence:
    def publish(self, hints: Iterable[Hint]) -> None: ...

    def subscribe(self, receive: Callable[[Hint], None]) -> Callable[[], None]:
        raise NotImplementedError


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def read(release: Release, metrics: FakeMetrics, seconds: float = 0) -> int:
    return measure(
        cluster=release.rollout.cluster_id,
        releases=[release.pk],
        open_metrics=lambda row: metrics,
        feed=Silence(),
        now=lambda: NOW + timedelta(seconds=seconds),
    )


def claim(release: Release, seconds: float = 0) -> claims.Claim | None:
    now = NOW + timedelta(seconds=seconds)
    return claims.claim(cluster=release.rollout.cluster_id, releases=[release.pk], now=now)


def test_of_many_workers_one_gets_the_claim() -> None:
    release = run(make_measured())
    got = [claim(release, number / 1000) for number in range(8)]
    assert [one is not None for one in got] == [True] + [False] * 7


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_together_read_a_cluster_once() -> None:
    release, metrics = run(make_measured()), FakeMetrics()
    start = threading.Barrier(6)
    done: list[int] = []

    def worker() -> None:
        start.wait(30)
        done.append(read(release, metrics))

    for thread in [in_thread(worker) for _ in range(6)]:
        thread.join(60)
    assert sorted(done) == [0, 0, 0, 0, 0, 1]
    assert len([one for one in metrics.asked if (one.check, one.side) == (RATE, Side.GREEN)]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_source_that_hangs_leaves_the_other_clusters_on_time() -> None:
    hanging, healthy = FakeMetrics(held=threading.Event()), FakeMetrics()
    stuck, release = run(make_measured()), run(make_measured())
    thread = in_thread(lambda: read(stuck, hanging))
    assert hanging.waiting.wait(60)
    assert due(now=NOW) == {release.rollout.cluster_id: [release.pk]}
    assert read(stuck, hanging) == 0
    assert read(release, healthy) == 1
    assert Curve.objects.filter(release=release).count() == 4
    assert not Curve.objects.filter(release=stuck).exists()
    assert hanging.held is not None
    hanging.held.set()
    until(lambda: Curve.objects.filter(release=stuck).exists())
    thread.join(60)


def test_another_release_of_a_cluster_that_is_being_read_waits() -> None:
    cluster = make_measured()
    first = run(cluster)
    assert claim(first) is not None
    second = run(cluster, name="another")
    assert due(now=NOW) == {}
    assert claim(second) is None
    assert due(now=NOW + claims.CLAIM) == {cluster.pk: [second.pk, first.pk]}


def test_clusters_that_wait_longest_have_their_turn_first() -> None:
    clusters = [make_measured() for _ in range(3)]
    for cluster, waiting in zip(clusters, (SECOND, 60 * SECOND, 3600 * SECOND), strict=True):
        for name in ("one", "two"):
            release = run(cluster, name=name)
            Release.objects.filter(pk=release.pk).update(measure_at=NOW - waiting if name == "one" else NOW)
    assert list(due(now=NOW)) == [clusters[2].pk, clusters[1].pk, clusters[0].pk]


def test_a_cluster_that_has_just_been_read_is_not_claimed_again() -> None:
    scene = Scene()
    assert [read(scene.release, scene.metrics), read(scene.release, scene.metrics)] == [1, 0]
    scene.cluster.refresh_from_db()
    assert scene.cluster.measuring_until is None


@pytest.mark.parametrize("change", [{"state": ClusterState.STOPPED}, {"observed": False}, {"measuring_until": LATER}])
def test_what_nobody_may_read_takes_nobodys_place(change: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MOST_WAITING", 2)
    away, release = make_measured(), run(make_measured())
    for name in ("one", "two", "three"):
        run(away, name=name, started_at=START - 3600 * SECOND)
    Cluster.objects.filter(pk=away.pk).update(**change)
    assert due(now=NOW) == {release.rollout.cluster_id: [release.pk]}


@pytest.mark.parametrize("change", [{"state": ClusterState.STOPPED}, {"observed": False}])
def test_a_pass_refuses_a_cluster_that_was_found_to_lead_elsewhere_since_it_was_asked_for(
    change: dict[str, object],
) -> None:
    scene = Scene()
    assert due(now=NOW) == {scene.cluster.pk: [scene.release.pk]}
    Cluster.objects.filter(pk=scene.cluster.pk).update(**change)
    assert read(scene.release, scene.metrics) == 0
    assert scene.metrics.asked == []
    assert not Curve.objects.exists()


def test_a_worker_that_was_frozen_for_too_long_writes_nothing() -> None:
    scene = Scene()

    def overtake(question: Question) -> None:
        """While the first waits for its answer, its claim runs out and another one reads the same."""
        scene.metrics.on_question = lambda question: None
        read(scene.release, scene.metrics, seconds=claims.CLAIM.total_seconds() + 600)

    scene.metrics.on_question = overtake
    scene.measure()
    curve = scene.curve()
    assert len(curve.values) == (15 + 2 + 10) * 4 + 3
    assert scene.release.measured_at == NOW + claims.CLAIM + 600 * SECOND


def test_a_worker_killed_before_it_has_written_leaves_all_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "finish", lambda claim, now: None)  # the killed tidy nothing up
    scene = Scene()
    scene.moved(1, NOW - 20 * SECOND)

    def die(question: Question) -> None:
        if len(scene.metrics.asked) == 5:
            raise Killed

    scene.metrics.on_question = die
    with pytest.raises(Killed):
        scene.measure()
    assert not Curve.objects.exists()
    assert due(now=NOW + claims.BUDGET) == {}
    scene.metrics.on_question = lambda question: None
    scene.measure(after=claims.CLAIM)
    assert len(scene.measurements(transition=1)) == 1
    assert scene.curve().values


def test_what_was_written_before_the_end_of_a_worker_is_written_again_without_harm() -> None:
    """Killed between its last write and the end of its claim, and the write itself forgotten by the database."""
    scene = Scene()
    scene.moved(1, NOW - 20 * SECOND)
    scene.measure()
    first = list(Measurement.objects.order_by("at", "check_name").values_list("at", "check_name", "green"))
    Release.objects.update(measure_at=NOW, measured_to=0)
    scene.measure()
    assert list(Measurement.objects.order_by("at", "check_name").values_list("at", "check_name", "green")) == first
    assert Curve.objects.count() == 4


def test_a_pass_ends_in_time_and_what_is_left_is_due_at_once() -> None:
    scene = Scene()
    others = [run(scene.cluster, name=f"app-{number}") for number in range(3)]
    seconds = iter(range(0, 10_000, 2))
    scene.clock = lambda: float(next(seconds))
    scene.measure()
    assert 0 < Curve.objects.count() < 16
    assert list(due(now=NOW)) == [scene.cluster.pk]
    for _ in range(10):
        scene.measure()
    assert {Curve.objects.filter(release=one).count() for one in (scene.release, *others)} == {4}
    assert due(now=NOW) == {}


def test_a_cluster_that_cannot_be_reached_says_why_its_checks_are_not_read() -> None:
    scene = Scene()
    scene.moved(1, NOW - 20 * SECOND)

    def refuse(row: Cluster) -> FakeMetrics:
        raise CredentialError("The kubeconfig is gone.")

    releases = [scene.release.pk]
    measure(cluster=scene.cluster.pk, releases=releases, open_metrics=refuse, feed=scene.feed, now=scene.now)
    assert scene.curve().note == "The kubeconfig is gone."
    assert [one.verdict for one in scene.measurements()] == ["unreadable"]
    assert due(now=NOW) == {}


def test_every_source_and_the_door_are_closed() -> None:
    scene = Scene()
    scene.measure()
    assert scene.metrics.closed == 2


def test_a_cluster_removed_meanwhile_is_no_error() -> None:
    release = run(make_measured())
    release.rollout.cluster.delete()
    assert read(release, FakeMetrics()) == 0


class Broken(FakeMetrics):
    """Meets a defect of this program with every query about the workload `broken`."""

    def range(self, query: str, begin: datetime, end: datetime, step: int) -> Answer:
        if "broken" in query:
            raise ValueError("a defect")
        return super().range(query, begin, end, step)


def test_a_release_that_meets_a_defect_is_put_off_and_keeps_no_other_from_being_measured() -> None:
    cluster = make_measured()
    broken, release = run(cluster, name="broken"), run(cluster, name="another")
    assert due(now=NOW) == {cluster.pk: [broken.pk, release.pk]}
    metrics = Broken()
    measure(
        cluster=cluster.pk,
        releases=[broken.pk, release.pk],
        open_metrics=lambda row: metrics,
        feed=Silence(),
        now=lambda: NOW,
    )
    assert Curve.objects.filter(release=release).count() == 4
    assert broken.pk not in {pk for releases in due(now=NOW + 60 * SECOND).values() for pk in releases}
    assert due(now=NOW + 301 * SECOND)[cluster.pk][:1] == [release.pk]
    assert broken.pk in due(now=NOW + 301 * SECOND)[cluster.pk]
