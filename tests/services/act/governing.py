"""Commands through a policy against the demo fleet on a virtual clock: a hub with an Application over two members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

from kurator_ui.demo import seeds
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.patches import merge
from kurator_ui.demo.resources import APPLICATIONS, CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from kurator_ui.demo.store import Address
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.commands import Act, Plan
from rollouts.domain.kurator import Application as KuratorApplication
from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Kind, MemberCluster
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Application, Cluster, ClusterState, Command
from rollouts.services import act, applications, members
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting

HUB, MEMBERS, NAMESPACE, NAME = "hub", ("eu-west", "eu-north"), "shop", "checkout"
OTHER, POLICY = "checkout-0", "checkout-1"
"""The policy meant is the second of two, so that a wrong place would show."""


class Governing:
    """As `Commanding`, of a policy."""

    def __init__(self, fleet: DemoFleet) -> None:
        self.fleet = fleet
        self.feed = MemoryChangeFeed()
        self.recorded: list[str] = []
        self.asked: list[int] = []
        self.asked_to_put_back: list[int] = []
        self.reversed: list[tuple[str, str]] = []
        self.allowed = True
        fleet.call(self._fill)
        fleet.advance(65)
        self.hub = Cluster.objects.create(name=HUB, source="file", is_hub=True, lease=1)
        self.person = get_user_model().objects.create_user("olga")
        self.connections = {name: self._connection(name) for name in (HUB, *MEMBERS)}
        self.look()
        self.application = Application.objects.get(workload=NAME)

    def _fill(self) -> None:
        for name in MEMBERS:
            cluster = self.fleet.cluster(name)
            cluster.namespace(NAMESPACE)
            for workload in (NAME, "cart"):
                cluster.store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, workload, f"{workload}:1.0.0"))
                cluster.store.create(SERVICES, seeds.service(NAMESPACE, workload, 8080))
        policies = [
            seeds.sync_policy("demo", workload, NAMESPACE, seeds.Policy(interval=10, threshold=2))
            for workload in ("cart", NAME)
        ]
        self.fleet.cluster(HUB).store.create(APPLICATIONS, seeds.application("default", NAME, policies))

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()
        self.feed.close()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fleet.call(self.fleet.fleet.clock.now), UTC)

    # the world

    def advance(self, seconds: float) -> None:
        self.fleet.advance(seconds)
        self.look()

    def release(self, cluster: str, *, iterations: int | None = None, users_on_green: bool = False) -> None:
        self.fleet.release(cluster, NAMESPACE, NAME, "checkout:2.0.0")
        for _ in range(20):
            self.advance(10)
            status = self.canary(cluster)["status"]
            if status["phase"] == "Progressing" and status["iterations"] == (4 if users_on_green else iterations):
                return
        raise AssertionError(f"it never came so far: {status}")

    def canary(self, cluster: str) -> Obj:
        return self.fleet.get(cluster, CANARIES, NAMESPACE, NAME)

    def edit(self, change: Callable[[list[Obj]], object]) -> None:
        """Somebody else changes the spec of the Application."""
        address = Address(APPLICATIONS, "default", NAME)

        def edit(found: Obj) -> None:
            change(found["spec"]["syncPolicies"])

        self.fleet.call(lambda: self.fleet.cluster(HUB).store.change(address, edit))

    @property
    def policies(self) -> list[dict[str, Any]]:
        spec = self.fleet.get(HUB, APPLICATIONS, "default", NAME)["spec"]
        return [one["rollout"]["rolloutPolicy"] for one in spec["syncPolicies"]]

    @property
    def suspended(self) -> tuple[bool, ...]:
        """On the members."""
        return tuple(bool(self.canary(name)["spec"].get("suspend")) for name in MEMBERS)

    # what the observer does

    def look(self, *clusters: str) -> None:
        self.look_at_the_hub()
        for name in clusters or MEMBERS:
            cluster = Cluster.objects.get(name=name)
            lease = Lease(cluster.pk, cluster.lease)
            for kind in (Kind.CANARY, Kind.VIRTUAL_SERVICE):
                seen = self.connections[name].get(kind, NAMESPACE, NAME)
                record([Sighting(lease, Collection(kind), (seen,), self.now(), cursor="1")], now=self.now())
            Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.REACHABLE, fresh_at=self.now())

    def look_at_pods(self, *clusters: str) -> None:
        for cluster in Cluster.objects.filter(name__in=clusters or MEMBERS):
            lease = Lease(cluster.pk, cluster.lease)
            for name in (NAME, f"{NAME}-primary"):
                seen = self.connections[cluster.name].get(Kind.DEPLOYMENT, NAMESPACE, name)
                record([Sighting(lease, Collection(Kind.DEPLOYMENT), (seen,), self.now())], now=self.now())

    def look_at_the_hub(self) -> None:
        found = [
            one
            for kind in (Kind.FLEET, Kind.ATTACHED_CLUSTER, Kind.APPLICATION)
            for page in self.connections[HUB].list(kind)
            for one in page.observations
        ]
        members.sync_members(
            hub=self.hub.pk,
            fleets=[one for one in found if isinstance(one, Fleet)],
            objects=[one for one in found if isinstance(one, MemberCluster)],
            now=self.now(),
        )
        applications.sync_applications(
            hub=self.hub.pk, applications=[one for one in found if isinstance(one, KuratorApplication)], now=self.now()
        )

    # what people and workers do

    def preview(self, wanted: Act, policy: str = POLICY, **choice: str) -> act.PolicyPreview:
        self.application.refresh_from_db()
        asked = act.want(wanted, choice)
        seen = act.preview_policy(application=self.application, policy=policy, wanted=asked, now=self.now())
        assert seen is not None
        return seen

    def request(
        self, wanted: Act, seen: act.PolicyPreview | None = None, reason: str = "", policy: str = POLICY
    ) -> Command:
        """What has to be typed is typed."""
        seen = seen or self.preview(wanted)
        typed = seen.judged.typed if isinstance(seen.judged, Plan) else ""
        return act.request_policy(
            application=self.application, policy=policy, wanted=seen.wanted, digest=seen.digest, person=self.person,
            reason=reason, typed=typed, now=self.now(), enqueue=self.enqueue, record=self.record, feed=self.feed,
        )  # fmt: skip

    def carry_out(
        self, command: Command, *, connect: Callable[[Cluster], ClusterConnection] | None = None
    ) -> Command:  # fmt: skip
        act.carry_out(
            command=command.pk, connect=connect or self.connect, may=lambda _: self.allowed, record=self.record,
            feed=self.feed, now=self.now,
            record_reversal=lambda row: self.reversed.append((row.state, row.sentence)),
        )  # fmt: skip
        command.refresh_from_db()
        return command

    def put_back(self, *, connect: Callable[[Cluster], ClusterConnection] | None = None) -> None:
        """What the schedule and a worker do: whatever is due is tried once."""
        self.asked_to_put_back.clear()
        act.look_after(now=self.now(), feed=self.feed, enqueue=self.enqueue)
        for reversal in self.asked_to_put_back:
            act.put_back(
                reversal=reversal, connect=connect or self.connect, feed=self.feed, now=self.now,
                record=lambda row: self.reversed.append((row.state, row.sentence)),
            )  # fmt: skip

    def settle(self, command: Command) -> Command:
        act.settle(now=self.now(), feed=self.feed, enqueue=self.enqueue, record=self.record)
        command.refresh_from_db()
        return command

    def connect(self, cluster: Cluster | None = None, *, account: str = "admin") -> KubernetesConnection:
        assert cluster is None or cluster == self.hub, "it is carried out on the hub"
        return self._connection(HUB, account)

    def _connection(self, name: str, account: str = "admin") -> KubernetesConnection:
        return KubernetesConnection(credential_from_kubeconfig(self.fleet.kubeconfig(name, account).read_bytes()))

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if task == "rollouts.tasks.put_back":
            self.asked_to_put_back.append(arguments["reversal"])
            return
        assert task == "rollouts.tasks.carry_out"
        self.asked.append(arguments["command"])

    def record(self, command: Command) -> None:
        self.recorded.append(command.state)


@contextmanager
def governing(fleet: DemoFleet) -> Iterator[Governing]:
    made = Governing(fleet)
    try:
        yield made
    finally:
        made.close()


def merged(policy: Obj, change: Obj) -> None:
    """Somebody's edit of one policy."""
    found = merge(policy, change)
    policy.clear()
    policy.update(found)
