"""Whole Applications against the demo fleet on a virtual clock: what pages, the schedule and workers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kurator_ui.demo import seeds
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import APPLICATIONS, DEPLOYMENTS, SERVICES, Resource
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Application, ApplicationChange, Cluster
from rollouts.services import whole
from tests.services.act.governing import HUB, MEMBERS, NAMESPACE, Governing

Connect = Callable[[Cluster], ClusterConnection]
GIFTS, HOME = "gifts", "default"


class Whole(Governing):
    """Beside the Application of `Governing`, whose policies have rollouts, one that has none and prunes."""

    def __init__(self, fleet: DemoFleet) -> None:
        super().__init__(fleet)
        fleet.call(self._bring_gifts)
        self.advance(35)
        self.look()
        self.gifts = Application.objects.get(name=GIFTS)

    def _bring_gifts(self) -> None:
        for name in MEMBERS:
            labels = {
                "kustomize.toolkit.fluxcd.io/name": f"{GIFTS}-0-attachedcluster-{name}",
                "kustomize.toolkit.fluxcd.io/namespace": HOME,
            }
            store = self.fleet.cluster(name).store
            store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, GIFTS, f"{GIFTS}:1.0.0", labels=labels))
            store.create(SERVICES, seeds.service(NAMESPACE, GIFTS, 8080))
        self._put_gifts_on_the_hub()

    def _put_gifts_on_the_hub(self) -> None:
        made = seeds.application(HOME, GIFTS, [seeds.bare_policy("demo", GIFTS)])
        self.fleet.cluster(HUB).store.create(APPLICATIONS, made)

    # what people do

    def begin(self, application: Application | None = None) -> ApplicationChange:
        """Until a worker has looked."""
        change = whole.begin_deletion(
            application=application or self.gifts, person=self.person, now=self.now(), enqueue=self.ignore
        )
        self.go_on()
        change.refresh_from_db()
        return change

    def confirm(self, change: ApplicationChange, **given: str) -> ApplicationChange:
        said = {"digest": change.digest, "typed": change.name, "reason": "no longer sold", **given}
        whole.confirm(change=change, now=self.now(), enqueue=self.ignore, **said)
        change.refresh_from_db()
        return change

    # what workers do

    def go_on(self, connect: Connect | None = None) -> None:
        """One pass of the schedule, and of every worker that it asks for."""
        asked: list[int] = []

        def enqueue(task: str, arguments: Mapping[str, Any]) -> None:
            assert task == "rollouts.tasks.go_on_with_application"
            asked.append(arguments["change"])

        whole.look_after_applications(now=self.now(), enqueue=enqueue)
        for change in asked:
            whole.go_on(change=change, connect=connect or self.reach, may=lambda _: self.allowed, now=self.now)

    def ignore(self, task: str, arguments: Mapping[str, Any]) -> None:
        """The schedule asks again."""

    def reach(self, cluster: Cluster) -> KubernetesConnection:
        return self._connection(cluster.name)

    def until_ended(
        self, change: ApplicationChange, *, seconds: int = 120, connect: Connect | None = None
    ) -> ApplicationChange:  # fmt: skip
        for _ in range(seconds // 2):
            self.go_on(connect)
            change.refresh_from_db()
            if change.ended_at is not None:
                return change
            self.fleet.advance(2)
            self.look()
        raise AssertionError(f"it never ended: {change.sentence}")

    def forget_claims(self) -> None:
        """Whoever was killed held one."""
        ApplicationChange.objects.update(next_at=self.now() - timedelta(seconds=1))

    # the world

    def on_hub(self, name: str = GIFTS) -> Obj | None:
        return self.fleet.call(lambda: self.fleet.cluster(HUB).store.find(APPLICATIONS, HOME, name))

    def find(self, cluster: str, resource: Resource = DEPLOYMENTS, name: str = GIFTS) -> Obj | None:
        return self.fleet.call(lambda: self.fleet.cluster(cluster).store.find(resource, NAMESPACE, name))

    def has_gifts(self) -> list[str]:
        return [name for name in MEMBERS if self.find(name)]
