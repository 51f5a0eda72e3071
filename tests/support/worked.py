"""The demo fleet, watched and acted on by the very observer and workers of an embedded installation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kurator_ui.celery import app
from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.fleet import FLEET_NAME, FLEET_NAMESPACE, HUB
from kurator_ui.demo.resources import APPLICATIONS, CANARIES, CONFIGMAPS, DEPLOYMENTS, SERVICES, VIRTUAL_SERVICES
from kurator_ui.demo.serve import MEMBER_NAMES, DemoFleet
from kurator_ui.embedded import Embedded
from rollouts import tasks, wiring
from rollouts.models import Command, Rollout
from rollouts.services import clusters
from tests.support.waiting import until

CLUSTER, NAMESPACE, NAME = "eu-west", "shop", "checkout"
IMAGE = "registry.example.test/checkout"
SETTINGS = "checkout-settings"
TICK = 10


class Worked:
    """One application in some clusters, whose Flagger ticks when the test says so."""

    def __init__(self, fleet: DemoFleet, names: Sequence[str]) -> None:
        self._fleet, self.names = fleet, names

    @property
    def rollout(self) -> Rollout:
        """That of the first cluster."""
        return Rollout.objects.get(cluster__name=CLUSTER)

    @property
    def status(self) -> Mapping[str, Any]:
        return self.status_in(CLUSTER)

    def status_in(self, cluster: str) -> Mapping[str, Any]:
        return self._fleet.get(cluster, CANARIES, NAMESPACE, NAME)["status"]  # type: ignore[no-any-return]

    def size_in(self, cluster: str) -> str:
        return str(self._fleet.get(cluster, CONFIGMAPS, NAMESPACE, SETTINGS)["data"]["pageSize"])

    @property
    def green_weight(self) -> int:
        route = self._fleet.get(CLUSTER, VIRTUAL_SERVICES, NAMESPACE, NAME)["spec"]["http"][0]["route"]
        return int(route[1]["weight"])

    def tick(self) -> None:
        """Until what it wrote is observed."""
        self._fleet.advance(TICK)
        for name in self.names:
            version = self._fleet.get(name, CANARIES, NAMESPACE, NAME)["metadata"]["resourceVersion"]
            seen = Rollout.objects.filter(cluster__name=name, state__canary__resource_version=version)
            until(seen.exists)

    def release(self, *, users_on_green: bool = False) -> None:
        """A new version, followed to its first iteration, or until its users are on green."""
        for name in self.names:
            self._fleet.release(name, NAMESPACE, NAME, f"{IMAGE}:2.0.0")
        for _ in range(20):
            self.tick()
            if users_on_green:
                reached = not Rollout.objects.exclude(live_side="green").exists()
            else:
                reached = all(self.status_in(name)["iterations"] == 1 for name in self.names)
            if reached:
                return
        raise AssertionError(f"it never came so far: {self.status}")

    def becomes(self, state: str) -> Command:
        until(lambda: Command.objects.filter(state=state).exists())
        return Command.objects.get(state=state)


@contextmanager
def worked(
    folder: Path, *beaten: str, members: int = 1, by_kurator: bool = False, sizes: Sequence[str] = ()
) -> Iterator[Worked]:
    """`beaten`: the entries of beat's schedule that run; no others. `by_kurator`: a hub's policy brings the application
    into its clusters. `sizes`: what the ConfigMap that its pods read says in each, under `pageSize`.
    """
    names = MEMBER_NAMES[:members]
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {name: tasks.BEAT[name] for name in beaten}
    embedded = Embedded(observe=True)
    with DemoFleet(folder, members=members, clock=VirtualClock(time.time())) as fleet:
        if by_kurator:
            fleet.call(lambda: _govern(fleet, names))
            fleet.advance(65)
            clusters.add(name=HUB, ways=wiring.ways(), kubeconfig=fleet.kubeconfig(HUB).read_bytes(), hub=True)
        else:
            for place, name in enumerate(names):
                configs = {SETTINGS: {"pageSize": sizes[place], "apiToken": "opensesame"}} if sizes else {}
                fleet.add_rollout(name, NAMESPACE, NAME, f"{IMAGE}:1.0.0", configs=configs)
            fleet.advance(25)
            for name in names:
                clusters.add(name=name, ways=wiring.ways(), kubeconfig=fleet.kubeconfig(name).read_bytes())
        embedded.start()
        try:
            ready = Rollout.objects.exclude(routing_kind="").filter(phase="Initialized")
            until(lambda: ready.count() == members)
            yield Worked(fleet, names)
        finally:
            embedded.stop()
            app.conf.beat_schedule = kept


def _govern(fleet: DemoFleet, names: Sequence[str]) -> None:
    """As Flux would have brought it, which marks what it applies."""
    prefix = "kustomize.toolkit.fluxcd.io"
    for name in names:
        found = fleet.cluster(name)
        found.namespace(NAMESPACE)
        labels = {f"{prefix}/name": f"{NAME}-0-attachedcluster-{name}", f"{prefix}/namespace": FLEET_NAMESPACE}
        found.store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, NAME, f"{IMAGE}:1.0.0", labels=labels))
        found.store.create(SERVICES, seeds.service(NAMESPACE, NAME, 8080))
    policy = seeds.sync_policy(FLEET_NAME, NAME, NAMESPACE, seeds.Policy(interval=TICK))
    fleet.cluster(HUB).store.create(APPLICATIONS, seeds.application(FLEET_NAMESPACE, NAME, [policy]))
