"""Raw watch streams of one cluster, for a bug report: what happened, without anything that may be a secret."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import msgspec

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.adapters.kubernetes.redact import redacted
from rollouts.domain.errors import ClusterError, Forbidden, Gone, NotFound
from rollouts.domain.observations import Kind

Line = dict[str, Any]
KINDS = (
    *(Kind.CANARY, Kind.EVENT, Kind.DEPLOYMENT, Kind.DAEMON_SET),
    *(Kind.VIRTUAL_SERVICE, Kind.INGRESS, Kind.TRAFFIC_ROUTE, Kind.HTTP_ROUTE, Kind.APPLICATION),
)
PAUSE_SECONDS = 1.0


def record(
    connection: KubernetesConnection, cluster: str, *, seconds: float, now: Callable[[], float]
) -> Iterator[Line]:
    """Lines as they arrive: first every object as it is (ADDED), then what happens, for so many seconds.

    What a list says after a lost stream is marked as `listed`. Kinds that the cluster does not serve or the account may
    not read are left out. Raises ClusterError when no kind can be read; at the end, if none could be reached.
    """
    lines: queue.SimpleQueue[Line | ClusterError] = queue.SimpleQueue()
    end = monotonic() + seconds
    followers = [_Follower(connection, cluster, kind, end, now, lines) for kind in KINDS]
    for kind, follower in zip(KINDS, followers, strict=True):
        threading.Thread(target=follower.run, name=f"record-{kind.value}", daemon=True).start()
    failed = 0
    while (left := end - monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(line, ClusterError):
            failed += 1
            if failed == len(KINDS):
                raise line
        else:
            yield line
    problem = next((one.problem for one in followers if one.problem), None)
    if problem is not None and not any(one.read for one in followers):
        raise problem


class _Follower:
    """One collection, until the end; a lost connection is taken up again with a new list."""

    def __init__(
        self,
        connection: KubernetesConnection,
        cluster: str,
        kind: Kind,
        end: float,
        now: Callable[[], float],
        lines: queue.SimpleQueue[Line | ClusterError],
    ) -> None:
        self._connection = connection
        self._cluster = cluster
        self._kind = kind
        self._end = end
        self._now = now
        self._lines = lines
        self._version = ""
        self.read = False
        self.problem: ClusterError | None = None

    def run(self) -> None:
        while monotonic() < self._end:
            try:
                self._follow()
            except Gone:
                self._version = ""
            except ClusterError as error:
                self.problem = error
                if not self.read and isinstance(error, NotFound | Forbidden):
                    self._lines.put(error)
                    return
                threading.Event().wait(PAUSE_SECONDS)

    def _follow(self) -> None:
        if not self._version:
            version = ""
            for found, newest in self._connection.raw_list(self._kind):
                self._put("ADDED", found, listed=self.read)
                version = newest
            self._version, self.read = version, True
        seconds = max(1, int(self._end - monotonic()))
        for change, found, version in self._connection.raw_watch(self._kind, self._version, seconds=seconds):
            self._put(change, found)
            self._version = version

    def _put(self, change: str, found: Line, *, listed: bool = False) -> None:
        place = PLACES[self._kind]
        path = place.collection(self._kind, found.get("apiVersion", place.versions[0]).rpartition("/")[2])
        event = {"type": change, "object": redacted(found)}
        line = {"cluster": self._cluster, "path": path, "at": round(self._now(), 3), "event": event}
        self._lines.put(line | {"listed": True} if listed else line)


def encode(line: Line) -> bytes:
    return msgspec.json.encode(line)
