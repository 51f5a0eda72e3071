"""Asking for a check: people by a button, beat once a day. Many who ask get one check."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q

from rollouts.domain.ports import Enqueue
from rollouts.models import Cluster, Readiness

TASK = "rollouts.tasks.check_readiness"
AT_MOST_EVERY = timedelta(seconds=30)
EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(minutes=15)
"""A check that was asked for and that nobody got to."""
AT_ONCE = 10
"""Clusters that beat asks for at a time, so that a fleet's checks are spread."""


def request(*, cluster: int, enqueue: Enqueue, now: datetime) -> bool:
    """Whether a worker was asked: not where somebody asked just before."""
    _, first = Readiness.objects.get_or_create(cluster_id=cluster, defaults={"requested_at": now})
    longer_ago = Readiness.objects.filter(cluster=cluster, requested_at__lte=now - AT_MOST_EVERY)
    if not first and not longer_ago.update(requested_at=now):
        return False
    enqueue(TASK, {"cluster": cluster})
    return True


def due(*, now: datetime) -> list[int]:
    """Clusters that are observed and were not tried for a day, the ones that never were first."""
    never = Q(readiness=None)
    old = Q(readiness__tried_at=None) | Q(readiness__tried_at__lte=now - EVERY)
    unasked = Q(readiness__requested_at__lte=now - AGAIN_AFTER)
    found = Cluster.objects.filter(never | (old & unasked), observed=True, left_at=None)
    return list(
        found.order_by(F("readiness__requested_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:AT_ONCE]
    )
