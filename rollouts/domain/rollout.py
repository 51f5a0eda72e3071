"""What is remembered of one rollout, and what one more observation adds to it.

`RolloutState` is the whole memory of the fold in `changes.py`: stored as it is beside the rollout, so that any process
can go on where another one stopped. A `Step` is what an observation brought: the new state and what is to be written
to the timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollouts.domain.observations import Canary, Event, Phase, Route, Strategy, Workload
from rollouts.domain.pods import Pods

Images = tuple[str, ...]


class LiveSide(StrEnum):
    BLUE = "blue"
    GREEN = "green"
    SPLIT = "split"
    UNKNOWN = "unknown"


class LiveSource(StrEnum):
    ROUTING = "routing"
    STATUS = "status"


class Trigger(StrEnum):
    IMAGE = "image"
    TEMPLATE = "template"
    CONFIG = "config"
    NONE = "none"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    DELETED = "deleted"


class Analysis(StrEnum):
    """How the analysis of a release went: `running` also stays when the release ended before any verdict."""

    RUNNING = "running"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Live:
    """Which side has the users. `weight` is green's share in percent, None when unknown."""

    side: LiveSide
    source: LiveSource
    weight: int | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One observed change. `number` counts within the rollout from 1; `release` is the release's number, None between
    releases.

    `at` is the controller's own time (whole seconds) when the write carried one, else the arrival; `seen_at` is the
    arrival. `gap`: found by comparing a list with what was known, so writes before it were not seen.
    """

    number: int
    release: int | None
    at: datetime
    seen_at: datetime
    phase: Phase
    iterations: int
    failed_checks: int
    weight: int | None
    live_side: LiveSide
    live_source: LiveSource
    suspended: bool
    why: str | None = None
    gap: bool = False
    changes: tuple[str, ...] = ()
    """What differs from the one before, in the words of `transitions.FACTS`. Not kept with the timeline."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run had applied to green: what the next run is compared with to say what triggered it."""

    template: str = ""
    """Digest of green's pod template; empty while unknown."""
    images: Images | None = None
    spec: str = ""
    """`lastAppliedSpec` at that time."""
    configs: Mapping[str, str] = field(default_factory=dict)
    certain: bool = False
    """Read during a run. Otherwise it is what green looked like when first seen idle, perhaps changed already."""
    promoted: bool = False
    """First seen after a success, so that blue's images are what was applied."""


@dataclass(frozen=True, slots=True)
class Release:
    """One run of a new version. `number` counts within the rollout from 1. Images are None while unknown."""

    number: int
    strategy: Strategy
    started_at: datetime
    start_approximate: bool = False
    ended_at: datetime | None = None
    trigger: Trigger = Trigger.UNKNOWN
    outcome: Outcome = Outcome.RUNNING
    analysis: Analysis = Analysis.RUNNING
    from_images: Images | None = None
    to_images: Images | None = None
    applied: str = ""
    """`lastAppliedSpec` of the run; empty while it waits for approval to start."""
    raised_by_hand: bool = False
    """`failedChecks` was raised by somebody other than Flagger during the run."""
    green_read: bool = False
    """Green's workload was read since the run began: `to_images` and `trigger` are settled."""
    blue_read: bool = False
    """Blue's workload was read since the run began and before it was promoted: `from_images` is settled."""


@dataclass(frozen=True, slots=True)
class RolloutState:
    canary: Canary
    route: Route | None = None
    blue: Workload | None = None
    green: Workload | None = None
    blue_pods: Pods | None = None
    green_pods: Pods | None = None
    """The pods of a side that was not ready when they were read; None once it is ready."""
    applied_template: str = ""
    """Template digest of green at the last start of a run (or when first seen idle): what a new trigger is compared
    with.
    """
    applied_images: Images | None = None
    applied_spec: str = ""
    applied_configs: Mapping[str, str] = field(default_factory=dict)
    applied_certain: bool = False
    applied_promoted: bool = False
    """The last four as in `Applied`."""
    before: Applied | None = None
    """What was applied before the running release; None when that is not known."""
    live: Live = field(default_factory=lambda: Live(LiveSide.UNKNOWN, LiveSource.STATUS, None))
    release: Release | None = None
    """The running release, else the last one."""
    releases: int = 0
    transitions: int = 0
    changed_at: datetime | None = None
    """Of the last transition (`at`)."""
    unexplained: tuple[Transition, ...] = ()
    """The newest few transitions whose reason is still to come."""
    loose_events: tuple[Event, ...] = ()
    """The newest few Events whose transition is still to come."""
    heard: tuple[str, ...] = ()
    """Identities of the newest Events that were taken account of: delivered again, they change nothing."""
    obstacle: str = ""
    """What Flagger last complained about without changing the status (green not ready, …), as one sentence."""
    obstacle_at: datetime | None = None
    route_lost: bool = False
    """The routing object stopped telling the live side, so its return is a change."""
    deleted_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.release is not None and self.release.outcome is Outcome.RUNNING


@dataclass(frozen=True, slots=True)
class Step:
    """What one observation brought. `releases` are new or changed (by number); `explained` are transitions given their
    `why` afterwards.

    `visible`: something a page shows has changed (a Failed rollout's status written anew at every tick changes nothing
    visible).
    """

    state: RolloutState
    transitions: tuple[Transition, ...] = ()
    releases: tuple[Release, ...] = ()
    explained: tuple[Transition, ...] = ()
    visible: bool = False
