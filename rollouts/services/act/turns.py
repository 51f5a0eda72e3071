"""Goes on with batches: the next command when its turn has come, the stop after a failure, the end.

Each step is a conditional update of one row, so it is of no consequence who takes it, how often, and where a process
that took one was killed: the next pass sees how far it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction

from rollouts.domain.commands import OF_EDITORS
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Batch, Command, CommandState
from rollouts.models.commands import OPEN
from rollouts.services.act.asking import TASK, TRIED_FOR
from rollouts.services.act.batching import UNDER_WAY, RecordBatch, cancel_rest, stop, tell_batch
from rollouts.services.act.record import Record, move, tell

AT_ONCE = 200
FAILED = frozenset({CommandState.REFUSED, CommandState.FAILED, CommandState.EXPIRED})
AFTER_A_FAILURE = "Stopped, since it did not come about in one cluster."
AFTER_A_POLICY = "Stopped, since it did not come about for one policy."
log = structlog.get_logger(__name__)


def go_on(*, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record, record_batch: RecordBatch) -> None:
    """One pass over what has not ended; costs one query when everything has."""
    for batch in Batch.objects.filter(ended_at=None).order_by("id")[:AT_ONCE]:
        try:
            _step(batch, now, feed, enqueue, record, record_batch)
        except Exception:  # one that cannot go on must not hold up the others
            log.exception("a batch could not go on", batch=batch.pk)


def next_at(batch: Batch, commands: Sequence[Command]) -> datetime | None:
    """When the next turn comes; None while something is under way, or nothing waits."""
    waits = any(one.state == CommandState.WAITING for one in commands)
    if not waits or batch.stopped_at is not None or any(one.state in OPEN for one in commands):
        return None
    ends = [one.ended_at for one in commands if one.ended_at is not None and one.state != CommandState.CANCELLED]
    return max(ends, default=batch.requested_at) + timedelta(seconds=batch.pause if ends else 0)


def _step(
    batch: Batch, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record, record_batch: RecordBatch
) -> None:
    commands = list(batch.commands.select_related("rollout__cluster", "rollout__application").order_by("id"))
    waiting = [one for one in commands if one.state == CommandState.WAITING]
    if batch.stopped_at is not None:
        cancel_rest(batch=batch, now=now, record=record, feed=feed)  # whoever stopped it may have been killed meanwhile
    elif waiting and not batch.goes_on and any(_failed(one, batch) for one in commands):
        sentence = AFTER_A_POLICY if batch.act in OF_EDITORS else AFTER_A_FAILURE
        stop(batch=batch, sentence=sentence, now=now, record=record, record_batch=record_batch, feed=feed)
        return
    due = next_at(batch, commands)
    if not waiting and not any(one.state in OPEN for one in commands):
        _end(batch, now, feed, record_batch)
    elif due is not None and due <= now:
        _take_turn(batch, waiting[0], now, feed, enqueue, record)


def _failed(one: Command, batch: Batch) -> bool:
    """Not what was refused at the click already: it had no turn, and the person asked for the others without it."""
    at_the_click = not one.claim and one.ended_at == batch.requested_at
    return one.state in FAILED and not at_the_click


def _take_turn(
    batch: Batch, command: Command, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record
) -> None:
    times = {"requested_at": now, "expires_at": now + TRIED_FOR}
    try:
        with transaction.atomic():
            # Writes nothing new: it keeps the batch from being stopped until this is committed.
            if not Batch.objects.filter(pk=batch.pk, stopped_at=None).update(stopped_at=None):
                return
            taken = move(command, to=CommandState.REQUESTED, sentence="", now=now, record=record, feed=feed, **times)
    except IntegrityError:
        # Somebody asked for the same of this rollout alone.
        move(command, to=CommandState.REFUSED, sentence=UNDER_WAY, now=now, record=record, feed=feed)
        return
    if taken:
        enqueue(TASK, {"command": command.pk})
        tell(command, now, feed)


def _end(batch: Batch, now: datetime, feed: ChangeFeed, record_batch: RecordBatch) -> None:
    with transaction.atomic():
        if not Batch.objects.filter(pk=batch.pk, ended_at=None).update(ended_at=now):
            return
        batch.ended_at = now
        if batch.stopped_at is None:
            record_batch(batch)
    tell_batch(batch, now, feed)
