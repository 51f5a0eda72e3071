"""The removal of a policy against the demo fleet on a virtual clock: what pages, the schedule and workers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.store import Address
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, Removal, RemovalPart
from rollouts.services import remove
from tests.services.act.governing import HUB, MEMBERS, NAME, NAMESPACE, POLICY, Governing

Connect = Callable[[Cluster], ClusterConnection]


class Removing(Governing):
    """`without_pods` are the moments at which no ready pod was behind the Service of the users, by cluster."""

    def preview_removal(self, policy: str = POLICY) -> remove.RemovalPreview:
        self.application.refresh_from_db()
        seen = remove.preview_removal(application=self.application, policy=policy, now=self.now())
        assert seen is not None
        return seen

    def ask(self, seen: remove.RemovalPreview | None = None, *, typed: str = NAME, reason: str = "") -> Removal:
        seen = seen or self.preview_removal()
        return remove.request_removal(
            application=self.application, policy=POLICY, mark=seen.mark, digest=seen.digest, person=self.person,
            reason=reason, typed=typed, now=self.now(),
        )  # fmt: skip

    def part(self, removal: Removal, name: str) -> RemovalPart:
        return removal.parts.get(name=name)

    def go_on(self, connect: Connect | None = None) -> None:
        """One pass of the schedule, and of every worker that it asks for."""
        asked: list[int] = []

        def enqueue(task: str, arguments: Mapping[str, Any]) -> None:
            assert task == "rollouts.tasks.go_on_removing"
            asked.append(arguments["part"])

        remove.look_after_removals(now=self.now(), enqueue=enqueue)
        for part in asked:
            self.work(part, connect)

    def work(self, part: int, connect: Connect | None = None) -> None:
        remove.go_on_removing(
            part=part, connect=connect or self.reach, may=lambda _: self.allowed, now=self.now
        )  # fmt: skip

    def reach(self, cluster: Cluster) -> KubernetesConnection:
        return self._connection(cluster.name)

    def until_ended(self, removal: Removal, *, seconds: int = 40, connect: Connect | None = None) -> Removal:
        """A second between two passes; nobody may be left without a pod at any of them."""
        for _ in range(seconds):
            self.go_on(connect)
            removal.refresh_from_db()
            if removal.state != "open":
                return removal
            self.fleet.advance(1)
            assert self.served(), "nobody serves users"
        said = [(one.name, len(one.done), one.sentence) for one in removal.parts.order_by("id")]
        raise AssertionError(f"it never ended: {said}")

    def forget_claims(self) -> None:
        """Whoever was killed held one."""
        RemovalPart.objects.update(next_at=self.now() - timedelta(seconds=1))

    # the world

    def served(self, *names: str) -> bool:
        """Whether the Service of the users leads to a ready pod in each cluster."""
        return all(self._is_served(name) for name in names or MEMBERS)

    def _is_served(self, name: str) -> bool:
        selector = self.fleet.get(name, SERVICES, NAMESPACE, NAME)["spec"]["selector"].items()
        for one in (NAME, f"{NAME}-primary"):
            found = self.find(name, DEPLOYMENTS, one)
            labels = found["spec"]["template"]["metadata"]["labels"] if found else {}
            if found and selector <= labels.items() and found["status"].get("readyReplicas"):
                return True
        return False

    def find(self, cluster: str, resource: Any, name: str = NAME) -> Obj | None:
        return self.fleet.call(lambda: self.fleet.cluster(cluster).store.find(resource, NAMESPACE, name))

    def scale(self, cluster: str, replicas: int) -> None:
        """The target, by somebody else; its pods have followed already."""

        def change(found: Obj) -> None:
            found["spec"]["replicas"] = replicas
            found["status"] |= {"readyReplicas": replicas, "updatedReplicas": replicas}

        address = Address(DEPLOYMENTS, NAMESPACE, NAME)
        self.fleet.call(lambda: self.fleet.cluster(cluster).store.change(address, change))

    def canaries_left(self) -> list[str]:
        return [name for name in MEMBERS if self.find(name, CANARIES)]


HUB_AND_MEMBERS = (HUB, *MEMBERS)
