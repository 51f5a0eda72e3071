"""A rollout `shop/checkout` whose history a test tells write by write, as Flagger makes them, a tick every 10 s."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollouts.domain.changes import observe
from rollouts.domain.memory import dump, load
from rollouts.domain.observations import Canary, Event, Observation, Phase, Workload
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import Release, RolloutState, Step, Transition
from tests.support import seen

OLD, NEW, NEWER = "podinfo:1", "podinfo:2", "podinfo:3"
KEEPS_COUNTERS = {Phase.PROGRESSING, Phase.WAITING, Phase.PROMOTING, Phase.WAITING_PROMOTION}


class History:
    """Every observation is folded twice, and the memory makes a trip through its stored form in between."""

    def __init__(self, **spec: Any) -> None:
        self.now = 0.0
        self.version = 100
        self.canary = seen.canary(0, version=self.version, phase_text="", **spec)
        self.state: RolloutState | None = None
        self.releases: dict[int, Release] = {}
        self.transitions: dict[int, Transition] = {}

    def see(self, observation: Observation, *, listed: bool = False) -> Step:
        step = observe(self.state, observation, seen_at=self.time(), listed=listed)
        assert step is not None
        again = observe(step.state, observation, seen_at=self.time())
        assert again is not None and again.state is step.state, "seen twice changes nothing"
        assert not (again.transitions or again.releases or again.explained)
        if step.state is not self.state:
            self.state = load(json.loads(json.dumps(dump(step.state))))
            assert self.state == step.state, "the memory survives being stored"
        self.releases |= {release.number: release for release in step.releases}
        self.transitions |= {one.number: one for one in (*step.transitions, *step.explained)}
        return step

    def time(self) -> datetime:
        return seen.at(self.now + 0.25)

    def wait(self, seconds: float = 10) -> History:
        self.now += seconds
        return self

    def idle(self, phase: Phase = Phase.INITIALIZED, *, green: str = OLD, blue: str = OLD) -> History:
        """The first sight: nothing going on, both workloads and the routing object read."""
        self.write(phase)
        self.see(self.workload("checkout-primary", blue))
        self.see(self.workload("checkout", green, wanted=0))
        self.route(0)
        return self

    def write(self, phase: Phase | None = None, *, by_hand: bool = False, listed: bool = False, **changes: Any) -> Step:
        """A write of the Canary now: Flagger's own, or (`by_hand`) another's, which leaves Flagger's times alone."""
        self.canary = self.written(phase, by_hand=by_hand, **changes)
        return self.see(self.canary, listed=listed)

    def written(self, phase: Phase | None = None, *, by_hand: bool = False, **changes: Any) -> Canary:
        self.version += 1
        old = self.canary
        phase = old.phase if phase is None else phase
        given: dict[str, Any] = {"phase": phase, "resource_version": str(self.version)}
        if not by_hand:
            whole = seen.at(self.now).replace(microsecond=0)
            given["last_transition_at"] = whole
            if phase is not old.phase:
                given["phase_at"] = whole
            if (phase in RUNNING) is not (old.phase in RUNNING):
                given["promoted_at"] = whole
            if phase not in KEEPS_COUNTERS:
                given["iterations"] = 0
            if phase is Phase.SUCCEEDED:
                given["last_promoted"] = old.last_applied
        return replace(old, **(given | changes))

    def start(self, applied: str = "bbb", **changes: Any) -> History:
        """The tick that notices a new version."""
        self.wait().write(Phase.PROGRESSING, iterations=0, failed_checks=0, last_applied=applied, **changes)
        return self

    def iterate(self, upto: int) -> History:
        for iterations in range(self.canary.iterations + 1, upto + 1):
            self.wait().write(iterations=iterations)
        return self

    def run(self, applied: str = "bbb") -> History:
        """A whole successful run, with the routing object moving."""
        self.start(applied).iterate(3)
        self.wait().route(100)
        self.write(iterations=4)
        self.wait().write(Phase.PROMOTING)
        self.wait().route(0)
        self.write(Phase.FINALISING)
        self.wait().write(Phase.SUCCEEDED)
        return self

    def fail(self) -> History:
        self.wait().write(Phase.FAILED, failed_checks=0)
        return self

    def route(self, green: int | None, *, listed: bool = False) -> Step:
        self.version += 1
        return self.see(seen.route(green, version=self.version), listed=listed)

    def workload(self, name: str, image: str, **changes: Any) -> Workload:
        self.version += 1
        return replace(seen.workload(name, image, **changes), resource_version=str(self.version))

    def green(self, image: str, **changes: Any) -> Step:
        return self.see(self.workload("checkout", image, **changes))

    def blue(self, image: str, **changes: Any) -> Step:
        return self.see(self.workload("checkout-primary", image, **changes))

    def says(self, message: str, *, type: str = "Normal", **changes: Any) -> Step:
        event: Event = replace(seen.event(message, self.now, type=type), **changes)
        return self.see(event)

    def known(self) -> RolloutState:
        assert self.state is not None
        return self.state

    def release(self, number: int = 0) -> Release:
        """By number; the newest unless given."""
        return self.releases[number or max(self.releases)]

    def last(self) -> Transition:
        return self.transitions[max(self.transitions)]
