"""When each cluster is asked for its versions and for what this program may do in it: as soon as it becomes reachable,
then daily, for clusters are upgraded and roles are changed; and after an attempt that had no answer again, at ever
longer intervals.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

DAILY = timedelta(days=1)
LONGEST_WAIT = 3600.0


@dataclass(slots=True)
class Turn:
    due: float
    wait: float
    """Seconds until the next attempt, should this one have no answer."""


class Probes:
    """Used by the thread that supervises; `answered` is called by those that ask."""

    def __init__(self, *, first_wait: float, clock: Callable[[], float] = monotonic) -> None:
        self._first_wait = first_wait
        self._clock = clock
        self._turns: dict[int, Turn] = {}
        self._lock = threading.Lock()

    def begin(self, cluster: int, *, answered_at: datetime | None, now: datetime) -> None:
        """What was known before this process began stays good for its day."""
        left = (answered_at + DAILY - now).total_seconds() if answered_at else 0.0
        with self._lock:
            self._turns[cluster] = Turn(self._clock() + left, self._first_wait)

    def forget(self, cluster: int) -> None:
        with self._lock:
            self._turns.pop(cluster, None)

    def became_reachable(self, cluster: int) -> None:
        with self._lock:
            if cluster in self._turns:
                self._turns[cluster] = Turn(self._clock(), self._first_wait)

    def take(self, cluster: int) -> bool:
        """Whether it is to be asked now. Unless it answers, it is again after the wait."""
        with self._lock:
            turn = self._turns.get(cluster)
            if turn is None or self._clock() < turn.due:
                return False
            turn.due = self._clock() + turn.wait
            turn.wait = min(2 * turn.wait, LONGEST_WAIT)
            return True

    def answered(self, cluster: int) -> None:
        with self._lock:
            if cluster in self._turns:
                self._turns[cluster] = Turn(self._clock() + DAILY.total_seconds(), self._first_wait)
