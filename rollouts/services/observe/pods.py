"""Reads the pods of a side that is not ready, where they may tell why: when a release stands still, or somebody looks.

One list of one page for one side. Nothing reads pods of a whole cluster.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rollouts.domain.errors import Forbidden, NotFound, Refused
from rollouts.domain.observations import Kind, Workload
from rollouts.domain.pods import Pod, Pods
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Rollout

LOOKS_LAST = timedelta(seconds=60)
READ, KEPT = 50, 5
"""Pods that are read of one side, and those of them that are kept because they are not ready."""


def worth_reading(rollout: Rollout, now: datetime) -> bool:
    """Pods need a while to start: a release that has just moved is left alone unless somebody looks."""
    if rollout.looked_at is not None and rollout.looked_at >= now - LOOKS_LAST:
        return True
    return rollout.changed_at is not None and rollout.changed_at < now - timedelta(seconds=max(rollout.interval, 10))


def read(connection: ClusterConnection, workload: Workload, now: datetime) -> Pods:
    """What could not be read is said, not raised; only a cluster that does not answer is an error here too."""
    found = Pods(workload.namespace, workload.name, now)
    if not workload.selector:
        return _unread(found, f"{workload.kind} {workload.name} selects its pods by more than labels.")
    try:
        page = next(iter(connection.list(Kind.POD, workload.namespace, limit=READ, labels=workload.selector)), None)
    except (Forbidden, NotFound, Refused) as error:
        return _unread(found, str(error))
    pods = [one for one in page.observations if isinstance(one, Pod)] if page else []
    unready = [one for one in pods if not one.ready and not one.deleting]
    return Pods(found.namespace, found.name, now, number=len(pods), unready=tuple(unready[:KEPT]))


def _unread(found: Pods, why: str) -> Pods:
    return Pods(found.namespace, found.name, found.read_at, note=why)
