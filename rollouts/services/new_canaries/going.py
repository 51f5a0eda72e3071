"""One pass over a new Canary: claims it, goes on, and says what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rollouts.domain.errors import ClusterError, CredentialError
from rollouts.domain.ports import Enqueue
from rollouts.models import ChangeState, NewCanary
from rollouts.models.clusters import NOT_WATCHED
from rollouts.services.new_canaries import making
from rollouts.services.new_canaries.asking import TASK
from rollouts.services.new_canaries.ending import told
from rollouts.services.new_canaries.entered import draft_of
from rollouts.services.one_offs.claims import holder, looked, wait
from rollouts.services.one_offs.ending import end
from rollouts.services.one_offs.going import Connect, begun, connected, look_after

May = Callable[[NewCanary], bool]


def go_on(*, canary: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    found = begun(NewCanary, canary, may, now)
    if found is None:
        return
    row, allowed = found
    try:
        draft_of(row)
    except CredentialError as error:
        end(row, ChangeState.FAILED, told(row, str(error)), now())
        return
    try:
        _go(row, connect, now, may_write=allowed)
    except ClusterError as error:
        wait(row, making.unanswered(row, str(error), now()), now(), failed=True)


def look_after_new_canaries(*, now: datetime, enqueue: Enqueue) -> int:
    """Asks a worker for each that can go on; their number."""
    return look_after(NewCanary, now, lambda pk: enqueue(TASK, {"canary": pk}))


def _go(row: NewCanary, connect: Connect, now: Callable[[], datetime], *, may_write: bool = True) -> None:
    if not row.cluster.is_watched:
        raise ClusterError(NOT_WATCHED)
    with connected(row.cluster, connect) as connection:
        if row.state == ChangeState.LOOKING:
            looked(row, making.look_at(row, connection))
        else:
            said = making.go_on(row, connection, holder(row, now, may_write=may_write), now())
            wait(row, said, now())
