"""The page of the fleet: counters, what needs a person, and one page of rollouts or applications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, QuerySet

from rollouts import access
from rollouts.models import Rank, Rollout
from rollouts.queries import rows as row_queries
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import FleetFilter, Part, Present, Sort, in_order, narrow, part_in_order, stuck
from rollouts.queries.rows import RolloutRow

PAGE_SIZE = 50
CHOICES_KEPT = 15.0
"""Seconds for which the values offered to filter by are reused: they change rarely and cost a pass over everything."""


@dataclass(frozen=True, slots=True)
class Counters:
    needs: int
    running: int
    quiet: int

    @property
    def total(self) -> int:
        return self.needs + self.running + self.quiet

    def of(self, part: Part | None) -> int:
        return {Part.NEEDS: self.needs, Part.RUNNING: self.running, Part.QUIET: self.quiet, None: self.total}[part]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by, each sorted."""

    namespaces: tuple[str, ...]
    phases: tuple[str, ...]
    strategies: tuple[str, ...]
    providers: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paging:
    page: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE_SIZE, self.total)


def selected(person: access.Person, chosen: FleetFilter, clusters: Mapping[int, ClusterMark]) -> QuerySet[Rollout]:
    return narrow(access.visible_rollouts(person), chosen, tuple(clusters.values()))


def counters(selection: QuerySet[Rollout], present: Present) -> Counters:
    """Counted by the stored rank, in the order of an index, and by how many of each are stuck by now."""
    ranks = selection.order_by().values("rank").annotate(number=Count("id"), late=Count("id", filter=stuck(present)))
    found = {rank: (number, late) for rank, number, late in ranks.values_list("rank", "number", "late")}
    needing, _ = found.get(Rank.NEEDS_A_PERSON, (0, 0))
    running, late = found.get(Rank.RUNNING, (0, 0))
    quiet, _ = found.get(Rank.QUIET, (0, 0))
    return Counters(needing + late, running - late, quiet)


def paging(page: int, total: int) -> Paging:
    """The page asked for, or the last one when there are fewer by now."""
    pages = max(1, -(-total // PAGE_SIZE))
    return Paging(max(1, min(page, pages)), pages, total)


def listed(chosen: FleetFilter, counters: Counters) -> tuple[Part | None, bool]:
    """Which part the table shows (None: all of them), and whether it leaves out what the cards above it show."""
    if chosen.part is not None:
        return chosen.part, False
    beside = chosen.sort is Sort.NEED and counters.needs > 0 and counters.running + counters.quiet > 0
    return None, beside


def rollout_rows(
    selection: QuerySet[Rollout],
    chosen: FleetFilter,
    counters: Counters,
    paging: Paging,
    skipped: int,
    clusters: Mapping[int, ClusterMark],
    present: Present,
) -> list[RolloutRow]:
    """One page, after the first `skipped` of the order."""
    start = skipped + (paging.page - 1) * PAGE_SIZE
    if chosen.sort is Sort.NEED:
        ids = _by_need(selection, chosen.part, counters, start, present)
    else:
        ids = _slice(in_order(selection, chosen, present), start, PAGE_SIZE)
    return row_queries.by_ids(ids, selection, clusters, present.now)


def _by_need(
    selection: QuerySet[Rollout], part: Part | None, counters: Counters, start: int, present: Present
) -> list[int]:
    """Only the parts that the page reaches into are put in order."""
    ids: list[int] = []
    for one in Part if part is None else (part,):
        if start < counters.of(one) and len(ids) < PAGE_SIZE:
            ids += _slice(part_in_order(selection, one, present), start, PAGE_SIZE - len(ids))
        start = max(0, start - counters.of(one))
    return ids


def _slice(ordered: QuerySet[Rollout], start: int, size: int) -> list[int]:
    return list(ordered.values_list("id", flat=True)[start : start + size])


def choices(person: access.Person) -> Choices:
    key = f"fleet-choices-{access.scope(person)}"
    found: Choices | None = cache.get(key)
    if found is None:
        found = _choices(access.visible_rollouts(person).filter(deleted_at__isnull=True))
        if found.namespaces:  # of a fleet that has just been added everything is new
            cache.set(key, found, CHOICES_KEPT)
    return found


def _choices(rollouts: QuerySet[Rollout]) -> Choices:
    columns = ("namespace", "phase", "strategy", "provider", "owner_kind")
    values: list[set[str]] = [set() for _ in columns]
    for combination in rollouts.order_by().values_list(*columns).distinct():
        for known, value in zip(values, combination, strict=True):
            known.add(value)
    return Choices(*(tuple(sorted(known)) for known in values))
