"""Everything that the rules look at, and what several of them ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from rollouts.domain.causes.cause import Evidence
from rollouts.domain.checks import Verdict
from rollouts.domain.kurator import Trouble
from rollouts.domain.observations import Canary, Check, Event, Workload
from rollouts.domain.phases import ANALYSING
from rollouts.domain.pods import Pods
from rollouts.domain.progress import interval_of, present_obstacle
from rollouts.domain.reasons import Explains, reason_of
from rollouts.domain.rollout import RolloutState

ONE_TICK = timedelta(seconds=2)
"""What one tick writes and says is at most so far apart."""
EVENT_HOLDS = 2.5
"""Intervals after which what an Event says is not true any more, unless it is said again."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The newest measurement of one check. Values in the check's unit; `note` says why there is none."""

    check: str
    at: datetime
    green: float | None
    blue: float | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the cluster. `unseen_since`: what is shown of it may not be true any more since then."""

    name: str = ""
    unseen_since: datetime | None = None
    unseen_why: str = ""
    flagger_version: str = ""
    flagger_ready: bool | None = None
    """None: nobody knows."""
    provider: str = ""
    """Flagger's own default, for Canaries that name none."""
    probed_at: datetime | None = None
    """When the facts about Flagger were read."""


@dataclass(frozen=True, slots=True)
class Kurator:
    """The Application that keeps the Canary. `unreachable`: other clusters of it that cannot be reached from here."""

    application: str
    troubles: tuple[Trouble, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The last failed check of the running release, or why the last one failed, as Flagger said it; empty when it has
    not said so.
    """

    why: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    state: RolloutState
    now: datetime
    events: tuple[Event, ...] = ()
    """The newest first."""
    measured: tuple[Measured, ...] = ()
    cluster: Surroundings = field(default_factory=Surroundings)
    kurator: Kurator | None = None
    failure: Failure | None = None
    workloads_at: datetime | None = None
    """When the two sides were last read."""
    suspended_at: datetime | None = None
    """When it was seen to be suspended; None when that was before anybody looked."""

    @property
    def canary(self) -> Canary:
        return self.state.canary

    @property
    def seen(self) -> bool:
        """Whether what is shown is as it is now: only then does the clock tell anything."""
        return self.cluster.unseen_since is None

    @property
    def analysing(self) -> bool:
        return self.canary.phase in ANALYSING

    @property
    def obstacle(self) -> str:
        return present_obstacle(self.state, self.now)

    @property
    def provider(self) -> str:
        return (self.canary.provider or self.cluster.provider).partition(":")[0]

    def check(self, name: str) -> Check | None:
        return next((check for check in self.canary.checks if check.name == name), None)

    def latest(self, check: str) -> Measured | None:
        return next((one for one in self.measured if one.check == check), None)

    def said(self, *about: Explains) -> Iterator[Event]:
        """Flagger's Events about these things that still hold, the newest first."""
        oldest = self.now - EVENT_HOLDS * interval_of(self.canary)
        for event in self.events:
            if event.last_at is not None and event.last_at >= oldest and reason_of(event).explains in about:
                yield event

    def quote(self, text: str) -> Event | None:
        """The newest Event that says this."""
        return next((event for event in self.events if reason_of(event).text == text), None)

    def workload_read(self, after: datetime | None) -> bool:
        """Whether the sides were read after this moment: an older look says nothing about what came later."""
        return self.workloads_at is not None and (after is None or self.workloads_at > after)

    @property
    def of_canary(self) -> str:
        return f"Canary {self.canary.namespace}/{self.canary.name}"

    def status(self, name: str, value: object, at: datetime | None = None) -> Evidence:
        return Evidence(self.of_canary, f"status.{name}", str(value), at or self.canary.last_transition_at)

    def spec(self, name: str, value: object) -> Evidence:
        return Evidence(self.of_canary, f"spec.{name}", str(value))


def of_event(event: Event) -> Evidence:
    times = f" ({event.count} times)" if event.count > 1 else ""
    return Evidence(
        f"Event about {event.namespace}/{event.canary}", "message", f"{event.message}{times}", event.last_at
    )


def of_workload(workload: Workload, at: datetime | None) -> Evidence:
    object = f"{workload.kind} {workload.namespace}/{workload.name}"
    return Evidence(object, "ready pods", f"{workload.ready} of {workload.wanted}", at)


def of_pods(pods: Pods) -> Evidence:
    said = pods.note or f"{len(pods.unready)} of {pods.number} not ready"
    return Evidence(f"Pods of {pods.namespace}/{pods.name}", "list", said, pods.read_at)


def plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


class Told(Protocol):
    """A transition, as rules and rows have it."""

    @property
    def at(self) -> datetime: ...
    @property
    def failed_checks(self) -> int: ...
    @property
    def why(self) -> str | None: ...


def last_failure(told: Iterable[Told]) -> Failure | None:
    """The last transition of a release at which a check failed; its reason may be still to come. Given in order."""
    found, before = None, 0
    for one in told:
        if one.failed_checks > before:
            found = Failure(one.why or "", one.at)
        before = one.failed_checks
    return found
