"""The page of one rollout: its two sides, the release that is shown, and what happened in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rollouts import access
from rollouts.domain.attention import Need, attention
from rollouts.domain.causes import Cause
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.progress import Progress, progress
from rollouts.domain.rollout import RolloutState
from rollouts.domain.steps import StepLine
from rollouts.models import Application, EventSeen, Release, Rollout, Transition
from rollouts.queries import kept_by, removals, why
from rollouts.queries.clusters import ClusterMark, mark_of
from rollouts.queries.failures import why_failed
from rollouts.queries.lines import governing, line_of
from rollouts.queries.rows import RolloutRow, row
from rollouts.queries.timeline import Read, TransitionRow, reading, timeline
from rollouts.queries.versions import Version, released

RELEASES, EVENTS = 20, 40


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    id: int
    number: int
    trigger: str
    outcome: str
    analysis: str
    started_at: datetime
    start_approximate: bool
    ended_at: datetime | None
    before: Version | None
    after: Version | None

    @property
    def seconds(self) -> float | None:
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class RolloutDetail:
    row: RolloutRow
    version: int
    state: RolloutState | None
    """None for a Canary that could not be read even once."""
    progress: Progress | None
    need: Need | None
    line: StepLine
    application: Application | None
    owner_kind: str
    owner_name: str
    why_failed: str
    """Of the last release; empty when it did not fail or nobody knows."""
    unreadable: str
    deleted_at: datetime | None
    workloads_at: datetime | None
    release: ReleaseRow | None
    """The release that is shown; None when there was none yet."""
    governing: Canary | None
    """What governed the release that is shown; without a release, the Canary as it is."""
    is_newest: bool
    releases: tuple[ReleaseRow, ...]
    more_releases: bool
    transitions: tuple[TransitionRow, ...]
    """Of the release that is shown, the newest first; without one, those outside of releases."""
    events: tuple[EventSeen, ...]
    causes: tuple[Cause, ...]
    """Why it is where it is, the most specific first. Empty beside an older release."""

    @property
    def cluster(self) -> ClusterMark:
        return self.row.cluster


def version_of(person: access.Person, id: int) -> int | None:
    """Of the whole page; None when there is no such rollout that this person may see."""
    return access.visible_rollouts(person).filter(pk=id).values_list("version", flat=True).first()


def find(person: access.Person, id: int) -> Rollout | None:
    """With its cluster and application."""
    found = access.visible_rollouts(person).select_related("cluster", "application").filter(pk=id)
    return removals.told_with(found).first()


def detail(
    person: access.Person, one: Rollout, now: datetime, number: int | None = None, read: Read | None = None
) -> RolloutDetail | None:
    """Of a rollout that `find` gave. `number` chooses a release; else the newest is shown. None when there is no such
    release. `read` is for who reads its transitions too.
    """
    found = list(one.releases.order_by("-number")[: RELEASES + 1])
    last = next(iter(found), None)
    shown = last if number is None else _numbered(one, found, number)
    if number is not None and shown is None:
        return None
    cluster, state = mark_of(one.cluster, now), kept_by.known(one) if one.state else None
    is_newest = last is None or shown is None or shown.number == last.number
    written = (read or reading(one))(shown.number if shown else None)
    events = tuple(one.events.order_by("-last_at")[:EVENTS])
    failed = why_failed([one]).get(one.pk, "") if one.phase == Phase.FAILED else ""
    known = why.Known(one, state, cluster, last, written, events, failed) if state and is_newest else None
    return RolloutDetail(
        row=row(one, cluster, now),
        version=one.version,
        state=state,
        progress=_progress(state, cluster, now) if state else None,
        need=attention(state, None if cluster.old else now) if state else None,
        line=_line(shown, written, now, state if is_newest else None, cluster),
        application=one.application,
        owner_kind=one.owner_kind,
        owner_name=one.owner_name,
        why_failed=failed,
        unreadable=one.unreadable,
        deleted_at=one.deleted_at,
        workloads_at=one.workloads_at,
        release=release_row(shown) if shown else None,
        governing=(governing(shown) if shown else None) or (state.canary if state else None),
        is_newest=is_newest,
        releases=tuple(release_row(release) for release in found[:RELEASES]),
        more_releases=len(found) > RELEASES,
        transitions=timeline(written),
        events=events,
        causes=why.of_rollout(person, known, now) if known else (),
    )


def _numbered(one: Rollout, found: list[Release], number: int) -> Release | None:
    known = next((release for release in found if release.number == number), None)
    return known or one.releases.filter(number=number).first()


def _progress(state: RolloutState, cluster: ClusterMark, now: datetime) -> Progress:
    """Where the data is old there are no estimates: nobody knows what has happened since."""
    found = progress(state, now)
    return replace(found, next_at=None, users_move_at=None, ends_at=None) if cluster.old else found


def release_row(release: Release) -> ReleaseRow:
    before, after = released(release.from_images or (), release.to_images or (), release.trigger)
    return ReleaseRow(
        release.pk,
        release.number,
        release.trigger,
        release.outcome,
        release.analysis,
        release.started_at,
        release.start_approximate,
        release.ended_at,
        before,
        after,
    )


def _line(
    shown: Release | None, written: list[Transition], now: datetime, present: RolloutState | None, cluster: ClusterMark
) -> StepLine:
    if shown is None:
        return StepLine()
    return line_of(shown, written, now, present=present, old=cluster.old is not None)
