"""Counts releases by cluster and day, so that the history of a fleet need not read them, and outlives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from rollouts.domain.totals import Totals, day_of, load
from rollouts.models import DayOfReleases, Release


class Counted(NamedTuple):
    """What of a release is counted."""

    cluster: int
    outcome: str
    started_at: datetime
    ended_at: datetime | None


def known(releases: Iterable[Release]) -> list[Counted]:
    """As those of them are stored that are stored yet; they are known by rollout and number."""
    wanted = {(one.rollout_id, one.number) for one in releases}
    rows = Release.objects.filter(
        rollout_id__in={rollout for rollout, _ in wanted}, number__in={number for _, number in wanted}
    ).values_list("rollout_id", "number", "rollout__cluster_id", "outcome", "started_at", "ended_at")
    return [
        Counted(cluster, outcome, started_at, ended_at)
        for rollout, number, cluster, outcome, started_at, ended_at in rows
        if (rollout, number) in wanted
    ]


def count(*, before: Iterable[Counted], after: Iterable[Counted]) -> None:
    """Counts `after` in place of `before`, what is not the same in both. To be called in the transaction that writes
    the releases, by who holds the leases of their clusters: nobody else writes the same rows.
    """
    changes: dict[tuple[int, date], Totals] = defaultdict(Totals)
    for releases, number in ((before, -1), (after, 1)):
        for one in releases:
            changes[one.cluster, day_of(one.started_at)].count(one.outcome, one.started_at, one.ended_at, number)
    if changed := {key: totals for key, totals in changes.items() if totals.outcomes or totals.lasted}:
        _write(changed)


def _write(changes: dict[tuple[int, date], Totals]) -> None:
    stored = DayOfReleases.objects.filter(
        cluster_id__in={cluster for cluster, _ in changes}, day__in={day for _, day in changes}
    )
    for row in stored:
        if (change := changes.get((row.cluster_id, row.day))) is not None:
            change.include(load(row.outcomes, row.lasted))
    DayOfReleases.objects.bulk_create(
        [
            DayOfReleases(cluster_id=cluster, day=day, outcomes=totals.outcomes, lasted=totals.lasted)
            for (cluster, day), totals in sorted(changes.items(), key=lambda item: item[0])
        ],
        update_conflicts=True,
        unique_fields=("cluster", "day"),
        update_fields=("outcomes", "lasted"),
    )
