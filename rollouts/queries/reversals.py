"""What was turned on for a while and is to be turned off again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from zlib import crc32

from django.db.models import Q, QuerySet

from rollouts.models import Application, Reversal, ReversalState, Rollout


def open_of(one: Rollout) -> tuple[Reversal, ...]:
    """Of commands whose patch has, as far as is known, reached the cluster; the oldest first."""
    of_its_policy = Q(rollout=None, command__application=one.application_id, command__policy=one.owner_name)
    mine = Q(rollout=one) | of_its_policy if one.application_id else Q(rollout=one)
    return _turned_on(Reversal.objects.filter(mine))


def of_policies(application: Application, policies: Iterable[str]) -> tuple[Reversal, ...]:
    """What is on in these policies themselves, as `open_of` a rollout."""
    return _turned_on(
        Reversal.objects.filter(rollout=None, command__application=application, command__policy__in=list(policies))
    )


def _turned_on(found: QuerySet[Reversal]) -> tuple[Reversal, ...]:
    rows = found.filter(state=ReversalState.OPEN).select_related("command").order_by("id")
    return tuple(row for row in rows if row.seen_at is not None or row.command.accepted_at is not None)


class Paused(Protocol):
    """What is read of a rollout."""

    id: int
    application_id: int | None
    owner_name: str


def reminders(rollouts: Iterable[Paused], now: datetime) -> dict[int, Reversal]:
    """Pauses whose time is over while nobody has resumed, by rollout: its own ones, and those of its policy."""
    rollouts = list(rollouts)
    theirs = Q(rollout__in=[one.id for one in rollouts])
    of_policies = Q(rollout=None, command__application__in={one.application_id for one in rollouts})
    found = Reversal.objects.filter(
        theirs | of_policies, state=ReversalState.OPEN, by_itself=False, until__lte=now, seen_at__isnull=False
    )
    rows = list(found.select_related("command").order_by("id"))
    own = {one.rollout_id: one for one in rows if one.rollout_id is not None}
    shared = {(one.command.application_id, one.command.policy): one for one in rows if one.rollout_id is None}
    return {
        one.id: over
        for one in rollouts
        if (over := own.get(one.id) or shared.get((one.application_id, one.owner_name))) is not None
    }


def left_on(clusters: Iterable[str]) -> list[str]:
    """What is not put back yet in these clusters, and in the policies of those that are hubs, in some words each."""
    names = list(clusters)
    of_policies = Q(rollout=None, command__application__hub__name__in=names)
    found = Reversal.objects.filter(Q(rollout__cluster__name__in=names) | of_policies, state=ReversalState.OPEN)
    rows = found.select_related("command__rollout__cluster", "command__application__hub").order_by("id")
    return [f"{one.switch} of {_subject(one)} in {one.command.place.name}" for one in rows]


def _subject(row: Reversal) -> str:
    application = row.command.application
    if application is None:
        return f"{row.command.of_rollout.namespace}/{row.command.of_rollout.name}"
    return f"policy {row.command.policy} of {application.namespace}/{application.name}"


def is_overdue(row: Reversal, now: datetime) -> bool:
    return row.until <= now or row.attempts > 0


def version_of(rows: Iterable[Reversal]) -> str:
    """Changes with all that is shown of them, and is the same in every process."""
    said = [(one.pk, one.sentence, one.attempts, one.seen_at is None) for one in rows]
    return f"{crc32(repr(said).encode()):x}"
