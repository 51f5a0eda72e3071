"""Everything that is followed of one cluster while this process holds its lease.

Canaries first; when their list is safe, their Events and each routing kind that one of them uses. On a hub also
Kurator's objects, which are kept in memory and handed to `members` as a whole. One connection is shared by all
streams. It is made, and the cluster's identity checked, by whichever stream needs it first, and again after every
failure: a kubeconfig that leads elsewhere must not look like a cluster whose rollouts were deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from django.db import connection as database

from rollouts.domain import live
from rollouts.domain.errors import ClusterError, Forbidden, NotFound
from rollouts.domain.observations import Canary, Kind, Observation
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cursor
from rollouts.services.observe.kurator import HubView
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from rollouts.services.observe.streams import Stream, Timing

log = structlog.get_logger(__name__)


class Door(Protocol):
    """The way into clusters."""

    def open(self, cluster: int) -> ClusterConnection:
        """A new connection, with the credential as it is now, to the very cluster that was registered. Raises
        ClusterError.
        """

    def check(self, cluster: int, connection: ClusterConnection) -> None:
        """Raises ClusterError unless the connection leads to the very cluster that was registered."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What of a cluster's registration a watch depends on: when it changes, the watch begins anew. `way_in` names the
    credential.
    """

    is_hub: bool
    namespaces: tuple[str, ...]
    way_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How the streams of a cluster are. `fresh`: all that can be followed is followed and up to date."""

    fresh: bool
    errors: dict[Kind, ClusterError]


class ClusterWatch:
    def __init__(
        self,
        lease: Lease,
        *,
        settings: WatchSettings,
        door: Door,
        put: Callable[[Sighting], None],
        now: Callable[[], datetime],
        timing: Timing,
    ) -> None:
        self.lease = lease
        self.settings = settings
        self.hub = HubView() if settings.is_hub else None
        self.namespaces = settings.namespaces or ("",)
        self._door = door
        self._put = put
        self._now = now
        self._timing = timing
        self._stopping = threading.Event()
        self._connecting = threading.Lock()
        self._changing = threading.Lock()
        self._connection: ClusterConnection | None = None
        self._doubtful = False
        self._cursors: dict[Collection, str] = {}
        self._threads: dict[Collection, threading.Thread] = {}
        self._errors: dict[Collection, ClusterError] = {}
        self._open: set[Collection] = set()

    def start(self) -> None:
        self._cursors = {
            Collection(Kind(kind), namespace): version
            for kind, namespace, version in Cursor.objects.filter(cluster_id=self.lease.cluster).values_list(
                "kind", "namespace", "resource_version"
            )
        }
        for namespace in self.namespaces:
            self._follow(Collection(Kind.CANARY, namespace))
            if Collection(Kind.CANARY, namespace) in self._cursors:
                for collection in self._cursors:
                    if collection.namespace == namespace:
                        self._follow(collection)
        if self.hub is not None:
            for kind in HubView.KINDS:
                self._follow(Collection(kind))

    def stop(self) -> None:
        """Ends every stream; does not wait for the threads."""
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            connection.close()

    def join(self, timeout: float) -> None:
        for thread in list(self._threads.values()):
            thread.join(timeout)

    def health(self) -> Health:
        with self._changing:
            closed = {one for one, error in self._errors.items() if isinstance(error, Forbidden | NotFound)}
            errors = {one.kind: error for one, error in self._errors.items() if not self._may_miss(one.kind, error)}
            return Health(fresh=bool(self._open) and self._open | closed == set(self._threads), errors=errors)

    def _may_miss(self, kind: Kind, error: ClusterError) -> bool:
        """A hub need not have Flagger, nor Kurator's kind for clusters that it creates itself, and an account for its
        Kurator objects alone is enough, unless Canaries were read there before.
        """
        if self.hub is None or kind not in (Kind.CANARY, Kind.KURATOR_CLUSTER):
            return False
        known = any(collection.kind is kind for collection in self._cursors)
        return isinstance(error, NotFound) or (isinstance(error, Forbidden) and not known)

    # what streams ask of their cluster

    def connection(self) -> ClusterConnection:
        with self._connecting:
            if self._stopping.is_set():
                raise ClusterError("Observation of this cluster has ended.")
            doubtful, self._doubtful = self._doubtful, False  # a doubt that arises meanwhile holds for the next
            try:
                if self._connection is None:
                    self._connection = self._door.open(self.lease.cluster)
                elif doubtful:
                    self._door.check(self.lease.cluster, self._connection)
                if self._stopping.is_set():  # `stop` may not have seen this connection
                    raise ClusterError("Observation of this cluster has ended.")
            except BaseException:
                self._drop()
                raise
            finally:
                database.close()
            return self._connection

    def ready(self) -> ClusterConnection:
        """The connection as it is. Never waits, as `connection` may: raises ClusterError when there is none that can
        be trusted.
        """
        connection = self._connection
        if connection is None or self._doubtful or self._stopping.is_set():
            raise ClusterError("There is no connection to this cluster now.")
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def failed(self, collection: Collection, error: ClusterError) -> None:
        """Remembers the error. Unless it concerns this one kind only, whoever connects next checks first where the
        connection leads.
        """
        with self._changing:
            self._errors[collection] = error
            self._open.discard(collection)
        self._doubtful |= not isinstance(error, Forbidden | NotFound)
        log.info("stream_failed", cluster=self.lease.cluster, kind=collection.kind.value, error=type(error).__name__)

    def following(self, collection: Collection) -> None:
        with self._changing:
            self._errors.pop(collection, None)
            self._open.add(collection)
        if collection.kind is Kind.CANARY:
            self._follow(Collection(Kind.EVENT, collection.namespace))

    def interrupted(self, collection: Collection) -> None:
        with self._changing:
            self._open.discard(collection)

    def saw(self, observation: Observation) -> None:
        if isinstance(observation, Canary):
            routing = live.routing_of(observation)
            if routing is not None:
                kind, namespace, _ = routing
                restricted = self.namespaces != ("",)
                self._follow(Collection(kind, namespace if restricted else ""))

    # threads

    def _follow(self, collection: Collection) -> None:
        with self._changing:
            if collection in self._threads or self._stopping.is_set():
                return
            hub = self.hub if collection.kind in HubView.KINDS else None
            stream = Stream(
                self,
                collection,
                cursor="" if hub is not None else self._cursors.get(collection, ""),
                put=self._put if hub is None else hub.put,
                now=self._now,
                stopping=self._stopping,
                timing=self._timing,
            )
            name = f"observe-{self.lease.cluster}-{collection.kind.value}"
            thread = threading.Thread(target=stream.run, name=name, daemon=True)
            self._threads[collection] = thread
        thread.start()
