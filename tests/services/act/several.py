"""One application in three clusters of the demo fleet, acted on in all of them as pages and workers do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

from kurator_ui.demo.resources import CANARIES, VIRTUAL_SERVICES
from kurator_ui.demo.serve import MEMBER_NAMES, DemoFleet
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.commands import Act, Wanted
from rollouts.domain.errors import NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ports import Enqueue
from rollouts.models import Application, Batch, Cluster, Command, Rollout
from rollouts.services import act
from rollouts.services.act.batching import RecordBatch
from rollouts.services.act.record import Record
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting

CLUSTERS = MEMBER_NAMES[:3]
NAMESPACE, NAME = "shop", "checkout"
TICK = 10
Seen = tuple[Wanted, list[act.Part]]


class Several:
    """`asked` are the commands that workers were asked for, `asked_to_read` copies of earlier versions; `recorded` what
    went to the audit trail, the state of each command by its cluster, and of each batch what had become of it.
    """

    def __init__(self, fleet: DemoFleet) -> None:
        self.fleet = fleet
        self.feed = MemoryChangeFeed()
        self.asked: list[int] = []
        self.asked_to_read: list[int] = []
        self.recorded: list[tuple[str, str]] = []
        self.allowed: Callable[[Command], bool] = lambda _: True
        self.person = get_user_model().objects.create_user("olga")
        self.clusters = [Cluster.objects.create(name=name, source="file", lease=1) for name in CLUSTERS]
        self.connections = [self.connect(one) for one in self.clusters]
        self.look()
        self.application = Application.objects.get()

    def close(self) -> None:
        for one in self.connections:
            one.close()
        self.feed.close()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fleet.call(self.fleet.fleet.clock.now), UTC)

    # the world

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.fleet.advance(TICK)
            self.look()

    def wait(self, seconds: float) -> None:
        self.fleet.advance(seconds)

    def release(self, *, users_on_green: bool = False) -> None:
        """A new version everywhere, followed to the first iteration, or until the users are on green."""
        for name in CLUSTERS:
            self.fleet.release(name, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
        for _ in range(20):
            self.tick()
            if all(self._has_come(name, users_on_green) for name in CLUSTERS):
                return
        raise AssertionError(f"it never came so far: {self.phases}")

    def _has_come(self, name: str, users_on_green: bool) -> bool:
        return self.weights(name) == (0, 100) if users_on_green else self.status(name).get("iterations") == 1

    def status(self, name: str) -> Mapping[str, Any]:
        return self.fleet.get(name, CANARIES, NAMESPACE, NAME)["status"]  # type: ignore[no-any-return]

    def weights(self, name: str) -> tuple[int, int]:
        blue, green = self.fleet.get(name, VIRTUAL_SERVICES, NAMESPACE, NAME)["spec"]["http"][0]["route"]
        return blue["weight"], green["weight"]

    @property
    def phases(self) -> list[str]:
        return [self.status(name)["phase"] for name in CLUSTERS]

    @property
    def paused(self) -> list[bool]:
        found = [self.fleet.get(name, CANARIES, NAMESPACE, NAME)["spec"] for name in CLUSTERS]
        return [bool(one.get("suspend")) for one in found]

    def look(self) -> None:
        """What the observer does, of clusters that answer."""
        for cluster, connection in zip(self.clusters, self.connections, strict=True):
            for kind in (Kind.CANARY, Kind.VIRTUAL_SERVICE):
                try:
                    seen = connection.get(kind, NAMESPACE, NAME)
                except NotFound:
                    continue
                sighting = Sighting(Lease(cluster.pk, 1), Collection(kind), (seen,), self.now(), cursor="1")
                record([sighting], now=self.now())

    # what people and workers do

    @property
    def rollouts(self) -> list[Rollout]:
        return list(Rollout.objects.select_related("cluster", "application").order_by("id"))

    def look_at_pods(self) -> None:
        for cluster, connection in zip(self.clusters, self.connections, strict=True):
            for name in (NAME, f"{NAME}-primary"):
                seen = connection.get(Kind.DEPLOYMENT, NAMESPACE, name)
                sighting = Sighting(Lease(cluster.pk, 1), Collection(Kind.DEPLOYMENT), (seen,), self.now())
                record([sighting], now=self.now())

    def preview(self, wanted: Act, **choice: str) -> Seen:
        asked = act.want(wanted, choice)
        return asked, act.preview_many(rollouts=self.rollouts, wanted=asked, now=self.now())

    def request(
        self, wanted: Act, pace: act.Pace | None = None, *, seen: Seen | None = None,
        clusters: Sequence[str] = CLUSTERS, enqueue: Enqueue | None = None, record: Record | None = None,
        record_batch: RecordBatch | None = None, typed: str = "", reason: str = "",
    ) -> Batch:  # fmt: skip
        asked, parts = seen or self.preview(wanted)
        by_name = {part.rollout.cluster.name: part for part in parts}
        return act.request_many(
            application=self.application, rollouts=self.rollouts,
            chosen=[act.Chosen(by_name[name].rollout.pk, by_name[name].digest) for name in clusters],
            wanted=asked, pace=pace or act.Pace(), person=self.person, reason=reason, now=self.now(),
            enqueue=enqueue or self.enqueue, record=record or self.record,
            record_batch=record_batch or self.record_batch, feed=self.feed, typed=typed,
        )  # fmt: skip

    def read_versions(self, parts: Sequence[act.Part], connect: Callable[[Cluster], Any] | None = None) -> list[str]:
        """What the dialog asks for and workers read; the clusters of which it had to."""
        read = act.being_read_in(parts=parts, enqueue=self.enqueue, now=self.now())
        while self.asked_to_read:
            act.fetch_versions(
                copy=self.asked_to_read.pop(0), connect=connect or self.connect, feed=self.feed, now=self.now
            )
        return [one.cluster.name for one in read]

    def work(self) -> None:
        """Workers carry out all that they were asked for."""
        while self.asked:
            act.carry_out(
                command=self.asked.pop(0), connect=self.connect, may=lambda one: self.allowed(one), record=self.record,
                feed=self.feed, now=self.now,
            )  # fmt: skip

    def settle(
        self, *, enqueue: Enqueue | None = None, record: Record | None = None, record_batch: RecordBatch | None = None
    ) -> None:
        """One pass of what looks after commands and batches."""
        given: dict[str, Any] = {
            "now": self.now(), "feed": self.feed, "enqueue": enqueue or self.enqueue, "record": record or self.record,
        }  # fmt: skip
        act.settle(**given)
        act.go_on(**given, record_batch=record_batch or self.record_batch)

    def stop(self, batch: Batch, *, record: Record | None = None) -> bool:
        return act.stop(
            batch=batch, sentence="Stopped by olga.", now=self.now(), record=record or self.record,
            record_batch=self.record_batch, feed=self.feed,
        )  # fmt: skip

    def states(self, batch: Batch) -> list[str]:
        return list(batch.commands.order_by("id").values_list("state", flat=True))

    def connect(self, cluster: Cluster) -> KubernetesConnection:
        credential = credential_from_kubeconfig(self.fleet.kubeconfig(cluster.name).read_bytes())
        return KubernetesConnection(credential)

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if task == "rollouts.tasks.read_versions":
            self.asked_to_read.append(arguments["copy"])
            return
        assert task == "rollouts.tasks.carry_out"
        self.asked.append(arguments["command"])

    def record(self, command: Command) -> None:
        self.recorded.append((command.place.name, command.state))

    def record_batch(self, batch: Batch) -> None:
        told = "stopped" if batch.stopped_at else "ended" if batch.ended_at else "requested"
        self.recorded.append((str(batch), told))
