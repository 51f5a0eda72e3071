"""The page of clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zlib import crc32

from django.db.models import Count, F, Q

from rollouts import access
from rollouts.models import ClusterSource, Rank
from rollouts.queries.clusters import ClusterMark, mark_of, present
from rollouts.queries.filters import Present, stuck


@dataclass(frozen=True, slots=True)
class Counts:
    rollouts: int = 0
    needing: int = 0
    running: int = 0


@dataclass(frozen=True, slots=True)
class ClusterRow:
    mark: ClusterMark
    source: str
    hub: str
    """Name of the hub it is a member of; empty for hubs and plain clusters."""
    fleets: tuple[str, ...]
    namespaces: tuple[str, ...]
    server_version: str
    flagger_version: str
    mesh_provider: str
    missing_permissions: tuple[str, ...]
    probed_at: datetime | None
    counts: Counts
    readiness: str = ""
    """The worst light of the last check; empty before the first."""
    lacking: int = 0
    in_part: bool = False
    """The person sees only some of its rollouts; nothing is said of the rest."""


COLUMNS = (
    *("id", "name", "state", "state_since", "reason", "left_at", "is_hub", "observed", "version"),
    *("source", "hub_id", "fleets", "namespaces", "server_version", "flagger_version", "mesh_provider"),
    *("missing_permissions", "probed_at", "readiness__light", "readiness__lacking", "fresh_at"),
)


def visible(person: access.Person) -> list[Any]:
    """What the page needs of each cluster, as `COLUMNS`, by name."""
    return list(access.visible_clusters(person).order_by("name").values_list(*COLUMNS, named=True))


def version_of(clusters: Sequence[Any], now: datetime) -> str:
    """Of what `visible` gave. Changes with all that the page shows of them but the age of the data: that changes all
    the time.
    """
    shown = [(*one[: COLUMNS.index("fresh_at")], mark_of(one, now).trouble) for one in clusters]
    return f"{crc32(repr(shown).encode()):x}"


def rows(person: access.Person, clusters: Sequence[Any], now: datetime) -> tuple[ClusterRow, ...]:
    """Of what `visible` gave. Each hub is followed by its members; plain clusters come last."""
    names = {cluster.id: cluster.name for cluster in clusters}
    marks = {cluster.id: mark_of(cluster, now) for cluster in clusters}
    counts = _counts(person, present(marks.values(), now))
    ordered = sorted(clusters, key=lambda cluster: _place(cluster, names))
    found = (_row(cluster, marks[cluster.id], names, counts.get(cluster.id, Counts())) for cluster in ordered)
    return tuple(row if access.sees_whole_cluster(person, row.mark.id) else _in_part(row) for row in found)


def _in_part(row: ClusterRow) -> ClusterRow:
    """For who sees only some of its rollouts: without what speaks of other namespaces."""
    return replace(row, namespaces=(), missing_permissions=(), readiness="", lacking=0, in_part=True)


def _place(cluster: Any, names: Mapping[int, str]) -> tuple[bool, str, bool, str]:
    hub = cluster.name if cluster.is_hub else names.get(cluster.hub_id or 0, "")
    return not hub, hub, not cluster.is_hub, cluster.name


def _counts(person: access.Person, present: Present) -> dict[int, Counts]:
    """In the same parts as the fleet's page. Grouped by an expression, else SQLite fetches every row in the order of
    clusters.
    """
    counted = (
        access.visible_rollouts(person)
        .filter(deleted_at__isnull=True)
        .order_by()
        .annotate(group=F("cluster_id") + 0)
        .values("group")
        .annotate(
            number=Count("id"),
            needing=Count("id", filter=Q(rank=Rank.NEEDS_A_PERSON) | stuck(present)),
            running=Count("id", filter=Q(rank=Rank.RUNNING) & ~stuck(present)),
        )
    )
    return {one["group"]: Counts(one["number"], one["needing"], one["running"]) for one in counted}


def _row(cluster: Any, mark: ClusterMark, names: Mapping[int, str], counts: Counts) -> ClusterRow:
    return ClusterRow(
        mark=mark,
        source=ClusterSource(cluster.source).label,
        hub=names.get(cluster.hub_id or 0, ""),
        fleets=tuple(cluster.fleets),
        namespaces=tuple(cluster.namespaces),
        server_version=cluster.server_version,
        flagger_version=cluster.flagger_version,
        mesh_provider=cluster.mesh_provider,
        missing_permissions=tuple(cluster.missing_permissions),
        probed_at=cluster.probed_at,
        counts=counts,
        readiness=cluster.readiness__light or "",
        lacking=cluster.readiness__lacking or 0,
    )
