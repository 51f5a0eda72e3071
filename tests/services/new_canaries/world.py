"""New Canaries against the demo fleet on a virtual clock: what pages, the schedule and workers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kurator_ui.demo import seeds
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES, Resource
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import NotFound
from rollouts.domain.new_canaries.making import Target, begun
from rollouts.domain.observations import Kind
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.services import new_canaries
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.services.act.commanding import CLUSTER, NAMESPACE, Commanding

Connect = Callable[[Cluster], ClusterConnection]
BASKET = "basket"
TARGET = Target("Deployment", NAMESPACE, BASKET, BASKET)


class Making(Commanding):
    """Beside the rollout of `Commanding` a workload with a Service, which nothing governs."""

    def __init__(self, fleet: DemoFleet) -> None:
        super().__init__(fleet)
        fleet.call(self._bring_basket)
        fleet.advance(10)

    def _bring_basket(self) -> None:
        store = self.fleet.cluster(CLUSTER).store
        store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, BASKET, f"{BASKET}:1.0.0"))
        store.create(SERVICES, seeds.service(NAMESPACE, BASKET, 8080))

    # what people do

    def enter(self, target: Target = TARGET, **texts: str) -> NewCanary:
        """Until a worker has looked."""
        first = shown(begun(target, 8080, queries.near(self.cluster, target)))
        given = {**first, STRATEGY: "blue-green", "interval": "10", "target_port": "http", **texts}
        draft = Draft(target.base, given, PLAIN)
        row = new_canaries.begin(
            cluster=self.cluster, target=target, draft=draft, person=self.person, now=self.now(), enqueue=self.ignore
        )
        return self.go_on(row)

    def confirm(self, row: NewCanary, **given: str) -> NewCanary:
        said = {"digest": row.digest, "typed": "", "reason": "to be checked first", **given}
        new_canaries.confirm(row=row, now=self.now(), enqueue=self.ignore, **said)
        row.refresh_from_db()
        return row

    # what workers do

    def go_on(self, row: NewCanary, connect: Connect | None = None) -> NewCanary:
        """One pass of the schedule, and of every worker that it asks for."""
        asked: list[int] = []

        def enqueue(task: str, arguments: Mapping[str, Any]) -> None:
            assert task == "rollouts.tasks.go_on_with_new_canary"
            asked.append(arguments["canary"])

        new_canaries.look_after_new_canaries(now=self.now(), enqueue=enqueue)
        for one in asked:
            new_canaries.go_on(canary=one, connect=connect or self.reach, may=lambda _: self.allowed, now=self.now)
        row.refresh_from_db()
        return row

    def ignore(self, task: str, arguments: Mapping[str, Any]) -> None:
        """The schedule asks again."""

    def reach(self, cluster: Cluster) -> KubernetesConnection:
        return self.connect(cluster)

    def until_ended(self, row: NewCanary, *, seconds: int = 240, connect: Connect | None = None) -> NewCanary:
        for _ in range(seconds // 2):
            if self.go_on(row, connect).ended_at is not None:
                return row
            self.fleet.advance(2)
            self.look()
            self.look_at_basket()
        raise AssertionError(f"it never ended: {row.sentence}")

    def look_at_basket(self) -> None:
        try:
            seen = self.connection.get(Kind.CANARY, NAMESPACE, BASKET)
        except NotFound:
            return
        lease = Lease(self.cluster.pk, 1)
        record([Sighting(lease, Collection(Kind.CANARY), (seen,), self.now(), cursor="1")], now=self.now())

    def forget_claims(self) -> None:
        """Whoever was killed held one."""
        NewCanary.objects.update(next_at=self.now() - timedelta(seconds=1))

    # the world

    def find(self, name: str = BASKET, resource: Resource = CANARIES) -> Obj | None:
        return self.fleet.call(lambda: self.fleet.cluster(CLUSTER).store.find(resource, NAMESPACE, name))

    def serve(self, name: str, selector: dict[str, str] | None, made_for: str = "") -> None:
        """A Service that selects these; with `made_for` as Flagger makes it for a Canary."""
        made = seeds.service(NAMESPACE, name, 8080)
        made["spec"]["selector"] = selector
        self._create(SERVICES, made, made_for)

    def run(self, name: str, made_for: str = "") -> None:
        """A Deployment; `made_for` as with `serve`."""
        self._create(DEPLOYMENTS, seeds.deployment(NAMESPACE, name, f"{name}:1.0.0"), made_for)

    def _create(self, resource: Resource, made: Obj, made_for: str) -> None:
        if made_for:
            owner = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": made_for, "controller": True}
            made["metadata"]["ownerReferences"] = [{**owner, "uid": "of-one-before"}]
        self.fleet.call(lambda: self.fleet.cluster(CLUSTER).store.create(resource, made))

    def somebody_makes(self, name: str = BASKET, target: str = BASKET, service: str = "") -> None:
        made = seeds.canary(NAMESPACE, name)
        made["spec"]["targetRef"]["name"] = target
        made["spec"]["service"] |= {"name": service} if service else {}
        self.fleet.call(lambda: self.fleet.cluster(CLUSTER).store.create(CANARIES, made))
