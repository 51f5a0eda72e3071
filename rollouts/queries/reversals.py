"""What was turned on for a while and is to be turned off again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zlib import crc32

from django.db.models import Q, QuerySet

from rollouts.domain import memory
from rollouts.domain.commands.governed import called_now, is_kept_by
from rollouts.domain.kurator import Policy
from rollouts.models import Application, Reversal, ReversalState, Rollout


@dataclass(frozen=True, slots=True)
class TurnedOn:
    """`policy`: the one that it is on in, by its name of today; empty where it is on in a rollout alone."""

    row: Reversal
    policy: str = ""


def open_of(one: Rollout) -> tuple[TurnedOn, ...]:
    """Of commands whose patch has, as far as is known, reached the cluster; the oldest first."""
    of_policies = Q(rollout=None, command__application=one.application_id)
    rows = _turned_on(Reversal.objects.filter(Q(rollout=one) | of_policies if one.application_id else Q(rollout=one)))
    return tuple(_named(row) for row in rows if row.rollout_id is not None or _concerns(row, one.owner_name))


def of_policies(application: Application) -> tuple[TurnedOn, ...]:
    """What is on in its policies themselves, as `open_of` a rollout."""
    return tuple(map(_named, _turned_on(Reversal.objects.filter(rollout=None, command__application=application))))


def _turned_on(found: QuerySet[Reversal]) -> tuple[Reversal, ...]:
    rows = found.filter(state=ReversalState.OPEN).select_related("command__application").order_by("id")
    return tuple(row for row in rows if row.seen_at is not None or row.command.accepted_at is not None)


def _named(row: Reversal) -> TurnedOn:
    command = row.command
    return TurnedOn(row, called_now(command.bound, command.policy, _policies(row)) if row.rollout_id is None else "")


def _concerns(row: Reversal, owner: str) -> bool:
    """A rollout that names this policy as its keeper; `row` is of a policy."""
    return is_kept_by(owner, row.command.bound, row.command.policy, _policies(row))


def _policies(row: Reversal) -> list[Policy]:
    application = row.command.application
    return [memory.load_policy(one) for one in application.policies] if application is not None else []


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
    rows = list(found.select_related("command__application").order_by("id"))
    own = {one.rollout_id: one for one in rows if one.rollout_id is not None}
    shared = [one for one in rows if one.rollout_id is None]
    return {one.id: over for one in rollouts if (over := own.get(one.id) or _shared(one, shared)) is not None}


def _shared(one: Paused, rows: Iterable[Reversal]) -> Reversal | None:
    its = (row for row in rows if row.command.application_id == one.application_id and _concerns(row, one.owner_name))
    return next(its, None)


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


def version_of(found: Iterable[TurnedOn]) -> str:
    """Changes with all that is shown of them, and is the same in every process."""
    said = [(one.row.pk, one.policy, one.row.sentence, one.row.attempts, one.row.seen_at is None) for one in found]
    return f"{crc32(repr(said).encode()):x}"
