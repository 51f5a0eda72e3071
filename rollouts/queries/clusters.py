"""The clusters a person may see, how old what we know of them is, and the version of the whole fleet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from rollouts import access
from rollouts.models import Cluster, ClusterState
from rollouts.queries.filters import ClusterName, Present

OLD_AFTER = timedelta(seconds=60)
"""A reachable cluster says something at least this often; older data is marked."""


@dataclass(frozen=True, slots=True)
class ClusterMark(ClusterName):
    """A cluster as every list shows it. `old` says since when what is shown may not be so any more; None: it is
    fresh.
    """

    state: str
    state_since: datetime | None
    reason: str
    fresh_at: datetime | None
    left_at: datetime | None
    is_hub: bool
    version: int
    old: datetime | None
    trouble: str
    """Why it is old, in a few words; empty when it is fresh."""


COLUMNS = ("id", "name", "state", "state_since", "reason", "fresh_at", "left_at", "is_hub", "observed", "version")


def marks(person: access.Person, now: datetime) -> tuple[ClusterMark, ...]:
    """Of every visible cluster, by name."""
    clusters = access.visible_clusters(person).order_by("name")
    return tuple(mark_of(cluster, now) for cluster in clusters.values_list(*COLUMNS, named=True))


def mark_of(cluster: Cluster, now: datetime) -> ClusterMark:
    trouble, old = _trouble(cluster, now)
    return ClusterMark(
        id=cluster.id,
        name=cluster.name,
        state=cluster.state,
        state_since=cluster.state_since,
        reason=cluster.reason,
        fresh_at=cluster.fresh_at,
        left_at=cluster.left_at,
        is_hub=cluster.is_hub,
        version=cluster.version,
        old=old,
        trouble=trouble,
    )


def _trouble(cluster: Cluster, now: datetime) -> tuple[str, datetime | None]:
    """What is the matter, and the moment up to which what is shown was true."""
    last = cluster.fresh_at or cluster.state_since or now
    if cluster.left_at is not None:
        return "left the fleet", cluster.left_at
    if not cluster.observed:
        return "not observed", last
    if cluster.state == ClusterState.NEW:
        return "not contacted yet", last
    if cluster.state != ClusterState.REACHABLE:
        return ClusterState(cluster.state).label, last
    if cluster.fresh_at is None or now - cluster.fresh_at > OLD_AFTER:
        return "silent", last
    return "", None


def present(clusters: Iterable[ClusterMark], now: datetime) -> Present:
    clusters = tuple(clusters)
    return Present(now, tuple(c.id for c in clusters if not c.old), tuple(c.id for c in clusters if c.old))


def fleet_version(clusters: Iterable[ClusterMark]) -> str:
    """Changes whenever the observation of any of these clusters changed something a page shows."""
    clusters = tuple(clusters)
    troubles = ",".join(f"{c.id}{c.trouble}" for c in clusters if c.old)
    return f"{len(clusters)}.{sum(c.version for c in clusters)}.{crc32(troubles.encode()):x}"


def oldest_data(clusters: Iterable[ClusterMark]) -> datetime | None:
    """How far everything that is not marked old is known to be true."""
    return min((c.fresh_at for c in clusters if c.fresh_at and not c.old), default=None)
