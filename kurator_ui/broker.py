"""The broker of an embedded installation: Celery's in-memory one, but for how a worker waits.

There each worker looks for work many times a second, and a task that was just asked for waits for the next look. Here
all wait for news, and are woken by whoever asks for a task, and by whoever ends one, since a worker takes only so many
at a time.
"""

from __future__ import annotations

import threading
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import memory


class News:
    """Something has changed for those who wait for work. Counted, so that none who has just looked misses it."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def tell(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_beyond(self, count: int, seconds: float | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.count != count, seconds)


news = News()
"""One for all connections, as the queues themselves are."""


class Channel(memory.Channel):
    def _put(self, *args: Any, **kwargs: Any) -> None:
        super()._put(*args, **kwargs)
        news.tell()

    def _put_fanout(self, *args: Any, **kwargs: Any) -> None:
        super()._put_fanout(*args, **kwargs)
        news.tell()

    def basic_ack(self, *args: Any, **kwargs: Any) -> None:
        super().basic_ack(*args, **kwargs)
        news.tell()

    def basic_reject(self, *args: Any, **kwargs: Any) -> None:
        super().basic_reject(*args, **kwargs)
        news.tell()


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Hands one message over. Raises TimeoutError when there was none until then."""
        cycle: Any = self.cycle
        end = None if timeout is None else monotonic() + timeout
        while True:
            known = news.count  # read before the look: what comes after it is news
            try:
                cycle.get(self._deliver, timeout=timeout)
                return
            except Empty:
                left = None if end is None else end - monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            news.wait_beyond(known, left)
