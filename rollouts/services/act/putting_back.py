"""Turns off again what a command has turned on for a while: tried until it is done, however long a cluster is away.

It is done for the safety of the rollout and asks nobody's leave: a person who has lost the right to act since must not
leave an analysis switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from rollouts.domain import kurator, memory
from rollouts.domain.commands import Patch, Switch, flux_hold
from rollouts.domain.commands.governed import is_on_in, turned_off
from rollouts.domain.commands.patches import kind_of
from rollouts.domain.commands.reversal import left_alone, off_words, over_words
from rollouts.domain.commands.switches import OF_THE_CANARY, is_on, turned_back
from rollouts.domain.errors import ClusterError, Conflict, NotFound
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ownership import DISABLED, RECONCILE
from rollouts.domain.ports import ChangeFeed, ClusterConnection
from rollouts.models import Cluster, Reversal, ReversalState, Rollout
from rollouts.queries import policies
from rollouts.services import clusters
from rollouts.services.act.record import tell
from rollouts.services.act.reversing import NEEDED, RecordReversal, end, may_still_come, standing, why_due

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
    if row is None or not why_due(row, standing(row, now()), now()):
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
    return Reversal.objects.select_related(*NEEDED).get(pk=pk)


def _put_back(row: Reversal, connect: Connect, record: RecordReversal, now: Callable[[], datetime]) -> None:
    place = row.command.place
    connection = connect(place)
    try:
        clusters.identify(cluster=place, uid=connection.uid())
        state, sentence = _turned_off(row, connection, now)
    finally:
        connection.close()
    if state is ReversalState.OPEN:
        _again(row, sentence, now(), failed=False)
    else:
        end(row, state, sentence, now(), record)


def _turned_off(row: Reversal, connection: ClusterConnection, now: Callable[[], datetime]) -> tuple[ReversalState, str]:
    """How it ends, and the sentence; open when it is not yet known."""
    for attempt in range(1, ATTEMPTS + 1):
        found = _found(row, connection)
        if found is None:
            return ReversalState.LEFT, "It was deleted, so there is nothing to put back."
        if found.left_alone:
            return _left(row, found, now())
        if not row.by_itself:
            return ReversalState.OPEN, ""
        _about_to_send(row, now())
        try:
            connection.patch(found.off)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            break
    return ReversalState.DONE, over_words(Switch(row.switch))


@dataclass(frozen=True, slots=True)
class Found:
    """As it was read just now. `left_alone`: why it is not ours to turn off; `off` is the patch that does."""

    on: bool
    left_alone: str
    off: Patch


def _found(row: Reversal, connection: ClusterConnection) -> Found | None:
    """None when it is not there any more."""
    try:
        return _of_policy(row, connection) if row.rollout is None else _of_rollout(row, row.rollout, connection)
    except NotFound:
        return None


def _of_rollout(row: Reversal, rollout: Rollout, connection: ClusterConnection) -> Found | None:
    switch, choice = Switch(row.switch), row.command.choice
    if switch not in OF_THE_CANARY:
        return _of_target(rollout, connection)
    seen = connection.get(Kind.CANARY, rollout.namespace, rollout.name)
    if not isinstance(seen, Canary):
        raise ClusterError("The Canary cannot be understood, so it is not known how its switch stands.")
    if seen.uid != row.command.uid:
        return None
    return Found(is_on(switch, seen, choice), left_alone(switch, seen, choice), turned_back(switch, seen, choice))


def _of_target(rollout: Rollout, connection: ClusterConnection) -> Found:
    canary = memory.load(rollout.state).canary
    found = connection.raw(kind_of(canary), canary.namespace, canary.target_name)
    on = ((found.get("metadata") or {}).get("annotations") or {}).get(RECONCILE) == DISABLED
    return Found(on, "" if on else off_words(Switch.RECONCILE), flux_hold.off(canary))


def _of_policy(row: Reversal, connection: ClusterConnection) -> Found | None:
    switch, application = Switch(row.switch), row.command.application
    if application is None:
        return None
    seen = connection.get(Kind.APPLICATION, application.namespace, application.name)
    if not isinstance(seen, kurator.Application):
        raise ClusterError("The Application cannot be understood, so it is not known how its switch stands.")
    governed = policies.meant_in(seen, row.command)
    if governed is None or seen.uid != row.command.uid:
        return None
    on = is_on_in(switch, governed.policy)
    return Found(on, "" if on else off_words(switch), turned_off(switch, governed))


def _left(row: Reversal, found: Found, now: datetime) -> tuple[ReversalState, str]:
    if not found.on:
        if row.sent_at is not None:
            return ReversalState.DONE, over_words(Switch(row.switch))
        if may_still_come(row, now):
            return ReversalState.OPEN, ""
        if row.command.accepted_at is None:
            return ReversalState.LEFT, "It was never turned on."
    return ReversalState.LEFT, found.left_alone


def _about_to_send(row: Reversal, now: datetime) -> None:
    row.sent_at = now
    Reversal.objects.filter(pk=row.pk, claim=row.claim).update(sent_at=now)


def _again(row: Reversal, sentence: str, now: datetime, *, failed: bool = True) -> None:
    attempts = row.attempts + 1 if failed else row.attempts
    wait = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT) if failed else LONGEST_WAIT / 2
    row.sentence, row.attempts, row.next_at = sentence, attempts, now + wait
    held = Reversal.objects.filter(pk=row.pk, state=ReversalState.OPEN, claim=row.claim)
    held.update(sentence=row.sentence, attempts=row.attempts, next_at=row.next_at)
