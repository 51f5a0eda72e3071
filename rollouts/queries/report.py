"""All that is kept of one release. Nothing of it is looked up elsewhere, so it stays when clusters and their Prometheus
have forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rollouts import access
from rollouts.domain import memory, summaries
from rollouts.domain.observations import Canary
from rollouts.domain.outcomes import sentence, why_ended
from rollouts.domain.ownership import Owner, owner_of
from rollouts.domain.rollout import LiveSide, Outcome
from rollouts.domain.steps import StepLine
from rollouts.domain.summaries import Summary, Value
from rollouts.models import Application, Command, Measurement, Release, Rollout, Transition
from rollouts.queries import commands
from rollouts.queries.charted import Charted, of_release
from rollouts.queries.clusters import ClusterMark, mark_of
from rollouts.queries.lines import as_release, as_transitions, governing, line_of
from rollouts.queries.measured import MeasuredCheck
from rollouts.queries.rollout import ReleaseRow, release_row
from rollouts.queries.timeline import MOST_TRANSITIONS, TransitionRow, newest, timeline

TRANSITIONS = 1000
FILE_ROWS = 20_000
"""Of a table that is taken away as a file, the newest: some megabytes."""
NEIGHBOURS = 10
"""Releases before and after, to go to and to compare with."""
ON_GREEN = frozenset({LiveSide.GREEN.value, LiveSide.SPLIT.value})


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`summary` is of the measurements, which are values at the moments of decision, not of the curves."""

    measured: MeasuredCheck
    summary: Summary
    removed: bool
    """The measurements were removed for their age; the summary is what was kept of them."""

    @property
    def name(self) -> str:
        return self.measured.name


@dataclass(frozen=True, slots=True)
class Exposure:
    """A time with users on green. `side`: green or split; `end` is None while it lasts, or where that was not seen.
    `unsure`: the live side became unknown before, so that it may have been over earlier.
    """

    side: str
    begin: datetime
    end: datetime | None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    release: Release
    row: ReleaseRow
    rollout: Rollout
    cluster: ClusterMark
    application: Application | None
    policy: Canary | None
    """The Canary that governed it; None when that was not kept."""
    owner: Owner | None
    sentence: str
    reason: str
    """Of a failure, as Flagger said it; empty when nobody knows."""
    line: StepLine
    written: tuple[Transition, ...]
    """In the order in which they were seen; of a very long release the newest ones, see `transitions_left_out`."""
    transitions: tuple[TransitionRow, ...]
    """The same, one row for each tick."""
    transitions_left_out: bool
    exposures: tuple[Exposure, ...]
    charted: Charted
    checks: tuple[CheckReport, ...]
    measurements_left_out: int
    commands: tuple[Command, ...]
    """What people asked for while it was the newest release, in their order."""
    neighbours: tuple[ReleaseRow, ...]
    """The newest first, this one among them."""

    @property
    def running(self) -> bool:
        return self.release.outcome == Outcome.RUNNING

    @property
    def gaps(self) -> int:
        return sum(1 for one in self.written if one.gap)


def find(person: access.Person, id: int) -> Release | None:
    """With its rollout, cluster and application; the rollout's memory is read only where it is needed."""
    found = access.visible_releases(person).select_related("rollout__cluster", "rollout__application")
    return found.defer("rollout__state", "rollout__search").filter(pk=id).first()


def report(release: Release, now: datetime) -> Report:
    """Of a release that `find` gave."""
    rollout = release.rollout
    cluster = mark_of(rollout.cluster, now)
    found = newest(rollout.transitions.filter(release=release.number), TRANSITIONS + 1)
    written = tuple(found[-TRANSITIONS:])
    policy = governing(release)
    seen = as_transitions(written)
    drawn = of_release(rollout, release, now, lambda _: found[-MOST_TRANSITIONS:])
    reason = (why_ended(seen) or release.why) if release.outcome == Outcome.FAILED else ""
    return Report(
        release=release,
        row=release_row(release),
        rollout=rollout,
        cluster=cluster,
        application=rollout.application,
        policy=policy,
        owner=owner_of(policy) if policy else None,
        sentence=sentence(as_release(release), policy, seen, told=release.why),
        reason=reason,
        line=_line(release, written, cluster, now),
        written=written,
        transitions=tuple(reversed(timeline(written))),
        transitions_left_out=len(found) > TRANSITIONS,
        exposures=exposures(written),
        charted=drawn,
        checks=tuple(_check(one, release.summaries) for one in drawn.checks),
        measurements_left_out=_left_out(release, drawn.checks),
        commands=commands.of_release(release),
        neighbours=_neighbours(release),
    )


def _line(release: Release, written: Sequence[Transition], cluster: ClusterMark, now: datetime) -> StepLine:
    running = release.ended_at is None and release.number == release.rollout.release_number
    present = memory.load(release.rollout.state) if running and release.rollout.state else None
    return line_of(release, written, now, present=present, old=cluster.old is not None)


def _check(measured: MeasuredCheck, kept: Mapping[str, Any]) -> CheckReport:
    if not measured.measurements and measured.name in kept:
        return CheckReport(measured, summaries.load(kept[measured.name]), removed=True)
    values = (Value(one.green, one.blue, one.verdict, one.agrees) for one in measured.measurements)
    return CheckReport(measured, summaries.summary(measured.check, values), removed=False)


def _left_out(release: Release, measured: Iterable[MeasuredCheck]) -> int:
    shown = sum(len(one.measurements) for one in measured)
    return Measurement.objects.filter(release=release).count() - shown


def _neighbours(release: Release) -> tuple[ReleaseRow, ...]:
    near = (release.number - NEIGHBOURS, release.number + NEIGHBOURS)
    found = Release.objects.filter(rollout=release.rollout_id, number__range=near).defer("canary")
    return tuple(release_row(one) for one in found.order_by("-number")[: 2 * NEIGHBOURS + 1])


def measurements_of(release: Release) -> list[Measurement]:
    """For a file: far more than a page shows, in order of time."""
    return list(reversed(release.measurements.order_by("-at", "-check_name")[:FILE_ROWS]))


def transitions_of(release: Release) -> list[Transition]:
    """For a file, in the order in which they were seen."""
    found = release.rollout.transitions.filter(release=release.number)
    return newest(found, FILE_ROWS)


def exposures(written: Iterable[Transition]) -> tuple[Exposure, ...]:
    """Where the live side is not known users are not said to have left green."""
    found: list[Exposure] = []
    for one in written:
        last = found[-1] if found and found[-1].end is None else None
        if last is not None and one.live_side == LiveSide.UNKNOWN.value:
            found[-1] = replace(last, unsure=True)
            continue
        if last is not None and last.side == one.live_side:
            found[-1] = replace(last, unsure=False)
            continue
        if last is not None:
            found[-1] = replace(last, end=one.at)
        if one.live_side in ON_GREEN:
            found.append(Exposure(one.live_side, one.at, None))
    return tuple(found)
