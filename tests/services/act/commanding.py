"""Commands against the demo fleet on a virtual clock: its Flagger ticks when the test says so, and what it does is
observed when the test looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, VIRTUAL_SERVICES
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.commands import Act, Plan
from rollouts.domain.errors import NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, Command, Reversal, Rollout
from rollouts.services import act
from rollouts.services.act.record import Record
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting

CLUSTER, NAMESPACE, NAME = "eu-west", "shop", "checkout"
TICK = 10


class Commanding:
    """`recorded` are the states that went to the audit trail, `asked` the commands that a worker was asked for;
    `reversed` and `asked_to_put_back` the same of reversals, `asked_to_read` copies of earlier versions.
    """

    def __init__(self, fleet: DemoFleet) -> None:
        self.fleet = fleet
        self.feed = MemoryChangeFeed()
        self.recorded: list[str] = []
        self.asked: list[int] = []
        self.asked_to_put_back: list[int] = []
        self.asked_to_read: list[int] = []
        self.reversed: list[tuple[str, str]] = []
        self.allowed = True
        self.cluster = Cluster.objects.create(name=CLUSTER, source="file", lease=1)
        self.person = get_user_model().objects.create_user("olga")
        self.connection = self.connect()
        self.look()
        self.rollout = Rollout.objects.get()

    def close(self) -> None:
        self.connection.close()
        self.feed.close()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fleet.call(self.fleet.fleet.clock.now), UTC)

    # the world

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            self.fleet.advance(TICK)
            self.look()

    def release(self, version: str = "2.0.0", *, iterations: int | None = None, users_on_green: bool = False) -> None:
        """A new version, followed until so many iterations are done, or the users are on green."""
        self.fleet.release(CLUSTER, NAMESPACE, NAME, f"registry.example.test/checkout:{version}")
        for _ in range(20):
            self.tick()
            done = self.status["phase"] == "Progressing" and self.status["iterations"] == iterations
            if done or (users_on_green and self.weights == (0, 100)):
                return
        raise AssertionError(f"it never came so far: {self.status}")

    @property
    def status(self) -> Mapping[str, Any]:
        return self._object(CANARIES)["status"]  # type: ignore[no-any-return]

    @property
    def spec(self) -> Mapping[str, Any]:
        return self._object(CANARIES)["spec"]  # type: ignore[no-any-return]

    @property
    def weights(self) -> tuple[int, int]:
        """Blue's and green's."""
        blue, green = self._object(VIRTUAL_SERVICES)["spec"]["http"][0]["route"]
        return blue["weight"], green["weight"]

    @property
    def marks(self) -> Mapping[str, str]:
        template = self._object(DEPLOYMENTS)["spec"]["template"]
        return template["metadata"].get("annotations", {})  # type: ignore[no-any-return]

    def _object(self, resource: Any) -> dict[str, Any]:
        return self.fleet.get(CLUSTER, resource, NAMESPACE, NAME)

    # what the observer does

    def look(self) -> None:
        lease = Lease(self.cluster.pk, 1)
        for kind in (Kind.CANARY, Kind.VIRTUAL_SERVICE):
            try:
                seen = self.connection.get(kind, NAMESPACE, NAME)
            except NotFound:
                continue
            record([Sighting(lease, Collection(kind), (seen,), self.now(), cursor="1")], now=self.now())

    def look_at_pods(self) -> None:
        for name in (NAME, f"{NAME}-primary"):
            seen = self.connection.get(Kind.DEPLOYMENT, NAMESPACE, name)
            record(
                [Sighting(Lease(self.cluster.pk, 1), Collection(Kind.DEPLOYMENT), (seen,), self.now())], now=self.now()
            )

    # what people and workers do

    def preview(self, wanted: Act, **choice: str) -> act.Preview:
        self.rollout.refresh_from_db()
        return act.preview(rollout=self.rollout, wanted=act.want(wanted, choice), now=self.now())

    def request(
        self, wanted: Act, *, reason: str = "", typed: str | None = None, record: Record | None = None, **choice: str
    ) -> Command:
        """Unless the test says otherwise, what has to be typed is typed."""
        seen = self.preview(wanted, **choice)
        asked = seen.judged.typed if isinstance(seen.judged, Plan) else ""
        return act.request(
            rollout=self.rollout, wanted=seen.wanted, digest=seen.digest, person=self.person, reason=reason,
            typed=asked if typed is None else typed,
            now=self.now(), enqueue=self.enqueue, record=record or self.record, feed=self.feed,
        )  # fmt: skip

    def carry_out(
        self, command: Command, *, connect: Callable[[Cluster], ClusterConnection] | None = None,
        record: Record | None = None,
    ) -> Command:  # fmt: skip
        act.carry_out(
            command=command.pk, connect=connect or self.connect, may=lambda _: self.allowed,
            record=record or self.record, record_reversal=self.record_reversal,
            feed=self.feed, now=self.now,
        )  # fmt: skip
        command.refresh_from_db()
        return command

    def settle(self, command: Command, *, record: Record | None = None) -> Command:
        act.settle(now=self.now(), feed=self.feed, enqueue=self.enqueue, record=record or self.record)
        command.refresh_from_db()
        return command

    def put_back(
        self, *, connect: Callable[[Cluster], ClusterConnection] | None = None,
        record: Callable[[Reversal], None] | None = None,
    ) -> None:  # fmt: skip
        """What the schedule and a worker do: whatever is due is tried once."""
        self.asked_to_put_back.clear()
        act.look_after(now=self.now(), feed=self.feed, enqueue=self.enqueue)
        for reversal in self.asked_to_put_back:
            act.put_back(
                reversal=reversal, connect=connect or self.connect, record=record or self.record_reversal,
                feed=self.feed, now=self.now,
            )  # fmt: skip

    def connect(self, _: Cluster | None = None, *, account: str = "admin") -> KubernetesConnection:
        return KubernetesConnection(credential_from_kubeconfig(self.fleet.kubeconfig(CLUSTER, account).read_bytes()))

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if task == "rollouts.tasks.put_back":
            self.asked_to_put_back.append(arguments["reversal"])
            return
        if task == "rollouts.tasks.read_versions":
            self.asked_to_read.append(arguments["copy"])
            return
        assert task == "rollouts.tasks.carry_out"
        self.asked.append(arguments["command"])

    def record(self, command: Command) -> None:
        self.recorded.append(command.state)

    def record_reversal(self, reversal: Reversal) -> None:
        self.reversed.append((reversal.state, reversal.sentence))
