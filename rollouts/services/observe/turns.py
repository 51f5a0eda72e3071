"""Jobs of many clusters for a few threads: the clusters in turn, and never two jobs of one cluster at once, so that a
cluster that does not answer holds up one thread and its own jobs only.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]
WAITING_AT_MOST = 200
"""Jobs of one cluster; what is more is asked for again later."""


class Turns:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[int, deque[Job]] = {}
        self._turn: deque[int] = deque()
        """Clusters with waiting jobs of which none is being done."""
        self._busy: set[int] = set()
        self._closed = False

    def put(self, cluster: int, job: Job) -> None:
        with self._changed:
            jobs = self._waiting.setdefault(cluster, deque())
            if len(jobs) >= WAITING_AT_MOST:
                return
            jobs.append(job)
            if len(jobs) == 1 and cluster not in self._busy:
                self._turn.append(cluster)
                self._changed.notify()

    def take(self) -> tuple[int, Job] | None:
        """Waits for the next job, which ends with `done`. None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._turn or self._closed)
            if self._closed:
                return None
            cluster = self._turn.popleft()
            self._busy.add(cluster)
            return cluster, self._waiting[cluster].popleft()

    def done(self, cluster: int) -> None:
        with self._changed:
            self._busy.discard(cluster)
            if self._waiting[cluster]:
                self._turn.append(cluster)
                self._changed.notify()
            else:
                del self._waiting[cluster]

    def drop(self, cluster: int) -> None:
        """Forgets the jobs of a cluster that have not begun; called while one of them is being done."""
        with self._changed:
            self._waiting[cluster].clear()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
