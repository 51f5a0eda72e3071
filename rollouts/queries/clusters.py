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
OF_THE_VERSION = ("id", "version", "observed", "state", "fresh_at", "left_at")


def marks(person: access.Person, now: datetime) -> tuple[ClusterMark, ...]:
    """Of every visible cluster, by name."""
    clusters = access.visible_clusters(person).order_by("name")
    return tuple(mark_of(cluster, now) for cluster in clusters.values_list(*COLUMNS, named=True))


def mark_of(cluster: Cluster, now: datetime) -> ClusterMark:
    trouble = _trouble(cluster.observed, cluster.state, cluster.fresh_at, cluster.left_at, now)
    old = (cluster.left_at or cluster.fresh_at or cluster.state_since or now) if trouble else None
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


def _trouble(
    observed: bool, state: str, fresh_at: datetime | None, left_at: datetime | None, now: datetime
) -> str:  # fmt: skip
    if left_at is not None:
        return "left the fleet"
    if not observed:
        return "not observed"
    if state == ClusterState.NEW:
        return "not contacted yet"
    if state != ClusterState.REACHABLE:
        return ClusterState(state).label
    return "silent" if fresh_at is None or now - fresh_at > OLD_AFTER else ""


def present(clusters: Iterable[ClusterMark], now: datetime) -> Present:
    clusters = tuple(clusters)
    return Present(now, tuple(c.id for c in clusters if not c.old), tuple(c.id for c in clusters if c.old))


def fleet_version(clusters: Iterable[ClusterMark]) -> str:
    """Changes whenever the observation of any of these clusters changed something a page shows."""
    return _version([(c.id, c.version, c.trouble) for c in clusters])


def visible_version(person: access.Person, now: datetime) -> str:
    """The `fleet_version` of all visible clusters. An open page asks for nothing else when it has heard of a change
    that others have seen before it, so no more is read for it.
    """
    read = access.visible_clusters(person).order_by().values_list(*OF_THE_VERSION)
    return _version(
        [
            (id, version, _trouble(observed, state, fresh_at, left_at, now))
            for id, version, observed, state, fresh_at, left_at in read
        ]
    )


def _version(clusters: list[tuple[int, int, str]]) -> str:
    """Of id, version and trouble of each, in any order."""
    troubles = ",".join(f"{id}{trouble}" for id, _, trouble in sorted(clusters) if trouble)
    return f"{len(clusters)}.{sum(version for _, version, _ in clusters)}.{crc32(troubles.encode()):x}"


def oldest_data(clusters: Iterable[ClusterMark]) -> datetime | None:
    """How far everything that is not marked old is known to be true."""
    return min((c.fresh_at for c in clusters if c.fresh_at and not c.old), default=None)
