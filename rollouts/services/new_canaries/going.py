"""One pass over a new Canary: claims it, goes on, and says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from rollouts.domain.errors import ClusterError, CredentialError
from rollouts.domain.ports import ClusterConnection, Enqueue
from rollouts.models import ChangeState, Cluster, NewCanary
from rollouts.models.clusters import NOT_WATCHED
from rollouts.models.whole import WORKED_ON
from rollouts.services import clusters
from rollouts.services.new_canaries import making
from rollouts.services.new_canaries.asking import TASK
from rollouts.services.new_canaries.ending import NOT_HEARD, end, is_late, told
from rollouts.services.new_canaries.entered import draft_of

CLAIM = timedelta(seconds=120)
"""Longer than a pass over a cluster that does not answer may take."""
AGAIN = timedelta(seconds=1.5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
AT_ONCE = 500
MAY_NOT = "{} may not do this any more, and nothing was done."

Connect = Callable[[Cluster], ClusterConnection]
May = Callable[[NewCanary], bool]


def go_on(*, canary: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    row = _claimed(canary, now())
    if row is None:
        return
    allowed = row.written_at is not None or may(row)
    if not allowed and row.sent_at is None:
        end(row, ChangeState.FAILED, MAY_NOT.format(row.person_name), now())
        return
    try:
        draft_of(row)
    except CredentialError as error:
        end(row, ChangeState.FAILED, told(row, str(error)), now())
        return
    try:
        _go(row, connect, now, may_write=allowed)
    except ClusterError as error:
        _wait(row, making.unanswered(row, str(error), now()), now(), failed=True)


def look_after_new_canaries(*, now: datetime, enqueue: Enqueue) -> int:
    """Asks a worker for each that can go on; their number."""
    due = NewCanary.objects.filter(state__in=WORKED_ON, next_at__lte=now)
    found = list(due.select_related("cluster").order_by("next_at")[:AT_ONCE])
    for row in found:
        if row.sent_at is None and row.written_at is None and is_late(row, now):
            end(row, ChangeState.FAILED, f"{row.sentence} {NOT_HEARD}".strip(), now)
        else:
            enqueue(TASK, {"canary": row.pk})
    return len(found)


def _claimed(pk: int, now: datetime) -> NewCanary | None:
    due = NewCanary.objects.filter(pk=pk, state__in=WORKED_ON, next_at__lte=now)
    if not due.update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    return NewCanary.objects.select_related("cluster__hub", "person").get(pk=pk)


def _go(row: NewCanary, connect: Connect, now: Callable[[], datetime], *, may_write: bool = True) -> None:
    if not row.cluster.is_watched:
        raise ClusterError(NOT_WATCHED)
    connection = connect(row.cluster)
    try:
        clusters.identify(cluster=row.cluster, uid=connection.uid())
        if row.state == ChangeState.LOOKING:
            found = making.look_at(row, connection)
            _held(row).filter(state=ChangeState.LOOKING).update(**found, sentence="", attempts=0)
            return
        said = making.go_on(row, connection, lambda: may_write and _holds(row, now()), now())
        _wait(row, said, now())
    finally:
        connection.close()


def _wait(row: NewCanary, said: str, now: datetime, *, failed: bool = False) -> None:
    attempts = row.attempts + 1 if failed else 0
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT) if failed else AGAIN
    _held(row).filter(state__in=WORKED_ON).update(sentence=said, attempts=attempts, next_at=now + wait)


def _holds(row: NewCanary, now: datetime) -> bool:
    """Asked right before the write, which it notes: nobody has taken the row meanwhile, nor ended it. The claim is
    renewed.
    """
    held = _held(row).filter(state=ChangeState.OPEN)
    return bool(held.update(next_at=now + CLAIM, sent_at=Coalesce(F("sent_at"), now)))


def _held(row: NewCanary) -> QuerySet[NewCanary]:
    """The row, as long as nobody else has claimed it."""
    return NewCanary.objects.filter(pk=row.pk, claim=row.claim)
