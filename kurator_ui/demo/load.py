"""The fleet as a load generator: many rollouts on many clusters, so many status changes a second.

No controllers run. Releases are walked through their phases tick by tick, with the routing written before the status
and an Event now and then, as real ones are; the cost is a few object writes a change.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from kurator_ui.demo import seeds
from kurator_ui.demo.canary import Canary
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.hashes import template_hash
from kurator_ui.demo.identity import write_private
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.routing import Istio
from kurator_ui.demo.seeds import Policy
from kurator_ui.demo.status import StatusWriter
from kurator_ui.demo.store import Address

BEAT_SECONDS = 0.1
EVENT_EVERY = 3
"""Changes for each Event."""
NAMESPACES = ("shop", "payments", "search", "web", "finance", "logistics", "media", "accounts")
WORKLOADS = (
    "checkout",
    "catalog",
    "inventory",
    "frontend",
    "backend",
    "search",
    "billing",
    "orders",
    "reports",
    "gateway",
)
ITERATIONS = 3
# Phase, iterations and green's share after each step of a good release.
STEPS = (
    ("Progressing", 0, 0),
    ("Progressing", 1, 0),
    ("Progressing", 2, 0),
    ("Progressing", 3, 0),
    ("Progressing", 4, 100),
    ("Promoting", 4, 100),
    ("Finalising", 0, 0),
    ("Succeeded", 0, 0),
)


@dataclass(frozen=True, slots=True)
class Size:
    rollouts: int
    changes: float
    """Per second, over all clusters."""
    running: int = 0
    """Releases on their way at once; 0 stands for those that change within ten seconds."""
    interval: int = 10
    """Seconds between two checks, as the policies say. Releases move at the pace of `changes`."""

    @property
    def walks(self) -> float:
        return self.running or max(1, self.changes * 10)


@dataclass(slots=True)
class _Walk:
    """One release on its way; it fails after the third step when it is a bad one."""

    cluster: Cluster
    namespace: str
    name: str
    bad: bool
    step: int = 0


class LoadGenerator:
    def __init__(self, fleet: Fleet, size: Size, seed: int) -> None:
        self._fleet, self._size = fleet, size
        self._chance = random.Random(seed)
        self._clusters = [cluster for cluster in fleet.clusters.values() if not cluster.hub]
        self._writers = {
            cluster.name: (StatusWriter(cluster.store, fleet.clock), Istio(cluster.store)) for cluster in self._clusters
        }
        self._idle: list[tuple[Cluster, str, str]] = []
        self._walks: list[_Walk] = []
        self._owed = 0.0
        self._at = 0.0
        self.written = 0
        """Status changes so far."""

    def begin(self) -> None:
        if self._fleet.fresh:
            for index, cluster in enumerate(self._clusters):
                self._fill(cluster, len(range(index, self._size.rollouts, len(self._clusters))))
        for cluster in self._clusters:
            self._idle += [
                (cluster, canary["metadata"]["namespace"], canary["metadata"]["name"])
                for canary in cluster.store.all(CANARIES)
            ]
        self._chance.shuffle(self._idle)
        self._write_kubeconfigs()
        self._at = self._fleet.clock.now()
        self._fleet.clock.call_later(BEAT_SECONDS, self._beat)

    def _write_kubeconfigs(self) -> None:
        """All in one folder, to register every cluster with one command."""
        for cluster in self._clusters:
            path = self._fleet.folder / "clusters" / f"{cluster.name}.kubeconfig"
            write_private(path, self._fleet.identity.kubeconfig(cluster.name, self._fleet.server(cluster.name)))

    def _fill(self, cluster: Cluster, count: int) -> None:
        for namespace in NAMESPACES:
            cluster.namespace(namespace, {"istio-injection": "enabled"})
        for index in range(count):
            name = WORKLOADS[index // len(NAMESPACES) % len(WORKLOADS)]
            number = index // (len(NAMESPACES) * len(WORKLOADS))
            self._rollout(cluster, NAMESPACES[index % len(NAMESPACES)], f"{name}-{number}" if number else name)

    def _rollout(self, cluster: Cluster, namespace: str, name: str) -> None:
        store = cluster.store
        target = seeds.deployment(
            namespace, name, f"registry.example.test/{namespace}/{name}:1.{self._chance.randrange(40)}.0", replicas=0
        )
        canary = Canary(store.create(CANARIES, seeds.canary(namespace, name, Policy(self._size.interval))))
        blue = seeds.deployment(
            namespace, f"{name}-primary", target["spec"]["template"]["spec"]["containers"][0]["image"]
        )
        blue["metadata"]["ownerReferences"] = [canary.owner_reference()]
        for workload in (target, blue):
            store.create(DEPLOYMENTS, workload)
            self._settle(cluster, namespace, workload["metadata"]["name"])
        store.create(SERVICES, seeds.service(namespace, name, 8080, app=f"{name}-primary"))
        status, router = self._writers[cluster.name]
        router.reconcile(canary)
        # A fleet that has been at work for long: most releases succeeded, some failed.
        past, applied = self._chance.random(), template_hash(target["spec"]["template"])
        status.sync(canary, "Initialized", applied, {})
        if past < 0.08:
            status.sync(canary, "Failed", template_hash(name), {})
        elif past < 0.7:
            status.phase(canary, "Succeeded")

    def _settle(self, cluster: Cluster, namespace: str, name: str, **spec: Any) -> None:
        """Change a workload and have its pods ready at once."""
        at = Address(DEPLOYMENTS, namespace, name)
        found = cluster.store.change(at, lambda obj: obj["spec"].update(spec))
        size = found["spec"]["replicas"]
        counts = (
            {"replicas": size, "updatedReplicas": size, "readyReplicas": size, "availableReplicas": size}
            if size
            else {}
        )
        status = {"observedGeneration": found["metadata"]["generation"], **counts}
        cluster.store.change(at, lambda obj: obj.update({"status": status}), status=True)
        cluster.traffic.served(namespace, name, size > 0)

    def _beat(self) -> None:
        clock = self._fleet.clock
        clock.call_later(BEAT_SECONDS, self._beat)
        now = clock.now()
        # What is owed follows the clock, so that a late beat makes up for it; a long sleep does not end in a storm.
        self._owed = min(self._owed + (now - self._at) * self._size.changes, self._size.changes * 5)
        self._at = now
        while self._owed >= 1 and (self._walks or self._idle):
            self._owed -= 1
            self._next()

    def _next(self) -> None:
        enough = len(self._walks) >= self._size.walks
        if self._idle and not enough:
            cluster, namespace, name = self._idle.pop(0)
            self._walks.append(_Walk(cluster, namespace, name, self._chance.random() < 0.15))
            walk = self._walks[-1]
        else:
            walk = self._walks.pop(0)
            self._walks.append(walk)
        if self._move(walk):
            self._walks.remove(walk)
            self._idle.append((walk.cluster, walk.namespace, walk.name))

    def _move(self, walk: _Walk) -> bool:
        """One status change; whether the release is over."""
        status, router = self._writers[walk.cluster.name]
        canary = Canary(walk.cluster.store.get(CANARIES, walk.namespace, walk.name))
        self.written += 1
        if walk.bad and walk.step >= 3:
            return self._fail(walk, canary, status)
        phase, iterations, green = STEPS[walk.step]
        if walk.step == 0:
            status.sync(canary, phase, self._new_image(walk), {})
        else:
            if walk.step in (4, 6):
                router.route(canary, green)
            if phase == "Promoting" != canary.phase:
                template = walk.cluster.deployment(walk.namespace, walk.name)["spec"]["template"]
                self._settle(walk.cluster, walk.namespace, f"{walk.name}-primary", template=template)
            if phase == "Succeeded":
                self._settle(walk.cluster, walk.namespace, walk.name, replicas=0)
            if phase != canary.phase:
                status.phase(canary, phase)
            else:
                status.count(canary, "iterations", iterations)
        if self.written % EVENT_EVERY == 0:
            walk.cluster.recorder.record(canary.obj, "Normal", _message(walk, phase, iterations))
        walk.step += 1
        return walk.step == len(STEPS)

    def _fail(self, walk: _Walk, canary: Canary, status: StatusWriter) -> bool:
        where = f"{walk.name}.{walk.namespace}"
        if canary.failed_checks < canary.threshold:
            walk.cluster.recorder.record(
                canary.obj,
                "Warning",
                f"Halt {where} advancement success rate {70 + 20 * self._chance.random():.2f}% < 99%",
            )
            status.count(canary, "failedChecks", canary.failed_checks + 1)
            return False
        walk.cluster.recorder.record(
            canary.obj, "Warning", f"Rolling back {where} failed checks threshold reached {canary.failed_checks}"
        )
        self._settle(walk.cluster, walk.namespace, walk.name, replicas=0)
        status.sync(canary, "Failed", canary.status["lastAppliedSpec"], {})
        return True

    def _new_image(self, walk: _Walk) -> str:
        """The hash of the template with the next version."""

        def edit(obj: Obj) -> None:
            container = obj["spec"]["template"]["spec"]["containers"][0]
            repository, _, version = container["image"].rpartition(":")
            major, minor, patch = version.split(".")
            container["image"] = f"{repository}:{major}.{minor}.{int(patch) + 1}"

        at = Address(DEPLOYMENTS, walk.namespace, walk.name)
        found = walk.cluster.store.change(at, edit)
        self._settle(walk.cluster, walk.namespace, walk.name, replicas=2)
        return template_hash(found["spec"]["template"])


def _message(walk: _Walk, phase: str, iterations: int) -> str:
    where = f"{walk.name}.{walk.namespace}"
    return {
        "Progressing": f"Advance {where} canary iteration {iterations}/{ITERATIONS}",
        "Promoting": f"Copying {where} template spec to {walk.name}-primary.{walk.namespace}",
        "Finalising": "Routing all traffic to primary",
        "Succeeded": f"Promotion completed! Scaling down {where}",
    }[phase]
