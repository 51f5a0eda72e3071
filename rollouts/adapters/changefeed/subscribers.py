"""Who listens to a feed in this process, and the thread-safe telling of them."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable

from rollouts.domain.ports import Hint

log = logging.getLogger(__name__)

Receive = Callable[[Hint], None]


class Subscribers:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._receivers: dict[int, Receive] = {}

    def add(self, receive: Receive) -> Callable[[], None]:
        with self._lock:
            number = next(self._numbers)
            self._receivers[number] = receive

        def remove() -> None:
            with self._lock:
                self._receivers.pop(number, None)

        return remove

    def tell(self, hint: Hint) -> None:
        """A receiver that fails harms no other."""
        with self._lock:
            receivers = list(self._receivers.values())
        for receive in receivers:
            try:
                receive(hint)
            except Exception:
                log.exception("a subscriber of the change feed failed")

    def __bool__(self) -> bool:
        return bool(self._receivers)
