"""Time for everything that moves in the fleet: real (an event loop) or virtual (advanced by hand, for tests)."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

Action = Callable[[], None]


class Clock(Protocol):
    def now(self) -> float:
        """Unix seconds."""
        ...

    def call_later(self, seconds: float, action: Action) -> Callable[[], None]:
        """Run the action once, after so many seconds; calling the result cancels it."""
        ...


class VirtualClock:
    """Stands still until `advance`; actions due at the same instant run in the order they were asked for."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Action]] = []

    def now(self) -> float:
        return self._now

    def call_later(self, seconds: float, action: Action) -> Callable[[], None]:
        order = next(self._order)
        heapq.heappush(self._agenda, (self._now + max(0.0, seconds), order, action))
        return lambda: self._cancel(order)

    def advance(self, seconds: float) -> None:
        end = self._now + seconds
        while self._agenda and self._agenda[0][0] <= end:
            when, _, action = heapq.heappop(self._agenda)
            self._now = max(self._now, when)
            action()
        self._now = end

    def _cancel(self, order: int) -> None:
        self._agenda = [entry for entry in self._agenda if entry[1] != order]
        heapq.heapify(self._agenda)


class LoopClock:
    """Real time; actions run on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return time.time()

    def call_later(self, seconds: float, action: Action) -> Callable[[], None]:
        return self._loop.call_later(max(0.0, seconds), action).cancel


def stamp(seconds: float) -> str:
    """The time as Kubernetes writes it: RFC 3339, UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def parse_duration(text: str, default: float) -> float:
    """Seconds of a Go duration with one unit, as `90s` or `2m`; the default when it is empty or unreadable."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    if len(text) < 2 or text[-1] not in units or not text[:-1].isdigit():
        return default
    return int(text[:-1]) * units[text[-1]]
