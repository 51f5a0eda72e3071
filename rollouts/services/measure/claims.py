"""Which clusters have checks to be read, and who reads them: one worker a cluster, so that a cluster that answers
slowly never takes more than one.

Both the cluster and its releases are claimed by a conditional UPDATE. The end of the claim is its token: whoever was
frozen for longer finds it gone, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from rollouts.models import Cluster, ClusterState, Release

BUDGET = timedelta(seconds=20)
"""After this time no further question is asked."""
CLAIM = BUDGET + timedelta(seconds=25)
"""Leaves time for the last question and for writing what was read."""
MOST_WAITING = 10_000
MOST_RELEASES = 200
"""Of one pass; the others have their turn right after it."""


@dataclass(frozen=True, slots=True)
class Claim:
    cluster: int
    releases: tuple[int, ...]
    until: datetime


def due(*, now: datetime) -> dict[int, list[int]]:
    """By cluster, the releases with something to read; only of clusters that nobody is reading at the moment. Those
    that wait longest come first.
    """
    waiting: dict[int, list[int]] = {}
    for release, cluster in _due(now).values_list("pk", "rollout__cluster"):
        waiting.setdefault(cluster, []).append(release)
    return {cluster: releases[:MOST_RELEASES] for cluster, releases in waiting.items()}


def claim(*, cluster: int, releases: Sequence[int], now: datetime) -> Claim | None:
    """None when another worker reads this cluster, or has just read these releases, and when the cluster is not to be
    read any more: a pass may have waited long enough for the observer to find that the way leads to another cluster.
    """
    mine = Claim(cluster, tuple(releases), now + CLAIM)
    if not _free(now).filter(pk=cluster).update(measuring_until=mine.until):
        return None
    due = Release.objects.filter(pk__in=releases, measure_at__lte=now, curves_kept_at=None)
    if not due.update(measure_at=mine.until):
        finish(mine, now=now)
        return None
    return mine


def claimed(claim: Claim) -> QuerySet[Release]:
    """Its releases that are not done yet."""
    return Release.objects.filter(pk__in=claim.releases, measure_at=claim.until, curves_kept_at=None)


def finish(claim: Claim, *, now: datetime) -> None:
    """What was not done is due again at once."""
    claimed(claim).update(measure_at=now)
    Cluster.objects.filter(pk=claim.cluster, measuring_until=claim.until).update(measuring_until=None)


def _due(now: datetime) -> QuerySet[Release]:
    """The limit makes SQLite read the index of what waits first, and not the history of the fleet. What nobody may read
    now takes no place in it, however long it has been due.
    """
    waiting = Release.objects.filter(measure_at__lte=now, curves_kept_at=None, rollout__cluster__in=_free(now))
    first = waiting.order_by("measure_at").values("pk")[:MOST_WAITING]
    return Release.objects.filter(pk__in=first).order_by("measure_at", "pk")


def _free(now: datetime) -> QuerySet[Cluster]:
    """Those that nobody is reading, and that are still the clusters they were: observation stops where one is not."""
    nobody = Q(measuring_until=None) | Q(measuring_until__lte=now)
    return Cluster.objects.filter(nobody, observed=True).exclude(state=ClusterState.STOPPED)
