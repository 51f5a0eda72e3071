"""Follows one collection of one cluster: list once, then watch from where the last watch ended.

The cursor is the resource version up to which everything has been handed to the writer. A list is needed only where
there is no cursor, where the API server no longer remembers it (410 Gone), or where it lies in the server's future: a
restored etcd answers such a watch with silence, not with an error, so every new watch is preceded by a look at the
collection's present version.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol

import structlog

from rollouts.domain.errors import ClusterError, Forbidden, Gone, NotFound, Throttled
from rollouts.domain.observations import Observation
from rollouts.domain.ports import ClusterConnection, Page
from rollouts.services.observe.sightings import Collection, Lease, Sighting

log = structlog.get_logger(__name__)

WATCH_SECONDS = 120
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 15.0
BARE_CURSOR_SECONDS = 15.0
SHORTEST_WATCH = 1.0
"""A watch that ended sooner is followed by a pause: some proxies end every one of them at once."""
ABSENT_WAIT = 60.0
"""Before asking again for a kind that the cluster does not serve or the account may not read."""
PROBE_WAIT = 30.0
"""Before asking again for versions and rights that a cluster did not tell."""
LISTING_AT_ONCE, LISTING_PATIENCE = 8, 2.0
"""Pages of lists that a process holds in memory: all clusters list when it starts, and one writer stores them all."""

_listing = threading.BoundedSemaphore(LISTING_AT_ONCE)


class Host(Protocol):
    """What a stream needs of the cluster it belongs to."""

    lease: Lease

    def connection(self) -> ClusterConnection:
        """A connection to the very cluster that was registered; checked again after every failure. Raises
        ClusterError.
        """

    def failed(self, collection: Collection, error: ClusterError) -> None: ...

    def following(self, collection: Collection) -> None:
        """The stream is up to date and open."""

    def interrupted(self, collection: Collection) -> None:
        """It is not, for a moment and without an error: its watch ended, or it has to list again."""

    def saw(self, observation: Observation) -> None: ...


@dataclass(frozen=True, slots=True)
class Timing:
    watch_seconds: int = WATCH_SECONDS
    shortest_wait: float = SHORTEST_WAIT
    longest_wait: float = LONGEST_WAIT
    absent_wait: float = ABSENT_WAIT
    probe_wait: float = PROBE_WAIT


class Stream:
    """`run` is the body of one thread and returns once `stopping` is set."""

    def __init__(
        self,
        host: Host,
        collection: Collection,
        *,
        cursor: str,
        put: Callable[[Sighting], None],
        now: Callable[[], datetime],
        stopping: threading.Event,
        timing: Timing,
    ) -> None:
        self.host = host
        self.collection = collection
        self.cursor = cursor
        self.put = put
        self.now = now
        self.stopping = stopping
        self.timing = timing
        self._failures = 0
        self._expired = 0
        self._moved_at = monotonic()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._turn()
            except Gone:
                log.info("cursor_too_old", collection=self.collection.kind.value, lease=self.host.lease.cluster)
                self.host.interrupted(self.collection)
                self._forget_cursor()
            except ClusterError as error:
                self._pause_after(error)
            except Exception as error:
                # A thread that ended here would leave a collection that looks well and is followed by nobody.
                log.exception("stream_met_a_defect", collection=self.collection.kind.value)
                self._pause_after(ClusterError(f"Observation failed in this program itself ({type(error).__name__})."))

    def _turn(self) -> None:
        """One watch, to its end."""
        began = monotonic()
        self._follow(self.host.connection())
        self._failures = self._expired = 0
        self.host.interrupted(self.collection)
        if monotonic() - began < SHORTEST_WATCH:
            self.stopping.wait(self.timing.shortest_wait)

    def _pause_after(self, error: ClusterError) -> None:
        if self.stopping.is_set():
            return
        self.host.failed(self.collection, error)
        self.stopping.wait(self._wait_after(error))

    def _forget_cursor(self) -> None:
        """Lists at once the first time. Where every cursor or list expires at once, that must not spin."""
        self.cursor = ""
        if self._expired:
            self.stopping.wait(self._longer_each_time(self._expired))
        self._expired += 1

    def _wait_after(self, error: ClusterError) -> float:
        if isinstance(error, Throttled):
            return max(error.retry_after, self.timing.shortest_wait)
        if isinstance(error, Forbidden | NotFound):
            return self.timing.absent_wait
        self._failures += 1
        return self._longer_each_time(self._failures)

    def _longer_each_time(self, times: int) -> float:
        return float(min(self.timing.longest_wait, self.timing.shortest_wait * 2 ** min(times - 1, 10)))

    def _follow(self, connection: ClusterConnection) -> None:
        kind, namespace = self.collection.kind, self.collection.namespace
        if self.cursor and _lies_ahead(self.cursor, connection.resource_version(kind, namespace)):
            log.warning("cursor_in_the_future", collection=kind.value, lease=self.host.lease.cluster)
            self.cursor = ""
        if not self.cursor:
            self._list(connection)
        self.host.following(self.collection)
        for seen in connection.watch(kind, self.cursor, namespace, seconds=self.timing.watch_seconds):
            if self.stopping.is_set():
                return
            self._failures = self._expired = 0
            if seen.observation is None:
                self._move_cursor(seen.resource_version)
            else:
                self.host.saw(seen.observation)
                self._put(seen.resource_version, seen.observation)
            self.cursor = seen.resource_version

    def _put(self, cursor: str, *observations: Observation) -> None:
        self.put(Sighting(self.host.lease, self.collection, observations, self.now(), cursor=cursor))

    def _move_cursor(self, cursor: str) -> None:
        """Nothing of ours was seen: the bare cursor is written now and then, so that it stays young enough to be
        remembered.
        """
        if monotonic() - self._moved_at > BARE_CURSOR_SECONDS:
            self._moved_at = monotonic()
            self._put(cursor)

    def _list(self, connection: ClusterConnection) -> None:
        """Hands over page by page, and reads the next one only when the last is safe: memory holds one page, not the
        list.
        """
        present: set[tuple[str, str]] = set()
        pages = connection.list(self.collection.kind, self.collection.namespace)
        more = True
        while more:
            with _one_of_few():
                page = next(pages)
                more = page.more
                present |= {key for key in map(_key, page.observations) if key}
                if not self._stored(page, present):
                    return
        self.cursor = page.resource_version

    def _stored(self, page: Page, present: set[tuple[str, str]]) -> bool:
        """Waits until it is; False when the end of the process came first."""
        for observation in page.observations:
            self.host.saw(observation)
        safe = threading.Event()
        sighting = Sighting(
            self.host.lease,
            self.collection,
            page.observations,
            self.now(),
            cursor="" if page.more else page.resource_version,
            listed=True,
            complete=None if page.more else frozenset(present),
            committed=safe.set,
        )
        self.put(sighting)
        while not safe.wait(0.5):
            if self.stopping.is_set():
                return False
        return True


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Waits for its turn, but not long: clusters that do not answer must not keep others from listing."""
    turn = _listing.acquire(timeout=LISTING_PATIENCE)
    try:
        yield
    finally:
        if turn:
            _listing.release()


def _key(observation: Observation) -> tuple[str, str] | None:
    name = getattr(observation, "name", None)
    return None if name is None else (observation.namespace, name)


def _lies_ahead(cursor: str, present: str) -> bool:
    """Resource versions are opaque by contract and numbers in fact; where they are not, nothing can be told."""
    return cursor.isdigit() and present.isdigit() and int(cursor) > int(present)
