"""What a visitor sees: releases start all the time and take every possible turn; a cluster drops out now and then."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from kurator_ui.demo.canary import ANALYSING, RUNNING, Canary
from kurator_ui.demo.cast import PARTS, QUICK, Part, cast, cast_bare, homes
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.pods import TROUBLES
from kurator_ui.demo.resources import CANARIES, CONFIGMAPS, DEPLOYMENTS
from kurator_ui.demo.store import Address

BEAT_SECONDS = 2.0
QUIET_SECONDS = 8.0
"""The longest time without a fresh release, as long as somebody is free to make one."""
DROPOUT_EVERY = 240.0
FIRST_DROPOUT = 75.0
DROPOUT_SECONDS = 40.0
FAILURE_SECONDS = 150.0
PICKED_UP_AFTER = 100.0
REPAIRED_AFTER = 300.0
"""Seconds for which users stay on green after a failed promotion, and a minute more."""
HELD = frozenset({"stuck", *TROUBLES})
"""Roles whose pods do not become ready."""
AT_ONCE = 8
"""Applications that may be in a release at the same time."""


@dataclass(slots=True)
class _Wish:
    """Something to do as soon as it is possible, until a time."""

    until: float
    possible: Callable[[], bool]
    act: Callable[[], None]


class Story:
    def __init__(self, fleet: Fleet, seed: int) -> None:
        self._fleet, self._clock = fleet, fleet.clock
        # Not for secrets: chance here only makes the demo lively, and a seed makes it repeatable.
        self._chance = random.Random(seed)
        self._wishes: list[_Wish] = []
        self._rested: dict[str, float] = {}
        self._next_release = 0.0
        self._parts = [part for part in PARTS if homes(fleet, part)]

    def begin(self) -> None:
        if self._fleet.fresh:
            cast(self._fleet)
        elif self._fleet.members:
            cast_bare(self._fleet)  # whoever deleted it would be without a guided tour
        for part in self._parts:
            self._pick_up(part)
        self._later(1.0, self._beat)
        self._later(FIRST_DROPOUT, self._drop_out)

    def _pick_up(self, part: Part) -> None:
        """What an earlier run had planned for a release that is still under way."""
        cluster = homes(self._fleet, part)[0]
        canary = self._canary(cluster, part)
        if canary.suspended:
            self._later(PICKED_UP_AFTER, partial(self._suspend, part, False))
        if part.role == "gate" and canary.phase in ANALYSING:
            # Gates are lost at a restart; one that was open when users went to green must not be found closed.
            live = canary.iterations > canary.wanted_iterations
            self._later(0.0 if live else PICKED_UP_AFTER, partial(self._gate, part, "open"))
            self._wishes.append(
                _Wish(
                    self._clock.now() + 900,
                    lambda: _finalising(self._canary(cluster, part)),
                    partial(self._gate, part, "close"),
                )
            )
        if part.role in HELD and canary.phase in ANALYSING:
            self._later(
                PICKED_UP_AFTER,
                partial(
                    self._set_image, cluster, part, f"{part.repository}:{self._next_version(cluster, part, step=2)}"
                ),
            )

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._clock.call_later(seconds, partial(_attempt, act))

    def _beat(self) -> None:
        self._later(BEAT_SECONDS, self._beat)
        now = self._clock.now()
        due = [wish for wish in self._wishes if wish.possible()]
        self._wishes = [wish for wish in self._wishes if wish not in due and wish.until > now]
        for wish in due:
            _attempt(wish.act)
        busy = [part for part in self._parts if self._busy(part)]
        idle = [part for part in self._parts if part not in busy]
        free = [part for part in idle if self._rest_ends(part) <= now]
        if not any(self._moving(part) for part in busy):
            # Something that ticks every ten seconds is always under way, so that a visitor sees something move.
            chosen = [part for part in free or idle if part.policy.interval == QUICK.interval]
        else:
            chosen = free if now >= self._next_release and len(busy) < AT_ONCE else []
        if chosen:
            self._next_release = now + self._chance.uniform(QUIET_SECONDS / 2, QUIET_SECONDS)
            self._release(self._chance.choice(chosen))

    def _rest_ends(self, part: Part) -> float:
        """A failure stays in sight for longer than a success."""
        return self._rested.get(part.name, 0.0) + (FAILURE_SECONDS if "Failed" in self._phases(part) else 0.0)

    def _busy(self, part: Part) -> bool:
        return any(phase not in ("Initialized", "Succeeded", "Failed") for phase in self._phases(part))

    def _moving(self, part: Part) -> bool:
        """Whether it changes at every tick of ten seconds: the suspended and the stuck do not."""
        quick = part.policy.interval == QUICK.interval and part.role not in ("suspended", "promotion", *HELD)
        return quick and any(phase in RUNNING for phase in self._phases(part))

    def _phases(self, part: Part) -> list[str]:
        return [self._canary(cluster, part).phase for cluster in homes(self._fleet, part)]

    def _canary(self, cluster: Cluster, part: Part) -> Canary:
        """An empty one while Kurator has not made it yet."""
        found = cluster.store.find(CANARIES, part.namespace, part.name)
        return Canary(
            found or {"metadata": {"namespace": part.namespace, "name": part.name}, "spec": {"suspend": False}}
        )

    def _release(self, part: Part) -> None:
        clusters = homes(self._fleet, part)
        for cluster in clusters:
            cluster.traffic.fault(part.namespace, part.name)
        # The next one comes when this is over and people have had time to look at how it ended.
        self._rested[part.name] = self._clock.now() + part.policy.interval * 9 + self._chance.uniform(20, 120)
        if part.role == "config" and self._chance.random() < 0.6:
            self._new_config(clusters[0], part)
            return
        version = self._next_version(clusters[0], part)
        trouble = self._trouble(part)
        stuck = bool(trouble) and part.role != "promotion"
        wait = 0.0
        for cluster in clusters:
            image = f"{part.repository}:{version}{trouble}"
            self._later(wait, partial(self._set_image, cluster, part, image))
            wait += self._chance.uniform(2, 12)
        self._turn(part, clusters, stuck)

    def _trouble(self, part: Part) -> str:
        """What the tag of its next version ends in."""
        if part.role == "stuck":
            return "-broken" if self._chance.random() < 0.7 else ""
        return f"-{part.role}" if part.role in TROUBLES else "-onlygreen" if part.role == "promotion" else ""

    def _turn(self, part: Part, clusters: list[Cluster], stuck: bool) -> None:
        """How this release will go."""
        if stuck:
            fixed = f"{part.repository}:{self._next_version(clusters[0], part, step=2)}"
            self._later(self._chance.uniform(100, 200), lambda: self._set_image(clusters[0], part, fixed))
        elif part.role == "gate":
            opened = partial(self._later, self._chance.uniform(120, 200), partial(self._gate, part, "open"))
            self._when(clusters[0], part, _waiting, opened)
            self._when(clusters[0], part, _finalising, partial(self._gate, part, "close"))
        elif part.role == "promotion":
            self._rested[part.name] = self._clock.now() + REPAIRED_AFTER
            self._later(REPAIRED_AFTER - 60, partial(self._repair, part))
        elif part.role == "drift":
            before = self._image(clusters[0], part, f"{part.name}-primary")
            by_hand = partial(self._set_image, clusters[0], part, before, f"{part.name}-primary")
            self._when(clusters[0], part, _finalising, partial(self._later, 30.0, by_hand))
        elif part.role == "suspended" and self._chance.random() < 0.7:
            self._when(clusters[0], part, _under_way, partial(self._suspend, part, True))
            self._later(self._chance.uniform(280, 400), partial(self._suspend, part, False))
        else:
            self._maybe_fail(part, clusters)

    def _maybe_fail(self, part: Part, clusters: list[Cluster]) -> None:
        turn, victim = self._chance.random(), self._chance.choice(clusters)
        fault = partial(victim.traffic.fault, part.namespace, part.name)
        if turn < 0.14:
            self._when(victim, part, _analysing, partial(fault, errors=self._chance.uniform(0.1, 0.4)))
        elif turn < 0.22:
            self._when(victim, part, _analysing, partial(fault, delay_ms=self._chance.uniform(500, 1400)))
        elif turn < 0.28:
            self._when(victim, part, _switched, partial(fault, errors=0.3))
        elif turn < 0.42:
            # A hiccup: one failed check, then it goes on.
            self._when(victim, part, _analysing, partial(fault, errors=0.06))
            self._when(victim, part, _failed_once, fault)
        elif turn < 0.48:
            newer = f"{part.repository}:{self._next_version(clusters[0], part, step=2)}"
            for cluster in clusters:
                self._when(cluster, part, _under_way, partial(self._set_image, cluster, part, newer))

    def _when(self, cluster: Cluster, part: Part, test: Callable[[Canary], bool], act: Callable[[], None]) -> None:
        applied = self._canary(cluster, part).status.get("lastAppliedSpec")

        def possible() -> bool:
            canary = self._canary(cluster, part)
            # Not before the new release has begun: counters of the last one may still be there.
            return canary.phase in RUNNING and canary.status.get("lastAppliedSpec") != applied and test(canary)

        self._wishes.append(_Wish(self._clock.now() + 900, possible, act))

    def _next_version(self, cluster: Cluster, part: Part, step: int = 1) -> str:
        tag = self._image(cluster, part, part.name).rpartition(":")[2]
        major, minor, patch = (int(number) for number in tag.partition("-")[0].split("."))
        if step == 1 and self._chance.random() < 0.3:
            return f"{major}.{minor + 1}.0"
        return f"{major}.{minor}.{patch + step}"

    def _image(self, cluster: Cluster, part: Part, workload: str) -> str:
        template = cluster.deployment(part.namespace, workload)["spec"]["template"]
        return str(template["spec"]["containers"][0]["image"])

    def _repair(self, part: Part) -> None:
        """Blue first, then a version that both sides can run."""
        cluster = homes(self._fleet, part)[0]
        good = self._image(cluster, part, part.name).partition("-onlygreen")[0]
        self._set_image(cluster, part, good, f"{part.name}-primary")
        fixed = f"{part.repository}:{self._next_version(cluster, part)}"
        self._later(20.0, partial(self._set_image, cluster, part, fixed))

    def _set_image(self, cluster: Cluster, part: Part, image: str, workload: str = "") -> None:
        def edit(obj: Obj) -> None:
            obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

        cluster.store.change(Address(DEPLOYMENTS, part.namespace, workload or part.name), edit)

    def _new_config(self, cluster: Cluster, part: Part) -> None:
        size = str(self._chance.randrange(20, 200))
        at = Address(CONFIGMAPS, part.namespace, f"{part.name}-settings")
        cluster.store.change(at, lambda obj: obj["data"].update({"pageSize": size}))

    def _gate(self, part: Part, act: str) -> None:
        homes(self._fleet, part)[0].gates.call(f"/gate/{act}", part.name, part.namespace)

    def _suspend(self, part: Part, wanted: bool) -> None:
        at = Address(CANARIES, part.namespace, part.name)
        homes(self._fleet, part)[0].store.change(at, lambda obj: obj["spec"].update({"suspend": wanted}))

    def _drop_out(self) -> None:
        self._later(DROPOUT_EVERY + self._chance.uniform(-40, 40), self._drop_out)
        if not self._fleet.members:
            return
        cluster = self._fleet.clusters[self._chance.choice(self._fleet.members)]
        if cluster.state == "up":
            cluster.switch(self._chance.choice(("down", "hang")), self._fleet.connections)
            self._later(DROPOUT_SECONDS, lambda: cluster.switch("up", self._fleet.connections))


def _attempt(act: Callable[[], None]) -> None:
    """Visitors may delete what the story is about; it goes on without."""
    with suppress(ApiError):
        act()


def _analysing(canary: Canary) -> bool:
    return canary.phase in ANALYSING


def _switched(canary: Canary) -> bool:
    return canary.iterations > canary.wanted_iterations > 0


def _failed_once(canary: Canary) -> bool:
    return canary.failed_checks == 1


def _under_way(canary: Canary) -> bool:
    return canary.iterations == 2


def _waiting(canary: Canary) -> bool:
    return canary.phase == "WaitingPromotion"


def _finalising(canary: Canary) -> bool:
    return canary.phase == "Finalising"
