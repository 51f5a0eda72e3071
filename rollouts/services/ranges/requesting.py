"""What a page has of a range at once, and whether its source has to be asked. However many look at the same range of
a rollout, it is read once for all of them; how many ranges of a rollout are read in a minute is limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain.ports import Enqueue
from rollouts.domain.ranges import Range
from rollouts.models import Cluster, ClusterState, RangeCopy, Rollout

TASK = "rollouts.tasks.read_ranges"
MOST_KEPT = 8
"""Ranges of one rollout."""
KEPT_AT_LEAST = timedelta(minutes=1)
"""What was asked for so lately does not make room for another range."""
LOST_AFTER = timedelta(seconds=15)
"""A task that has not answered by then may have been lost, and is asked for again."""
OLD_AFTER = timedelta(minutes=1)
BUSY = "Several other ranges of this rollout are being read; this one has its turn within a minute."
STOPPED = "This cluster is not watched at the moment, so its metrics are not asked either."


@dataclass(frozen=True, slots=True)
class Requested:
    """`copy` is what there is of the range, perhaps nothing yet, its `lines` not loaded. `asking`: an answer is
    awaited that is worth waiting for. `why_not`: a sentence why nothing is asked.
    """

    copy: RangeCopy | None
    asking: bool = False
    why_not: str = ""

    @property
    def version(self) -> str:
        read_at = self.copy.read_at if self.copy else None
        return f"{read_at.timestamp() if read_at else ''}{'?' if self.asking else ''}{'!' if self.why_not else ''}"


def request(*, rollout: Rollout, range: Range, enqueue: Enqueue, now: datetime) -> Requested:
    """Asks for the range unless what is kept of it is good, or has just been asked for. `range` has a name."""
    kept = list(RangeCopy.objects.defer("lines").filter(rollout=rollout).order_by("-requested_at", "-pk"))
    copy = next((one for one in kept if one.range == range.key), None)
    if not _watched(rollout.cluster):
        return Requested(copy, why_not=STOPPED)
    if copy is None:
        copy, mine = _begun(rollout, range, now, leaving=kept[MOST_KEPT - 1 :])
        if copy is None:
            return Requested(None, asking=True, why_not=BUSY)
    else:
        mine = _is_due(copy, now) and _taken(copy, now)
    if mine:
        enqueue(TASK, {"cluster": rollout.cluster_id})
    return Requested(copy, asking=copy.pending and _is_old(copy, now))


def _watched(cluster: Cluster) -> bool:
    return cluster.observed and cluster.state != ClusterState.STOPPED


def _begun(
    rollout: Rollout, range: Range, now: datetime, *, leaving: Sequence[RangeCopy]
) -> tuple[RangeCopy | None, bool]:
    """A row for the range, and whether it was made here; None while there is no room for one."""
    if any(one.requested_at > now - KEPT_AT_LEAST for one in leaving):
        return None, False
    if leaving:
        RangeCopy.objects.filter(pk__in=[one.pk for one in leaving]).delete()
    begin, end = range.at(now) or (now, now)
    return RangeCopy.objects.get_or_create(
        rollout=rollout, range=range.key, defaults={"begin": begin, "end": end, "requested_at": now}
    )


def _is_due(copy: RangeCopy, now: datetime) -> bool:
    if copy.pending:
        return copy.requested_at <= now - LOST_AFTER
    return copy.good_until is None or copy.good_until <= now


def _taken(copy: RangeCopy, now: datetime) -> bool:
    """False when somebody else has asked meanwhile."""
    mine = RangeCopy.objects.filter(pk=copy.pk, requested_at=copy.requested_at).update(requested_at=now)
    copy.requested_at = now
    return bool(mine)


def _is_old(copy: RangeCopy, now: datetime) -> bool:
    """What is read again a moment after its time is shown as it is meanwhile, without a word."""
    return copy.good_until is None or copy.good_until < now - OLD_AFTER
