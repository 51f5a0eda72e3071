"""The change feed of one process: a thread between those who publish and those who listen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from rollouts.adapters.changefeed.pending import Pending
from rollouts.adapters.changefeed.subscribers import Receive, Subscribers
from rollouts.domain.ports import Hint


class MemoryChangeFeed:
    """Fits `rollouts.domain.ports.ChangeFeed`. Hears nothing of other processes."""

    def __init__(self) -> None:
        self._subscribers = Subscribers()
        self._pending = Pending()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def publish(self, hints: Iterable[Hint]) -> None:
        if self._subscribers:
            self._pending.put(hints)

    def subscribe(self, receive: Receive) -> Callable[[], None]:
        remove = self._subscribers.add(receive)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="change-feed", daemon=True)
                self._thread.start()
        return remove

    def close(self) -> None:
        """Ends the thread; nothing is delivered afterwards."""
        self._pending.close()
        if self._thread is not None:
            self._thread.join(1.0)

    def _run(self) -> None:
        while hints := self._pending.take():
            for hint in hints:
                self._subscribers.tell(hint)
