"""Turns off again what a command has turned on for a while: tried until it is done, however long a cluster is away.

It is done for the safety of the rollout and asks nobody's leave: a person who has lost the right to act since must not
leave an analysis switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F

from rollouts.domain import memory
from rollouts.domain.commands import Switch
from rollouts.domain.commands.reversal import left_alone, over_words
from rollouts.domain.commands.switches import turned
from rollouts.domain.errors import ClusterError, Conflict, NotFound
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ports import ChangeFeed, ClusterConnection
from rollouts.models import Cluster, Reversal, ReversalState
from rollouts.services import clusters
from rollouts.services.act.record import tell
from rollouts.services.act.reversing import RecordReversal, end, may_still_come, why_due

CLAIM = timedelta(seconds=30)
ATTEMPTS = 5
"""Of reading and writing, as long as somebody else keeps changing the object."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)

Connect = Callable[[Cluster], ClusterConnection]


def put_back(
    *, reversal: int, connect: Connect, record: RecordReversal, feed: ChangeFeed, now: Callable[[], datetime]
) -> None:
    """Safe to repeat and to run twice at once."""
    row = _claimed(reversal, now())
    if row is None or not why_due(row, memory.load(row.rollout.state), now()):
        return
    try:
        _put_back(row, connect, record, now)
    except ClusterError as error:
        _again(row, str(error), now())
    tell(row.command, now(), feed)


def _claimed(pk: int, now: datetime) -> Reversal | None:
    waiting = Reversal.objects.filter(pk=pk, state=ReversalState.OPEN, next_at__lte=now)
    if not waiting.update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    return Reversal.objects.select_related(
        "command__rollout__cluster", "rollout__cluster__hub", "rollout__application"
    ).get(pk=pk)


def _put_back(row: Reversal, connect: Connect, record: RecordReversal, now: Callable[[], datetime]) -> None:
    connection = connect(row.rollout.cluster)
    try:
        clusters.identify(cluster=row.rollout.cluster, uid=connection.uid())
        state, sentence = _turned_off(row, connection, now)
    finally:
        connection.close()
    if state is ReversalState.OPEN:
        _again(row, sentence, now(), failed=False)
    else:
        end(row, state, sentence, now(), record)


def _turned_off(row: Reversal, connection: ClusterConnection, now: Callable[[], datetime]) -> tuple[ReversalState, str]:
    """How it ends, and the sentence; open when it is not yet known."""
    switch = Switch(row.switch)
    for attempt in range(1, ATTEMPTS + 1):
        canary = _canary(row, connection)
        if canary is None:
            return ReversalState.LEFT, "The Canary was deleted, so there is nothing to put back."
        if why := left_alone(switch, canary):
            return _found_off(row, switch, canary, why, now())
        if not row.by_itself:
            return ReversalState.OPEN, ""
        _about_to_send(row, now())
        try:
            connection.patch(turned(switch, canary, on=False))
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return ReversalState.DONE, over_words(switch)


def _canary(row: Reversal, connection: ClusterConnection) -> Canary | None:
    try:
        seen = connection.get(Kind.CANARY, row.rollout.namespace, row.rollout.name)
    except NotFound:
        return None
    if not isinstance(seen, Canary):
        raise ClusterError("The Canary cannot be understood, so it is not known how its switch stands.")
    return seen if seen.uid == row.command.uid else None


def _found_off(row: Reversal, switch: Switch, canary: Canary, why: str, now: datetime) -> tuple[ReversalState, str]:
    if turned(switch, canary, on=False).done:
        if row.sent_at is not None:
            return ReversalState.DONE, over_words(switch)
        if may_still_come(row, now):
            return ReversalState.OPEN, ""
        if row.command.accepted_at is None:
            return ReversalState.LEFT, "It was never turned on."
    return ReversalState.LEFT, why


def _about_to_send(row: Reversal, now: datetime) -> None:
    row.sent_at = now
    Reversal.objects.filter(pk=row.pk, claim=row.claim).update(sent_at=now)


def _again(row: Reversal, sentence: str, now: datetime, *, failed: bool = True) -> None:
    attempts = row.attempts + 1 if failed else row.attempts
    wait = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT) if failed else LONGEST_WAIT / 2
    row.sentence, row.attempts, row.next_at = sentence, attempts, now + wait
    held = Reversal.objects.filter(pk=row.pk, state=ReversalState.OPEN, claim=row.claim)
    held.update(sentence=row.sentence, attempts=row.attempts, next_at=row.next_at)
