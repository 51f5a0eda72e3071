"""One application in all its clusters, side by side: what each runs, its last release as a lane on one time axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from django.db.models import F

from rollouts import access
from rollouts.domain.phases import RUNNING
from rollouts.models import Application, Release, Transition
from rollouts.queries import rows as row_queries
from rollouts.queries.clusters import marks
from rollouts.queries.rows import RolloutRow
from rollouts.queries.timeline import of_newest_releases

MOST_LANES = 200
SHORTEST_AXIS = timedelta(minutes=2)


class Stretch(NamedTuple):
    """Some time in one phase and with the users on one side."""

    begin: datetime
    end: datetime
    phase: str
    live_side: str


@dataclass(frozen=True, slots=True)
class Lane:
    rollout: RolloutRow
    stretches: tuple[Stretch, ...]
    failures: tuple[datetime, ...]
    """When a check failed."""
    running: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class Axis:
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ApplicationDetail:
    application: Application
    lanes: tuple[Lane, ...]
    axis: Axis | None
    """None when no lane has a release to show."""
    version: int


def find(person: access.Person, id: int) -> Application | None:
    return access.visible_applications(person).filter(pk=id).first()


def governed_since(person: access.Person, one: Application) -> Application | None:
    """Where the rollouts are of an Application whose policies had none: its row for its first workload."""
    if one.workload or one.hub_id is None:
        return None
    same = access.visible_applications(person).filter(hub=one.hub_id, namespace=one.namespace, name=one.name)
    return same.filter(deleted_at=None).exclude(workload="").order_by("pk").first()


def version_of(person: access.Person, one: Application) -> int:
    """Changes with every rollout of the application."""
    return sum(access.visible_rollouts(person).filter(application=one).values_list("version", flat=True))


def detail(person: access.Person, id: int, now: datetime) -> ApplicationDetail | None:
    application = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    if application is None:
        return None
    clusters = {mark.id: mark for mark in marks(person, now)}
    selection = access.visible_rollouts(person).filter(application=application, deleted_at__isnull=True)
    rows = row_queries.rows(selection.order_by("cluster__name", "namespace", "name")[:MOST_LANES], clusters, now)
    releases = _last_releases(rows)
    histories = of_newest_releases([row.id for row in rows])
    lanes = tuple(_lane(row, releases.get(row.id), histories.get(row.id, []), now) for row in rows)
    version = sum(selection.values_list("version", flat=True))
    return ApplicationDetail(application, lanes, _axis(lanes, now), version)


def _last_releases(rows: Iterable[RolloutRow]) -> dict[int, Release]:
    found = Release.objects.filter(rollout__in=[row.id for row in rows], number=F("rollout__release_number"))
    return {release.rollout_id: release for release in found}


def _lane(row: RolloutRow, release: Release | None, history: Sequence[Transition], now: datetime) -> Lane:
    """A lane in an unreachable cluster ends where our knowledge does."""
    spans = stretches(history, row.cluster.old or now)
    failed = tuple(one.at for one in failing(history))
    return Lane(row, spans, failed, row.in_run, release.outcome if release else "")


def stretches(history: Sequence[Transition], last: datetime) -> tuple[Stretch, ...]:
    """`last` is the moment up to which is known what has happened."""
    found: list[Stretch] = []
    for here, after in zip_longest(history, history[1:]):
        end = after.at if after else (here.at if here.phase not in RUNNING else max(last, here.at))
        previous = found[-1] if found else None
        if previous and (previous.phase, previous.live_side) == (here.phase, here.live_side):
            found[-1] = Stretch(previous.begin, end, here.phase, here.live_side)
        else:
            found.append(Stretch(here.at, end, here.phase, here.live_side))
    return tuple(found)


def failing(history: Iterable[Transition]) -> list[Transition]:
    """Those at which a check failed."""
    found = []
    before = 0
    for here in history:
        if here.failed_checks > before:
            found.append(here)
        before = here.failed_checks
    return found


def _axis(lanes: Iterable[Lane], now: datetime) -> Axis | None:
    """From the first to the last of what is running, else of what ran last: one old release must not squeeze the
    others.
    """
    drawn = [lane for lane in lanes if lane.stretches]
    if not drawn:
        return None
    newest = [lane for lane in drawn if lane.running] or drawn
    begin = min(lane.stretches[0].begin for lane in newest)
    end = now if any(lane.running for lane in newest) else max(lane.stretches[-1].end for lane in newest)
    return Axis(begin, max(end, begin + SHORTEST_AXIS))
