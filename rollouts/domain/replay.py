"""A recorded history through the very rules that judge live clusters, in memory.

The JSON form of a story is documented and stable: it is what a bug report carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rollouts.domain import changes, live
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Route, Workload
from rollouts.domain.rollout import Images, Release, RolloutState, Transition

PRIMARY = "-primary"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which rollout: a Canary's cluster, namespace and name."""

    cluster: str
    namespace: str
    name: str


@dataclass(slots=True)
class Timeline:
    """What the replay made of one rollout, by number."""

    releases: dict[int, Release] = field(default_factory=dict)
    transitions: dict[int, Transition] = field(default_factory=dict)

    def of(self, release: int | None) -> list[Transition]:
        return [one for one in self.transitions.values() if one.release == release]


@dataclass(slots=True)
class Replay:
    """Folds observations of many rollouts. Routing objects and workloads may come before the Canary they serve."""

    states: dict[Key, RolloutState] = field(default_factory=dict)
    timelines: dict[Key, Timeline] = field(default_factory=dict)
    routes: dict[tuple[str, Kind, str, str], Route] = field(default_factory=dict)
    workloads: dict[tuple[str, str, str], Workload] = field(default_factory=dict)

    def fold(self, cluster: str, seen: Observation, *, seen_at: datetime, listed: bool = False) -> None:
        match seen:
            case Canary():
                key = Key(cluster, seen.namespace, seen.name)
                first = key not in self.states
                self._apply(key, seen, seen_at, listed)
                for known in self._known_of(cluster, seen) if first else ():
                    self._apply(key, known, seen_at, listed)
            case Event():
                self._apply(Key(cluster, seen.namespace, seen.canary), seen, seen_at, listed)
            case Route():
                self.routes[cluster, seen.kind, seen.namespace, seen.name] = seen
                self._apply_to_all(cluster, seen, seen_at, listed)
            case Workload():
                self.workloads[cluster, seen.namespace, seen.name] = seen
                self._apply_to_all(cluster, seen, seen_at, listed)
            case Deleted():
                self.routes.pop((cluster, seen.kind, seen.namespace, seen.name), None)
                if seen.kind in changes.WORKLOADS:
                    self.workloads.pop((cluster, seen.namespace, seen.name), None)
                if seen.kind is Kind.CANARY:
                    self._apply(Key(cluster, seen.namespace, seen.name), seen, seen_at, listed)
                else:
                    self._apply_to_all(cluster, seen, seen_at, listed)

    def _apply_to_all(self, cluster: str, seen: Route | Workload | Deleted, seen_at: datetime, listed: bool) -> None:
        """Recordings hold few rollouts; each of them judges whether the object is its own."""
        for key in [key for key in self.states if key.cluster == cluster]:
            self._apply(key, seen, seen_at, listed)

    def _known_of(self, cluster: str, canary: Canary) -> Iterator[Route | Workload]:
        routing = live.routing_of(canary)
        if routing is not None and (cluster, *routing) in self.routes:
            yield self.routes[(cluster, *routing)]
        for name in (canary.target_name + PRIMARY, canary.target_name):
            workload = self.workloads.get((cluster, canary.namespace, name))
            if workload is not None:
                yield workload

    def _apply(self, key: Key, seen: Observation, seen_at: datetime, listed: bool) -> None:
        step = changes.observe(self.states.get(key), seen, seen_at=seen_at, listed=listed)
        if step is None:
            return
        self.states[key] = step.state
        timeline = self.timelines.setdefault(key, Timeline())
        timeline.releases |= {release.number: release for release in step.releases}
        timeline.transitions |= {one.number: one for one in (*step.transitions, *step.explained)}


def story(replay: Replay) -> dict[str, Any]:
    """The documented JSON form: releases in the order in which they were first seen."""
    found = [
        (key, timeline, release) for key, timeline in replay.timelines.items() for release in timeline.releases.values()
    ]
    found.sort(key=lambda one: _first_seen(one[1], one[2]))
    return {"releases": [_release(key, release, timeline.of(release.number)) for key, timeline, release in found]}


def _first_seen(timeline: Timeline, release: Release) -> datetime:
    return min((one.seen_at for one in timeline.of(release.number)), default=release.started_at)


def _release(key: Key, release: Release, transitions: list[Transition]) -> dict[str, Any]:
    return {
        "cluster": key.cluster,
        "namespace": key.namespace,
        "name": key.name,
        "strategy": release.strategy.value,
        "trigger": release.trigger.value,
        "outcome": release.outcome.value,
        "analysis": release.analysis.value,
        "started_at": seconds(release.started_at),
        "start_approximate": release.start_approximate,
        "ended_at": None if release.ended_at is None else seconds(release.ended_at),
        "from": _images(release.from_images),
        "to": _images(release.to_images),
        "transitions": [_transition(one) for one in transitions],
    }


def _transition(made: Transition) -> dict[str, Any]:
    return {
        "at": seconds(made.at),
        "seen_at": milliseconds(made.seen_at),
        "phase": made.phase.value,
        "iterations": made.iterations,
        "failed_checks": made.failed_checks,
        "weight": made.weight,
        "live_side": made.live_side.value,
        "live_source": made.live_source.value,
        "suspended": made.suspended,
        "why": made.why,
    }


def _images(images: Images | None) -> list[str] | None:
    return None if images is None else list(images)


def seconds(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def milliseconds(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
