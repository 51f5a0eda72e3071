"""The one thread of an observing process that writes: gathers sightings for a moment and commits them together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import monotonic

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from rollouts.domain.ports import ChangeFeed, Hint
from rollouts.services.observe.record import Batch, Recorded, record
from rollouts.services.observe.sightings import Lease, Sighting

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.1
GATHER_SIGHTINGS = 200
GATHER_OBSERVATIONS = 500
"""Pages of lists are large: a transaction of many of them would hold up everybody else, and the end of the process."""
BEHIND_SECONDS = 5.0
QUEUED_AT_MOST = 2000
"""Sightings that may wait. Then streams wait in `put`, and the API servers keep what they have to say."""
RETRY_SECONDS = 0.5


class Writer:
    """`put` may be called from any thread. Nothing that was put is lost unless its lease is, or the process dies
    before its cursor moved.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        *,
        worker: str,
        now: Callable[[], datetime],
        lost: Callable[[Lease], None],
        moved: Callable[[set[int]], None],
    ) -> None:
        self._feed = feed
        self._worker = worker
        self._number = 0
        self._now = now
        self._lost = lost
        self._moved = moved
        self._queue: queue.Queue[Sighting] = queue.Queue(QUEUED_AT_MOST)
        self._stopping = threading.Event()
        self._gathered_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="observe-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Lets the thread end once it has written the changes that were put already. Pages of lists are left: whoever
        observes next lists again.
        """
        self._stopping.set()

    def stop(self, timeout: float) -> bool:
        """Whether it has ended in time."""
        self.finish()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def is_behind(self) -> bool:
        """Whether what was seen cannot be written at present, so that what is stored is old."""
        since = self._gathered_at
        return not self._thread.is_alive() or (since is not None and monotonic() - since > BEHIND_SECONDS)

    def put(self, sighting: Sighting) -> None:
        """Waits while the queue is full; drops the sighting when the writer has been stopped (its cursor has not
        moved).
        """
        while not self._stopping.is_set():
            try:
                return self._queue.put(sighting, timeout=0.5)
            except queue.Full:
                continue

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._queue.empty()):
            batch = self._gather()
            if self._stopping.is_set():
                batch = [one for one in batch if not one.listed]
            self._gathered_at = monotonic() if batch else None
            if batch and not self._commit(batch):
                break
            self._gathered_at = None
        connection.close()

    def _gather(self) -> list[Sighting]:
        try:
            batch = [self._queue.get(timeout=0.5)]
        except queue.Empty:
            return []
        size = len(batch[0].observations)
        end = monotonic() + GATHER_SECONDS
        while size < GATHER_OBSERVATIONS and len(batch) < GATHER_SIGHTINGS and (left := end - monotonic()) > 0:
            awaited = batch[-1].committed is not None  # somebody's list goes on only once this is safe
            try:
                batch.append(self._queue.get(timeout=0.001 if awaited else left))
            except queue.Empty:
                break
            size += len(batch[-1].observations)
        return batch

    def _commit(self, batch: list[Sighting]) -> bool:
        """Tries until the database takes it: a locked or restarting database delays, and loses nothing. False when it
        was given up at the end: nothing later may then be written, whose cursor would say that this was, too.

        Anything else that goes wrong is the fault of one observation. The batch is halved until that one is found and
        left out.
        """
        self._number += 1
        number = Batch(self._worker, self._number)
        while True:
            try:
                close_old_connections()
                recorded = record(batch, now=self._now(), batch=number)
            except (OperationalError, InterfaceError) as error:
                log.warning("batch_not_written", sightings=len(batch), error=type(error).__name__)
                connection.close()
                if self._stopping.wait(RETRY_SECONDS):
                    return False
            except Exception as error:
                halves = halve(batch)
                if halves is not None:
                    return all(self._commit(half) for half in halves)
                self._leave_out(batch, error)
                return True
            else:
                self._announce(batch, recorded)
                return True

    def _leave_out(self, batch: list[Sighting], error: Exception) -> None:
        log.error(
            "observation_left_out", kind=batch[0].collection.kind.value, lease=batch[0].lease.cluster, exc_info=error
        )
        for sighting in batch:
            if sighting.committed is not None:
                sighting.committed()

    def _announce(self, batch: list[Sighting], recorded: Recorded) -> None:
        for lease in recorded.lost:
            self._lost(lease)
        for sighting in batch:
            if sighting.committed is not None:
                sighting.committed()
        if recorded.hints:
            self._feed.publish([*recorded.hints, Hint("fleet", int(self._now().timestamp() * 1000))])
        if recorded.moved:
            self._moved(recorded.moved)


def halve(batch: list[Sighting]) -> tuple[list[Sighting], list[Sighting]] | None:
    """Two batches that say the same one after the other; None when there is a single observation left, or none. What
    a list does not hold is told apart from its last object.
    """
    if len(batch) > 1:
        middle = len(batch) // 2
        return batch[:middle], batch[middle:]
    (sighting,) = batch
    if not sighting.observations or (len(sighting.observations) == 1 and sighting.complete is None):
        return None
    middle = max(1, len(sighting.observations) // 2)
    first = replace(sighting, observations=sighting.observations[:middle], cursor="", complete=None, committed=None)
    return [first], [replace(sighting, observations=sighting.observations[middle:])]
