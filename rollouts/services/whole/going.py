"""One pass over the change of a whole Application: claims it, goes on, and says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from rollouts.domain.errors import ClusterError
from rollouts.domain.ports import ClusterConnection, Enqueue
from rollouts.models import ApplicationChange, ChangeKind, ChangeState, Cluster
from rollouts.models.whole import WORKED_ON
from rollouts.services import clusters
from rollouts.services.whole import deleting, making
from rollouts.services.whole.asking import TASK
from rollouts.services.whole.ending import NOT_HEARD, end, is_late, unanswered

CLAIM = timedelta(seconds=120)
"""Longer than a pass over some clusters that do not answer may take."""
AGAIN = timedelta(seconds=1.5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
AT_ONCE = 500
MAY_NOT = "{} may not do this any more, and nothing was done."

Connect = Callable[[Cluster], ClusterConnection]
May = Callable[[ApplicationChange], bool]


def go_on(*, change: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    row = _claimed(change, now())
    if row is None:
        return
    allowed = row.written_at is not None or may(row)
    if not allowed and row.sent_at is None:
        end(row, ChangeState.FAILED, MAY_NOT.format(row.person_name), now())
        return
    try:
        _go(row, connect, now, may_write=allowed)
    except ClusterError as error:
        _unanswered(row, str(error), now())


def look_after_applications(*, now: datetime, enqueue: Enqueue) -> int:
    """Asks a worker for each change that can go on; their number."""
    due = ApplicationChange.objects.filter(state__in=WORKED_ON, next_at__lte=now)
    found = list(due.order_by("next_at")[:AT_ONCE])
    for row in found:
        if row.sent_at is None and row.written_at is None and is_late(row, now):
            end(row, ChangeState.FAILED, f"{row.sentence} {NOT_HEARD}".strip(), now)
        else:
            enqueue(TASK, {"change": row.pk})
    return len(found)


def _claimed(pk: int, now: datetime) -> ApplicationChange | None:
    due = ApplicationChange.objects.filter(pk=pk, state__in=WORKED_ON, next_at__lte=now)
    if not due.update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    return ApplicationChange.objects.select_related("hub", "person").get(pk=pk)


def _go(row: ApplicationChange, connect: Connect, now: Callable[[], datetime], *, may_write: bool = True) -> None:
    connection = connect(row.hub)
    try:
        clusters.identify(cluster=row.hub, uid=connection.uid())
        deletes, looking = row.kind == ChangeKind.DELETE, row.state == ChangeState.LOOKING
        if looking:
            found = deleting.look_at(row, connection, now()) if deletes else making.look_at(row, connection)
            _looked(row, found, now())
            return

        def holds() -> bool:
            return may_write and _holds(row, now())

        said = (
            deleting.go_on(row, connection, holds, connect, now())
            if deletes
            else making.go_on(row, connection, holds, now())
        )
        _wait(row, said, now())
    finally:
        connection.close()


def _unanswered(row: ApplicationChange, said: str, now: datetime) -> None:
    if row.kind == ChangeKind.DELETE:
        came = deleting.GONE if row.arrived_at is not None else deleting.MARKED
        unanswered(row, said, came, deleting.LONGEST_WAIT, now)
    else:
        unanswered(row, said, making.MADE, making.PATIENCE, now)
    _wait(row, said, now, failed=True)


def _looked(row: ApplicationChange, found: dict[str, object] | str, now: datetime) -> None:
    if isinstance(found, str):
        end(row, ChangeState.FAILED, found, now)
    else:
        _held(row).filter(state=ChangeState.LOOKING).update(**found, sentence="", attempts=0)


def _wait(row: ApplicationChange, said: str, now: datetime, *, failed: bool = False) -> None:
    attempts = row.attempts + 1 if failed else 0
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT) if failed else AGAIN
    _held(row).filter(state__in=WORKED_ON).update(sentence=said, attempts=attempts, next_at=now + wait)


def _holds(row: ApplicationChange, now: datetime) -> bool:
    """Asked right before each write, which it notes: nobody has taken the row meanwhile, nor ended it. The claim is
    renewed.
    """
    held = _held(row).filter(state=ChangeState.OPEN)
    return bool(held.update(next_at=now + CLAIM, sent_at=Coalesce(F("sent_at"), now)))


def _held(row: ApplicationChange) -> QuerySet[ApplicationChange]:
    """The row, as long as nobody else has claimed it."""
    return ApplicationChange.objects.filter(pk=row.pk, claim=row.claim)
