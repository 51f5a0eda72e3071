"""Looks after open commands: sees them come about, gives up those whose time is over, finds those the broker lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from rollouts.domain.commands import OF_EDITORS
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Command, CommandState
from rollouts.models.commands import OPEN
from rollouts.services import looks
from rollouts.services.act.asking import TASK
from rollouts.services.act.coming import coming
from rollouts.services.act.drafts import look_at_all
from rollouts.services.act.record import Record, move, tell

LOST_AFTER = timedelta(seconds=3)
AT_ONCE = 500
BROKEN = (
    "The cluster accepted it, but whether what it was for came about could not be told: looking after it failed within"
    " this program, whose log tells how."
)
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Settled:
    """Numbers of commands."""

    ended: int = 0
    asked_for_again: int = 0


def settle(*, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record) -> Settled:
    """One pass over what is open; costs one query when nothing is."""
    settled, open_now = Settled(), Command.objects.filter(state__in=OPEN)
    if not open_now.exists():  # as nearly always: the query for whole commands costs ten times as much
        return settled
    for command in open_now.select_related("rollout", "application").order_by("id")[:AT_ONCE]:
        try:
            _settle(command, settled, now, feed, enqueue, record)
        except Exception:  # one that cannot be looked after must not hold up the others
            log.exception("a command could not be looked after", command=command.pk)
    return settled


def _settle(
    command: Command, settled: Settled, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record
) -> None:
    if command.state == CommandState.ACCEPTED:
        settled.ended += _followed_or_given_up(command, now, feed, record)
        if command.act in OF_EDITORS and command.state == CommandState.ACCEPTED:
            look_at_all(command=command, enqueue=enqueue, now=now)
    elif command.claimed_until is not None and command.claimed_until >= now:
        return
    elif command.expires_at <= now:
        sentence = command.sentence or "Nobody came to carry it out in time."
        settled.ended += move(command, to=CommandState.EXPIRED, sentence=sentence, now=now, record=record, feed=feed)
    elif command.claimed_until is not None or command.claim or command.requested_at + LOST_AFTER <= now:
        enqueue(TASK, {"command": command.pk})
        settled.asked_for_again += 1


def _followed_or_given_up(command: Command, now: datetime, feed: ChangeFeed, record: Record) -> bool:
    """Its time is over also where how far it has come cannot be told."""
    try:
        return _followed(command, now, feed, record)
    except Exception:
        if command.expires_at > now:
            raise
        log.exception("a command could not be followed to its end", command=command.pk)
        return move(command, to=CommandState.EXPIRED, sentence=BROKEN, now=now, record=record, feed=feed)


def _followed(command: Command, now: datetime, feed: ChangeFeed, record: Record) -> bool:
    seen = coming(command, now)
    if seen.followed is not None:
        to = CommandState.OBSERVED if seen.followed.observed else CommandState.FAILED
        return move(command, to=to, sentence=seen.followed.sentence, now=now, record=record, feed=feed)
    if command.expires_at > now:
        for rollout in seen.look_at:
            looks.look(rollout=rollout, now=now)  # so that its pods are read as if somebody did
        _say(command, seen.so_far, now, feed)
        return False
    where = f" Not seen in {', '.join(seen.lacking)}." if seen.lacking else ""
    why = f" {seen.at_the_end}" if seen.at_the_end else ""
    sentence = f"The cluster accepted it, but what it was for was not seen in time.{where}{why}"
    return move(command, to=CommandState.EXPIRED, sentence=sentence, now=now, record=record, feed=feed)


def _say(command: Command, sentence: str, now: datetime, feed: ChangeFeed) -> None:
    if not sentence or command.sentence == sentence:
        return
    held = Command.objects.filter(pk=command.pk, state=command.state, claim=command.claim)
    if held.update(sentence=sentence):
        tell(command, now, feed)
