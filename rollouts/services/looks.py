"""Remembers that somebody looks at a rollout: its workloads are then followed closely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from rollouts.models import Rollout

REMEMBER_EVERY = timedelta(seconds=30)


def look(*, rollout: Rollout, now: datetime) -> bool:
    """Writes at most every half minute, however many look, and asks nothing of the database where the row as it was
    read says so already. Says whether it wrote.
    """
    oldest = now - REMEMBER_EVERY
    if rollout.looked_at is not None and rollout.looked_at >= oldest:
        return False
    unremembered = Q(looked_at__isnull=True) | Q(looked_at__lt=oldest)
    return bool(Rollout.objects.filter(unremembered, pk=rollout.pk).update(looked_at=now))


def look_at(*, rollouts: Iterable[Rollout], now: datetime) -> None:
    """At several at once, with one statement at most."""
    oldest = now - REMEMBER_EVERY
    stale = [one.pk for one in rollouts if one.looked_at is None or one.looked_at < oldest]
    if stale:
        Rollout.objects.filter(pk__in=stale).update(looked_at=now)
