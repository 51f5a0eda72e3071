"""Looks after open commands: sees them come about, gives up those whose time is over, finds those the broker lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain import memory
from rollouts.domain.commands import Act, Binding, Followed, awaited, follow
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.domain.rollout import Outcome, RolloutState
from rollouts.models import Command, CommandState, Reversal, ReversalState
from rollouts.models.commands import OPEN
from rollouts.services import looks
from rollouts.services.act.asking import TASK
from rollouts.services.act.policies import followed_policy, not_seen_in
from rollouts.services.act.record import Record, move, tell

LOST_AFTER = timedelta(seconds=3)
AT_ONCE = 500
UNTIL_OBSERVED = timedelta(seconds=30)


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
        to = CommandState.OBSERVED if found.observed else CommandState.FAILED
        return move(command, to=to, sentence=found.sentence, now=now, record=record, feed=feed)
    if command.expires_at > now:
        _tell_so_far(command, now, feed)
        return False
    where = not_seen_in(command, now) if command.rollout is None else ""
    sentence = f"The cluster accepted it, but what it was for was not seen in time.{where}"
    return move(command, to=CommandState.EXPIRED, sentence=sentence, now=now, record=record, feed=feed)


def _found(command: Command, now: datetime) -> Followed | None:
    if command.rollout is None:
        return followed_policy(command, now)
    state, reversal = memory.load(command.rollout.state), _reversal(command)
    binding = Binding(command.uid, command.release, command.applied, command.configs)
    found = follow(Act(command.act), binding, state, _blue_before(reversal), command.choice)
    return found or _put_back_first(reversal, state, now)


def _tell_so_far(command: Command, now: datetime, feed: ChangeFeed) -> None:
    if command.rollout is None:
        return
    sentence = awaited(Act(command.act), memory.load(command.rollout.state), _blue_before(_reversal(command)))
    if sentence:
        looks.look(rollout=command.rollout, now=now)  # so that its pods are read as if somebody did
        _say(command, sentence, now, feed)


def _blue_before(reversal: Reversal | None) -> str:
    return reversal.blue_before if reversal is not None else ""


def _reversal(command: Command) -> Reversal | None:
    if Act(command.act) is not Act.PROMOTE_NOW:
        return None
    return Reversal.objects.filter(command=command).first()


def _put_back_first(reversal: Reversal | None, state: RolloutState, now: datetime) -> Followed | None:
    """The release goes on with its checks. What ended the reversal may take a moment to be observed."""
    if reversal is None or reversal.state == ReversalState.OPEN or reversal.ended_at is None:
        return None
    running = state.release is not None and state.release.outcome is Outcome.RUNNING
    if not running or reversal.ended_at + UNTIL_OBSERVED > now:
        return None
    return Followed(False, f"It was not promoted in time. {reversal.sentence}")


def _say(command: Command, sentence: str, now: datetime, feed: ChangeFeed) -> None:
    if command.sentence == sentence:
        return
    held = Command.objects.filter(pk=command.pk, state=command.state, claim=command.claim)
    if held.update(sentence=sentence):
        tell(command, now, feed)
