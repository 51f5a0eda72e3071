"""How releases went, by UTC day: outcomes, and how long they took to succeed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from rollouts import access
from rollouts.domain.rollout import Outcome
from rollouts.domain.totals import Totals, add, day_of, load
from rollouts.models import Application, Release, Rollout

MOST_RELEASES = 100_000
"""That are read one by one, the newest."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """`first` and `last` are both within. Empty or None means any."""

    first: date
    last: date
    rollout: int | None = None
    application: int | None = None
    cluster: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def whole_clusters(self) -> bool:
        """Nothing narrower, so that what was counted by cluster tells all of it."""
        return self.rollout is None and self.application is None


@dataclass(frozen=True, slots=True)
class Day:
    """`typical` and `slow`: seconds to success of half and of nine out of ten releases; None when none succeeded."""

    day: date
    outcomes: dict[str, int]
    typical: int | None
    slow: int | None

    @property
    def ended(self) -> int:
        """Those with a verdict: neither superseded, nor deleted, nor still running."""
        return self.outcomes.get(Outcome.SUCCEEDED, 0) + self.outcomes.get(Outcome.FAILED, 0)

    @property
    def share_failed(self) -> float | None:
        """In percent of those with a verdict."""
        return 100 * self.outcomes.get(Outcome.FAILED, 0) / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class History:
    days: tuple[Day, ...]
    whole: Day
    """All days together."""
    truncated: bool
    """There were more releases than are counted: the oldest are missing."""
    in_part: bool = False
    """The person does not see all clusters."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the history is of, for people; each None when it is not narrowed to one."""

    rollout: Rollout | None
    application: Application | None


def scope(person: access.Person, chosen: Chosen) -> Scope | None:
    """None when the rollout or the application is not there for this person."""
    rollout = application = None
    if chosen.rollout is not None:
        rollout = access.visible_rollouts(person).select_related("cluster").filter(pk=chosen.rollout).first()
    if chosen.application is not None:
        application = access.visible_applications(person).filter(pk=chosen.application).first()
    missing = (chosen.rollout is not None and rollout is None) or (chosen.application and application is None)
    return None if missing else Scope(rollout, application)


def history(person: access.Person, chosen: Chosen) -> History:
    if chosen.whole_clusters and access.sees_whole_clusters(person):
        by_day, truncated = _counted(person, chosen), False
    else:
        by_day, truncated = _read(person, chosen)
    everything = Totals()
    for totals in by_day.values():
        everything.include(totals)
    days = [chosen.first + timedelta(days=number) for number in range(chosen.days)]
    return History(
        days=tuple(_day(day, by_day.get(day, Totals())) for day in days),
        whole=_day(chosen.first, everything),
        truncated=truncated,
        in_part=not access.sees_everything(person),
    )


def _counted(person: access.Person, chosen: Chosen) -> dict[date, Totals]:
    """From what was counted when the releases were written."""
    found = access.visible_days(person).filter(day__range=(chosen.first, chosen.last))
    if chosen.cluster:
        found = found.filter(cluster__name=chosen.cluster)
    by_day: dict[date, tuple[dict[str, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
    for day, *numbers in found.values_list("day", "outcomes", "lasted").iterator():
        for together, of_cluster in zip(by_day[day], numbers, strict=True):
            add(together, of_cluster)
    return {day: load(*together) for day, together in by_day.items()}


def _read(person: access.Person, chosen: Chosen) -> tuple[dict[date, Totals], bool]:
    """From the releases themselves, which of a few rollouts are not many; and whether there are more than are read."""
    newest = _releases(person, chosen).order_by("-started_at")[: MOST_RELEASES + 1]
    found = list(newest.values_list("outcome", "started_at", "ended_at"))
    by_day: dict[date, Totals] = defaultdict(Totals)
    for outcome, started_at, ended_at in found[:MOST_RELEASES]:
        by_day[day_of(started_at)].count(outcome, started_at, ended_at)
    return by_day, len(found) > MOST_RELEASES


def _releases(person: access.Person, chosen: Chosen) -> QuerySet[Release]:
    begin = datetime.combine(chosen.first, time(), UTC)
    end = datetime.combine(chosen.last + timedelta(days=1), time(), UTC)
    rollouts = access.visible_rollouts(person)
    if chosen.rollout is not None:
        rollouts = rollouts.filter(pk=chosen.rollout)
    if chosen.application is not None:
        rollouts = rollouts.filter(application=chosen.application)
    if chosen.cluster:
        rollouts = rollouts.filter(cluster__in=access.visible_clusters(person).filter(name=chosen.cluster))
    return Release.objects.filter(rollout__in=rollouts, started_at__gte=begin, started_at__lt=end)


def _day(day: date, totals: Totals) -> Day:
    return Day(day, totals.outcomes, totals.within(0.5), totals.within(0.9))
