"""One pass over the change of a whole Application: claims it, goes on, and says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rollouts.domain.errors import ClusterError
from rollouts.domain.ports import ClusterConnection, Enqueue
from rollouts.models import ApplicationChange, ChangeKind, ChangeState
from rollouts.services.one_offs.claims import holder, looked, wait
from rollouts.services.one_offs.ending import end
from rollouts.services.one_offs.going import Connect, begun, connected, look_after
from rollouts.services.whole import deleting, making
from rollouts.services.whole.asking import TASK
from rollouts.services.whole.ending import unanswered

May = Callable[[ApplicationChange], bool]


def go_on(*, change: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    found = begun(ApplicationChange, change, may, now)
    if found is None:
        return
    row, allowed = found
    try:
        _go(row, connect, now, may_write=allowed)
    except ClusterError as error:
        _unanswered(row, str(error), now())


def look_after_applications(*, now: datetime, enqueue: Enqueue) -> int:
    """Asks a worker for each change that can go on; their number."""
    return look_after(ApplicationChange, now, lambda pk: enqueue(TASK, {"change": pk}))


def _go(row: ApplicationChange, connect: Connect, now: Callable[[], datetime], *, may_write: bool = True) -> None:
    deletes = row.kind == ChangeKind.DELETE
    with connected(row.hub, connect) as connection:
        if row.state == ChangeState.LOOKING:
            _look(row, connection, now)
            return
        holds = holder(row, now, may_write=may_write)
        said = (
            deleting.go_on(row, connection, holds, connect, now())
            if deletes
            else making.go_on(row, connection, holds, now())
        )
        wait(row, said, now())


def _look(row: ApplicationChange, connection: ClusterConnection, now: Callable[[], datetime]) -> None:
    deletes = row.kind == ChangeKind.DELETE
    found = deleting.look_at(row, connection, now()) if deletes else making.look_at(row, connection)
    if isinstance(found, str):
        end(row, ChangeState.FAILED, found, now())
    else:
        looked(row, found)


def _unanswered(row: ApplicationChange, said: str, now: datetime) -> None:
    if row.kind == ChangeKind.DELETE:
        came = deleting.GONE if row.arrived_at is not None else deleting.MARKED
        unanswered(row, said, came, deleting.LONGEST_WAIT, now)
    else:
        unanswered(row, said, making.MADE, making.PATIENCE, now)
    wait(row, said, now, failed=True)
