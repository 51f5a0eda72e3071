"""The removal of a plain Canary against the demo fleet on a virtual clock: what pages, the schedule and workers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, ClusterState, Removal, RemovalPart
from rollouts.services import remove
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding

Connect = Callable[[Cluster], ClusterConnection]


class RemovingCanary(Commanding):
    def look(self) -> None:
        super().look()
        Cluster.objects.update(state=ClusterState.REACHABLE, fresh_at=self.now())

    def ask(self, *, typed: str = NAME, reason: str = "") -> Removal:
        self.rollout.refresh_from_db()
        seen = remove.preview_removal_of_canary(rollout=self.rollout, now=self.now())
        assert seen is not None
        return remove.request_removal_of_canary(
            rollout=self.rollout, mark=seen.mark, digest=seen.digest, person=self.person, reason=reason, typed=typed,
            now=self.now(),
        )  # fmt: skip

    def go_on(self, connect: Connect | None = None) -> None:
        """One pass of the schedule, and of every worker that it asks for."""
        asked: list[int] = []

        def enqueue(_: str, arguments: Mapping[str, Any]) -> None:
            asked.append(arguments["part"])

        remove.look_after_removals(now=self.now(), enqueue=enqueue)
        for part in asked:
            remove.go_on_removing(
                part=part, connect=connect or self.reach, may=lambda _: self.allowed, now=self.now
            )  # fmt: skip

    def reach(self, _: Cluster) -> KubernetesConnection:
        """Of its own: whoever goes on closes it."""
        return self.connect()

    def until_ended(self, removal: Removal, *, seconds: int = 60, connect: Connect | None = None) -> Removal:
        """A second between two passes; nobody may be left without a pod at any of them."""
        for _ in range(seconds):
            self.go_on(connect)
            removal.refresh_from_db()
            if removal.state != "open":
                return removal
            self.fleet.advance(1)
            assert self.served(), "nobody serves users"
        raise AssertionError(f"it never ended: {[(one.done, one.sentence) for one in removal.parts.all()]}")

    def forget_claims(self) -> None:
        """Whoever was killed held one."""
        RemovalPart.objects.update(next_at=self.now() - timedelta(seconds=1))

    def served(self) -> bool:
        """Whether the Service of the users leads to a ready pod."""
        selector = self.fleet.get(CLUSTER, SERVICES, NAMESPACE, NAME)["spec"]["selector"].items()
        for one in (NAME, f"{NAME}-primary"):
            found = self.find(DEPLOYMENTS, one)
            labels = found["spec"]["template"]["metadata"]["labels"] if found else {}
            if found and selector <= labels.items() and found["status"].get("readyReplicas"):
                return True
        return False

    def find(self, resource: Any, name: str = NAME) -> Obj | None:
        return self.fleet.call(lambda: self.fleet.cluster(CLUSTER).store.find(resource, NAMESPACE, name))

    def change(self, **fields: Any) -> None:
        """By somebody else."""
        self.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": fields})
