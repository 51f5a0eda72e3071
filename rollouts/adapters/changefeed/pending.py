"""Hints on their way: the newest version of each topic, bounded.

Whoever is told that `rollout-42` has come to version 17 needs not hear of version 16. So a slow or absent receiver
costs no more memory than there are topics, and what is lost when even those are too many is the oldest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from rollouts.domain.ports import Hint


class Pending:
    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._versions: dict[str, int] = {}
        self._changed = threading.Condition()
        self._closed = False

    def put(self, hints: Iterable[Hint]) -> None:
        with self._changed:
            for hint in hints:
                known = self._versions.pop(hint.topic, hint.version)
                self._versions[hint.topic] = max(known, hint.version)
            while len(self._versions) > self._limit:
                del self._versions[next(iter(self._versions))]
            self._changed.notify_all()

    def take(self) -> list[Hint]:
        """Waits until there is something; an empty list when closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._versions or self._closed)
            versions, self._versions = self._versions, {}
            return [Hint(topic, version) for topic, version in versions.items()]

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_closed(self, seconds: float) -> bool:
        """True as soon as it is closed; False after that time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)
