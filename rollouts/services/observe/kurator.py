"""What a hub says: its Fleets, cluster objects and Applications, kept in memory as long as the hub is observed.

They are few and change seldom, so there is no cursor: they are listed anew at every start, and handed over as a whole
whenever one of them has changed and all of them have been listed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import ClassVar

from rollouts.domain.kurator import Application, Fleet
from rollouts.domain.observations import Deleted, Kind, MemberCluster, Observation, Unreadable
from rollouts.services.observe.sightings import Sighting

Key = tuple[Kind, str, str]


@dataclass(frozen=True, slots=True)
class HubContents:
    """`clusters_known`: fleets and cluster objects were all read, and understood; `applications_known`: all
    Applications were read. Nobody has left as long as that is not so.
    """

    fleets: tuple[Fleet, ...]
    clusters: tuple[MemberCluster, ...]
    applications: tuple[Application, ...]
    clusters_known: bool
    applications_known: bool


class HubView:
    KINDS: ClassVar[tuple[Kind, ...]] = (Kind.FLEET, Kind.ATTACHED_CLUSTER, Kind.KURATOR_CLUSTER, Kind.APPLICATION)
    NEEDED: ClassVar[frozenset[Kind]] = frozenset({Kind.FLEET, Kind.ATTACHED_CLUSTER})
    """Kurator's own Cluster kind may be missing."""
    OF_CLUSTERS: ClassVar[frozenset[Kind]] = NEEDED | {Kind.KURATOR_CLUSTER}

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[Key, Observation] = {}
        self._listed: set[Kind] = set()
        self._changed = False

    def put(self, sighting: Sighting) -> None:
        kind = sighting.collection.kind
        with self._lock:
            for seen in sighting.observations:
                self._keep(kind, seen)
            if sighting.complete is not None:
                gone = [key for key in self._objects if key[0] is kind and key[1:] not in sighting.complete]
                for key in gone:
                    del self._objects[key]
                self._changed |= bool(gone) or kind not in self._listed
                self._listed.add(kind)
        if sighting.committed is not None:
            sighting.committed()

    def _keep(self, kind: Kind, seen: Observation) -> None:
        if isinstance(seen, Application):
            seen = replace(seen, resource_version="")  # Kurator writes the status every 30 s; that is no change to us
        key = (kind, seen.namespace, getattr(seen, "name", ""))
        if isinstance(seen, Unreadable) and key in self._objects:
            return  # what could be read of it last still holds: a member must not seem to have left
        if isinstance(seen, Deleted):
            self._changed |= self._objects.pop(key, None) is not None
        elif self._objects.get(key) != seen:
            self._objects[key] = seen
            self._changed = True

    def take_change(self) -> HubContents | None:
        """The contents, once after each change."""
        with self._lock:
            if not self._changed or not self._listed:
                return None
            self._changed = False
            seen = list(self._objects.values())
            unreadable = any(isinstance(one, Unreadable) and one.kind in self.OF_CLUSTERS for one in seen)
            return HubContents(
                fleets=tuple(one for one in seen if isinstance(one, Fleet)),
                clusters=tuple(one for one in seen if isinstance(one, MemberCluster)),
                applications=tuple(one for one in seen if isinstance(one, Application)),
                clusters_known=self._listed >= self.NEEDED and not unreadable,
                applications_known=Kind.APPLICATION in self._listed,
            )

    def change_again(self) -> None:
        """What was taken could not be stored: hand it out once more."""
        with self._lock:
            self._changed = True
