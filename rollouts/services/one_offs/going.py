"""What every pass does around what is its own: claims the row, judges the person anew, opens a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from rollouts.domain.ports import ClusterConnection
from rollouts.models import ChangeState, Cluster
from rollouts.services import clusters
from rollouts.services.one_offs.claims import Row, claimed, due
from rollouts.services.one_offs.ending import end, ended_unheard

AT_ONCE = 500
MAY_NOT = "{} may not do this any more, and nothing was done."

Connect = Callable[[Cluster], ClusterConnection]


def begun(
    model: type[Row], pk: int, may: Callable[[Row], bool], now: Callable[[], datetime]
) -> tuple[Row, bool] | None:  # fmt: skip
    """The row, and whether anything may be written for its person; None where there is nothing to do."""
    row = claimed(model, pk, now())
    if row is None:
        return None
    allowed = row.written_at is not None or may(row)
    if not allowed and row.sent_at is None:
        end(row, ChangeState.FAILED, MAY_NOT.format(row.person_name), now())
        return None
    return row, allowed


@contextmanager
def connected(cluster: Cluster, connect: Connect) -> Iterator[ClusterConnection]:
    connection = connect(cluster)
    try:
        clusters.identify(cluster=cluster, uid=connection.uid())
        yield connection
    finally:
        connection.close()


def look_after(model: type[Row], now: datetime, ask: Callable[[int], None]) -> int:
    """Asks a worker for each that can go on; their number."""
    found = list(due(model, now).select_related(model.ASKED).order_by("next_at")[:AT_ONCE])
    for row in found:
        if not ended_unheard(row, now):
            ask(row.pk)
    return len(found)
