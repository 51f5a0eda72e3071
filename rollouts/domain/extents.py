"""What a person's roles reach: parts of the fleet, laid together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from hashlib import sha256

FleetName = tuple[int | None, str]
"""Id of the hub, None: any; and `namespace/name`."""
NamespaceName = tuple[int | None, str]
"""Id of the cluster, None: every one; and the name."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Empty covers nothing. `clusters` has also those of the fleets, which change without any grant."""

    everything: bool = False
    fleets: frozenset[FleetName] = frozenset()
    clusters: frozenset[int] = frozenset()
    namespaces: frozenset[NamespaceName] = frozenset()
    applications: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.fleets or self.clusters or self.namespaces or self.applications)

    @property
    def whole_clusters(self) -> bool:
        """No cluster is covered in part only."""
        return self.everything or not (self.namespaces or self.applications)

    def covers_cluster(self, cluster: int) -> bool:
        """All of it."""
        return self.everything or cluster in self.clusters

    def covers_namespace(self, cluster: int | None, namespace: str) -> bool:
        """All of it, in this cluster or (None) in every one."""
        everywhere = self.everything or (None, namespace) in self.namespaces
        if everywhere or cluster is None:
            return everywhere
        return cluster in self.clusters or (cluster, namespace) in self.namespaces

    def covers_fleet(self, hub: int | None, fleet: str) -> bool:
        return self.everything or (None, fleet) in self.fleets or (hub, fleet) in self.fleets

    def covers_application(self, application: int | None) -> bool:
        """In whatever clusters it may be."""
        return self.everything or application in self.applications

    def covers_rollout(self, *, cluster: int, namespace: str, application: int | None) -> bool:
        return self.covers_namespace(cluster, namespace) or self.covers_application(application)


NOTHING, EVERYTHING = Extent(), Extent(everything=True)


def together(extents: Iterable[Extent]) -> Extent:
    """Equal for equal reaches of whoever has everything, whatever else they were given."""
    several = tuple(extents)
    if any(one.everything for one in several):
        return EVERYTHING
    return Extent(
        fleets=frozenset().union(*(one.fleets for one in several)),
        clusters=frozenset().union(*(one.clusters for one in several)),
        namespaces=frozenset().union(*(one.namespaces for one in several)),
        applications=frozenset().union(*(one.applications for one in several)),
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """What one person may do, and where. Who operates also sees, who administers also operates."""

    sees: Extent = NOTHING
    operates: Extent = NOTHING
    administers: Extent = NOTHING
    edits: Extent = NOTHING
    """Whose policies the person may edit."""
    audits: Extent = NOTHING
    """Where the person may read who did what."""

    @property
    def name(self) -> str:
        """Equal for equal reaches and for no others."""
        return "-".join(_name(getattr(self, field.name)) for field in fields(self))


NO_REACH = Reach()
WHOLE_REACH = Reach(EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING, EVERYTHING)


def _name(extent: Extent) -> str:
    if extent.everything or not extent:
        return "all" if extent else "none"
    parts = [sorted(map(repr, getattr(extent, field.name))) for field in fields(extent) if field.name != "everything"]
    return sha256(repr(parts).encode()).hexdigest()
