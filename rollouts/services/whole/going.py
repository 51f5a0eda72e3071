"""One pass over the change of a whole Application: claims it, goes on, and says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from rollouts.domain.errors import ClusterError
from rollouts.domain.ports import ClusterConnection, Enqueue
from rollouts.models import ApplicationChange, ChangeKind, ChangeState, Cluster
from rollouts.models.whole import WORKED_ON
from rollouts.services import clusters
from rollouts.services.whole import deleting, making
from rollouts.services.whole.asking import TASK
from rollouts.services.whole.ending import end

CLAIM = timedelta(seconds=120)
"""Longer than a pass over some clusters that do not answer may take."""
AGAIN = timedelta(seconds=1.5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
MAY_WAIT_FOR = timedelta(minutes=15)
"""A hub that comes back hours later must not surprise anybody."""
AT_ONCE = 500
NOT_HEARD = "The hub did not answer in time, and was not asked to do anything."
MAY_NOT = "{} may not do this any more, and nothing was done."

Connect = Callable[[Cluster], ClusterConnection]
May = Callable[[ApplicationChange], bool]


def go_on(*, change: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    row = _claimed(change, now())
    if row is None:
        return
    if row.written_at is None and not may(row):
        end(row, ChangeState.FAILED, MAY_NOT.format(row.person_name), now())
        return
    try:
        _go(row, connect, now)
    except ClusterError as error:
        _wait(row, str(error), now(), failed=True)


def look_after_applications(*, now: datetime, enqueue: Enqueue) -> int:
    """Asks a worker for each change that can go on; their number."""
    due = ApplicationChange.objects.filter(state__in=WORKED_ON, next_at__lte=now)
    found = list(due.order_by("next_at")[:AT_ONCE])
    for row in found:
        since = row.asked_at or row.made_at
        if row.written_at is None and since + MAY_WAIT_FOR <= now:
            end(row, ChangeState.FAILED, f"{row.sentence} {NOT_HEARD}".strip(), now)
        else:
            enqueue(TASK, {"change": row.pk})
    return len(found)


def _claimed(pk: int, now: datetime) -> ApplicationChange | None:
    due = ApplicationChange.objects.filter(pk=pk, state__in=WORKED_ON, next_at__lte=now)
    if not due.update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    return ApplicationChange.objects.select_related("hub", "person").get(pk=pk)


def _go(row: ApplicationChange, connect: Connect, now: Callable[[], datetime]) -> None:
    connection = connect(row.hub)
    try:
        clusters.identify(cluster=row.hub, uid=connection.uid())
        deletes, looking = row.kind == ChangeKind.DELETE, row.state == ChangeState.LOOKING
        if looking:
            found = deleting.look_at(row, connection, now()) if deletes else making.look_at(row, connection)
            _looked(row, found, now())
            return
        said = (
            deleting.go_on(row, connection, lambda: _holds(row, now()), connect, now())
            if deletes
            else making.go_on(row, connection, lambda: _holds(row, now()), now())
        )
        _wait(row, said, now())
    finally:
        connection.close()


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
    """Asked right before each write: nobody has taken the row meanwhile, nor ended it. The claim is renewed."""
    return bool(_held(row).filter(state=ChangeState.OPEN).update(next_at=now + CLAIM))


def _held(row: ApplicationChange) -> QuerySet[ApplicationChange]:
    """The row, as long as nobody else has claimed it."""
    return ApplicationChange.objects.filter(pk=row.pk, claim=row.claim)
