"""The demo fleet, watched and acted on by the very observer and workers of an embedded installation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kurator_ui.celery import app
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES, VIRTUAL_SERVICES
from kurator_ui.demo.serve import DemoFleet
from kurator_ui.embedded import Embedded
from rollouts import tasks, wiring
from rollouts.models import Command, Rollout
from rollouts.services import clusters
from tests.support.waiting import until

CLUSTER, NAMESPACE, NAME = "eu-west", "shop", "checkout"
IMAGE = "registry.example.test/checkout"
TICK = 10


class Worked:
    """One rollout whose Flagger ticks when the test says so."""

    def __init__(self, fleet: DemoFleet, rollout: int) -> None:
        self._fleet, self._rollout = fleet, rollout

    @property
    def rollout(self) -> Rollout:
        return Rollout.objects.get(pk=self._rollout)

    @property
    def status(self) -> Mapping[str, Any]:
        return self._fleet.get(CLUSTER, CANARIES, NAMESPACE, NAME)["status"]  # type: ignore[no-any-return]

    @property
    def green_weight(self) -> int:
        route = self._fleet.get(CLUSTER, VIRTUAL_SERVICES, NAMESPACE, NAME)["spec"]["http"][0]["route"]
        return int(route[1]["weight"])

    def tick(self) -> None:
        """Until what it wrote is observed."""
        self._fleet.advance(TICK)
        version = self._fleet.get(CLUSTER, CANARIES, NAMESPACE, NAME)["metadata"]["resourceVersion"]
        until(lambda: self.rollout.state["canary"]["resource_version"] == version)

    def release(self, *, users_on_green: bool = False) -> None:
        """A new version, followed to its first iteration, or until its users are on green."""
        self._fleet.release(CLUSTER, NAMESPACE, NAME, f"{IMAGE}:2.0.0")
        for _ in range(20):
            self.tick()
            if self.rollout.live_side == "green" if users_on_green else self.status["iterations"] == 1:
                return
        raise AssertionError(f"it never came so far: {self.status}")

    def becomes(self, state: str) -> Command:
        until(lambda: Command.objects.filter(state=state).exists())
        return Command.objects.get(state=state)


@contextmanager
def worked(folder: Path, *beaten: str) -> Iterator[Worked]:
    """`beaten`: the entries of beat's schedule that run; no others."""
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {name: tasks.BEAT[name] for name in beaten}
    embedded = Embedded(observe=True)
    with DemoFleet(folder, members=1, clock=VirtualClock(time.time())) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, f"{IMAGE}:1.0.0")
        fleet.advance(25)
        clusters.add(name=CLUSTER, ways=wiring.ways(), kubeconfig=fleet.kubeconfig(CLUSTER).read_bytes())
        embedded.start()
        try:
            until(lambda: Rollout.objects.exclude(routing_kind="").filter(phase="Initialized").exists())
            yield Worked(fleet, Rollout.objects.get().pk)
        finally:
            embedded.stop()
            app.conf.beat_schedule = kept
