"""What the charts of a rollout show: the checks of one release, or of a range of time (`ranged`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain import memory
from rollouts.models import Release, Rollout, Transition
from rollouts.queries import measured
from rollouts.queries.clusters import mark_of
from rollouts.queries.measured import MeasuredCheck
from rollouts.queries.timeline import MOST_TRANSITIONS, Read, changes_of, reading

LEAST_ROOM, MOST_ROOM = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Span:
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Charted:
    rollout: Rollout
    release: Release | None
    """The one that was asked for; its policy's limits are drawn. None before the first one."""
    checks: tuple[MeasuredCheck, ...]
    has_checks: bool
    """False when the policy that governed the release is known and names no check."""
    transitions: tuple[Transition, ...]
    """Of all releases that are shown, in the order in which they happened."""
    span: Span
    of_release: Span
    """From the release's beginning to its end, or to now."""
    seen_to: datetime
    """Up to when is known what the release did."""
    range: Ranged | None = None
    """Of a range of time that somebody asked for; None for what belongs to the release."""


@dataclass(frozen=True, slots=True)
class Ranged:
    """`releases` ran in the range, or only the newest of them if there are `more_releases`. The source was asked at
    `read_at` for a value every `step` seconds; None before that. `error`: why it could not be asked at all.
    """

    releases: int
    more_releases: bool
    read_at: datetime | None = None
    step: int = 0
    error: str = ""


def version_of(rollout: Rollout, release: Release | None) -> str:
    """Changes whenever a transition or a measurement is added."""
    if release is None:
        return f"{rollout.version}"
    moments = (release.measure_at, release.measured_at, release.curves_kept_at, release.ended_at)
    return ".".join([str(rollout.version), *(f"{at.timestamp():.3f}" if at else "" for at in moments)])


def release_of(rollout: Rollout, number: int | None) -> Release | None:
    """The newest when no number is given."""
    found = rollout.releases.all() if number is None else rollout.releases.filter(number=number)
    return found.order_by("-number").first()


def of_release(rollout: Rollout, release: Release, now: datetime, read: Read | None = None) -> Charted:
    """What belongs to the release, with some room around it. `read` is for who reads its transitions too."""
    read = read or reading(rollout)
    own = span_of(release, now)
    canary = memory.load_canary(release.canary) if release.canary else None
    return Charted(
        rollout=rollout,
        release=release,
        checks=measured.of_release(release),
        has_checks=canary is None or bool(canary.checks),
        transitions=tuple(_drawn(rollout, release, read)),
        span=with_room(own),
        of_release=own,
        seen_to=seen_to(rollout, release, now),
    )


def _drawn(rollout: Rollout, release: Release, read: Read) -> list[Transition]:
    """What was read for others too, unless a gate that was closed for long leaves nothing else in it."""
    found = read(release.number)
    return found if len(found) < MOST_TRANSITIONS else changes_of(rollout, [release.number])


def span_of(release: Release, now: datetime) -> Span:
    """From its beginning to its end, or to now."""
    return Span(release.started_at, release.ended_at or max(now, release.started_at))


def seen_to(rollout: Rollout, release: Release, now: datetime) -> datetime:
    """Its end; while it runs now, or the moment since when its cluster cannot be seen."""
    return release.ended_at or max(mark_of(rollout.cluster, now).old or now, release.started_at)


def with_room(own: Span) -> Span:
    """What is drawn of a release: some time before and after it, too."""
    room = min(max((own.end - own.begin) * 0.1, LEAST_ROOM), MOST_ROOM)
    return Span(own.begin - room, own.end + room)
