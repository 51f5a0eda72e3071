"""Looks after open commands: sees them come about, gives up those whose time is over, finds those the broker lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain import memory
from rollouts.domain.commands import Act, Binding, Followed, follow
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Command, CommandState
from rollouts.models.commands import OPEN
from rollouts.services.act.asking import TASK
from rollouts.services.act.policies import followed_policy, not_seen_in
from rollouts.services.act.record import Record, move

LOST_AFTER = timedelta(seconds=3)
AT_ONCE = 500


@dataclass(slots=True)
class Settled:
    """Numbers of commands."""

    ended: int = 0
    asked_for_again: int = 0


def settle(*, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record) -> Settled:
    """One pass over what is open; costs one query when nothing is."""
    settled = Settled()
    for command in (
        Command.objects.filter(state__in=OPEN).select_related("rollout", "application").order_by("id")[:AT_ONCE]
    ):
        if command.state == CommandState.ACCEPTED:
            settled.ended += _followed(command, now, feed, record)
        elif command.claimed_until is not None and command.claimed_until >= now:
            continue
        elif command.expires_at <= now:
            sentence = command.sentence or "Nobody came to carry it out in time."
            settled.ended += move(
                command, to=CommandState.EXPIRED, sentence=sentence, now=now, record=record, feed=feed
            )
        elif command.claimed_until is not None or command.claim or command.requested_at + LOST_AFTER <= now:
            enqueue(TASK, {"command": command.pk})
            settled.asked_for_again += 1
    return settled


def _followed(command: Command, now: datetime, feed: ChangeFeed, record: Record) -> bool:
    found = _found(command, now)
    if found is not None:
        state = CommandState.OBSERVED if found.observed else CommandState.FAILED
        return move(command, to=state, sentence=found.sentence, now=now, record=record, feed=feed)
    if command.expires_at > now:
        return False
    where = not_seen_in(command, now) if command.rollout is None else ""
    sentence = f"The cluster accepted it, but what it was for was not seen in time.{where}"
    return move(command, to=CommandState.EXPIRED, sentence=sentence, now=now, record=record, feed=feed)


def _found(command: Command, now: datetime) -> Followed | None:
    if command.rollout is None:
        return followed_policy(command, now)
    binding = Binding(command.uid, command.release, command.applied, command.configs)
    return follow(Act(command.act), binding, memory.load(command.rollout.state))
