"""Observes fake clusters with the real Observer, adapter and database, impatiently."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from django.db import connections
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.errors import InvalidInput
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ChangeFeed, ClusterConnection, Hint
from rollouts.models import Cluster, Rollout, Transition
from rollouts.services.clusters import identify
from rollouts.services.observe.observer import Observer
from rollouts.services.observe.streams import Timing
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.objects import canary, virtual_service
from tests.support.waiting import until

IMPATIENT = Limits(connect=1, read=1, whole=2, margin=1, body=4 * 1024 * 1024, line=1024 * 1024)
QUICK = Timing(watch_seconds=2, shortest_wait=0.05, longest_wait=0.3, absent_wait=0.3, probe_wait=0.1)

Step = tuple[str, int, int]
"""Phase, iterations, failed checks."""
RUN: tuple[Step, ...] = (
    ("Progressing", 0, 0),
    ("Progressing", 1, 0),
    ("Progressing", 2, 0),
    ("Progressing", 2, 1),
    ("Progressing", 3, 1),
    ("Progressing", 4, 1),
    ("Promoting", 4, 1),
    ("Finalising", 0, 1),
    ("Succeeded", 0, 1),
)


class FakeDoor:
    """The way into fake clusters, with a token that can be changed as a Secret can."""

    def __init__(self, fakes: dict[int, FakeCluster], limits: Limits) -> None:
        self.fakes = fakes
        self.tokens = dict.fromkeys(fakes, TOKEN)
        self.default: FakeCluster | None = None
        """Behind every cluster that is not one of `fakes`: members that a hub brings in."""
        self.opened = 0
        self._limits = limits

    def open(self, cluster: int) -> ClusterConnection:
        self.opened += 1
        fake = self.fakes.get(cluster, self.default)
        assert fake is not None
        credential = fake.credential(token=self.tokens.get(cluster, TOKEN))
        connection = KubernetesConnection(credential, self._limits)
        try:
            self.check(cluster, connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self, cluster: int, connection: ClusterConnection) -> None:
        row = Cluster.objects.filter(pk=cluster).first()
        if row is None:
            raise InvalidInput("removed")
        identify(cluster=row, uid=connection.uid())


class Observation:
    """`with Observation(fake, …) as observation:` observes until the end of the block."""

    def __init__(
        self,
        *fakes: FakeCluster,
        hub: bool = False,
        timing: Timing = QUICK,
        limits: Limits = IMPATIENT,
        feed: ChangeFeed | None = None,
    ) -> None:
        self.fakes = fakes
        self.rows = [
            Cluster.objects.get_or_create(name=f"cluster-{number}", defaults={"source": "file", "is_hub": hub})[0]
            for number, _ in enumerate(fakes)
        ]
        self.door = FakeDoor({row.pk: fake for row, fake in zip(self.rows, fakes, strict=True)}, limits)
        self.feed = feed or MemoryChangeFeed()
        self.hints: list[Hint] = []
        self._unsubscribe = self.feed.subscribe(self.hints.append)
        self.observer = Observer(door=self.door, feed=self.feed, now=timezone.now, timing=timing)

    def __enter__(self) -> Self:
        self.observer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.observer.stop()
        self._unsubscribe()
        until(lambda: not threads_of_observers(), seconds=15)
        connections.close_all()

    def is_fresh(self, number: int = 0) -> bool:
        watch = self.observer._watches.get(self.rows[number].pk)
        return watch is not None and watch.health().fresh

    def wait_until_fresh(self) -> None:
        for number, _ in enumerate(self.fakes):
            until(lambda number=number: self.is_fresh(number))  # type: ignore[misc]

    def story(self, number: int = 0, name: str = "checkout") -> list[Step]:
        """Every transition that a Canary's write made, in order."""
        rows = Transition.objects.filter(rollout__cluster=self.rows[number], rollout__name=name).order_by("number")
        return [(row.phase, row.iterations, row.failed_checks) for row in rows]

    def gaps(self, number: int = 0) -> int:
        return Transition.objects.filter(rollout__cluster=self.rows[number], gap=True).count()

    def rollout(self, number: int = 0, name: str = "checkout") -> Rollout:
        return Rollout.objects.get(cluster=self.rows[number], name=name)

    def state(self, number: int = 0) -> str:
        return Cluster.objects.get(pk=self.rows[number].pk).state

    def reason(self, number: int = 0) -> str:
        return Cluster.objects.get(pk=self.rows[number].pk).reason


def threads_of_observers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("observe")]


def seed(fake: FakeCluster, *names: str) -> None:
    for name in names or ("checkout",):
        fake.set(canary("shop", name))
        fake.set(virtual_service("shop", name))


class Walker:
    """Walks one Canary through its phases, as Flagger would write them: each write has a time of its own."""

    def __init__(self, fake: FakeCluster, name: str = "checkout") -> None:
        self._fake = fake
        self._name = name
        self._second = 0

    def write(self, step: Step) -> None:
        phase, iterations, failed = step
        self._second += 10
        written = f"2026-11-23T17:{self._second // 60:02d}:{self._second % 60:02d}Z"
        promoted = "bbb" if phase == "Succeeded" else "aaa"
        found = canary(
            "shop", self._name, phase=phase, iterations=iterations, failedChecks=failed,
            lastAppliedSpec="bbb", lastPromotedSpec=promoted, lastTransitionTime=written,
        )  # fmt: skip
        condition = found["status"]["conditions"][0]
        condition["lastTransitionTime"] = written if phase == "Succeeded" else "2026-11-23T17:00:10Z"
        self._fake.set(found)

    def walk(self, steps: Iterable[Step] = RUN, *, between: Callable[[], None] = lambda: None) -> None:
        for step in steps:
            self.write(step)
            between()


def watches(fake: FakeCluster, kind: Kind = Kind.CANARY) -> int:
    return fake.watching(kind)
