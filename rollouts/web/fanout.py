"""Spreads hints to the open streams of one process: one subscription, each hint put into bytes once.

A listener keeps the newest version of each of its topics and nothing else, so a slow reader costs no more memory than
a quick one. A hint is delivered at once while its topic is quiet. Under load a topic has a pace: every delivery makes a
page fetch a fragment, and all pages of a topic are told in the same moment, so that one rendered fragment serves them.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Collection

from rollouts.domain.ports import ACCESS, ChangeFeed, Hint

KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = b": keep-alive\n\n"
REFRESHES_PER_SECOND = 50
"""How many fragments a process may be made to render; the pace keeps deliveries near it."""
SHORTEST, LONGEST = 0.25, 4.5
COMPARED = "compared-"
"""Topic `compared-7`: something was measured in one of the many clusters of application 7, which may be all the time.
Its charts are drawn anew as a whole, so that they rest the longest.
"""


def event(topic: str, data: object) -> bytes:
    return f"event: {topic}\ndata: {data}\n\n".encode()


class Listener:
    """One open stream."""

    __slots__ = ("_frames", "_wake", "ended", "person", "topics")

    def __init__(self, person: int, topics: Collection[str]) -> None:
        self.person = person
        self.topics = frozenset(topics)
        self.ended = False
        self._frames: dict[str, bytes] = {}
        self._wake = asyncio.Event()

    def tell(self, topic: str, frame: bytes) -> None:
        self._frames[topic] = frame
        self._wake.set()

    def end(self) -> None:
        self.ended = True
        self._wake.set()

    async def next(self) -> bytes:
        """Waits for something to send. Empty when the stream is to end."""
        await self._wake.wait()
        self._wake.clear()
        frames = b"" if self.ended else b"".join(self._frames.values())
        self._frames.clear()
        return frames


class Pace:
    """How long a topic rests between two deliveries, in seconds of the loop's clock."""

    def __init__(self) -> None:
        self._deliveries: deque[tuple[float, int]] = deque()
        self._recent = 0

    def delivered(self, now: float, listeners: int) -> None:
        self._deliveries.append((now, listeners))
        self._recent += listeners

    def rest(self, now: float, listeners: int) -> float:
        """Grows with those who hear of the topic, and with what was delivered in the last second to anybody."""
        while self._deliveries and self._deliveries[0][0] < now - 1:
            self._recent -= self._deliveries.popleft()[1]
        alone = max(SHORTEST, listeners / REFRESHES_PER_SECOND)
        return min(LONGEST, alone * max(1.0, self._recent / REFRESHES_PER_SECOND))


class Fanout:
    """Belongs to the event loop it is made in; only `hear` is called from elsewhere."""

    def __init__(self, feed: ChangeFeed) -> None:
        self.loop = asyncio.get_running_loop()
        self.listeners: set[Listener] = set()
        self._by_topic: dict[str, set[Listener]] = {}
        self._pace = Pace()
        self._told_at: dict[str, float] = {}
        self._waiting: dict[str, int] = {}
        self._lock = threading.Lock()
        self._arrived: dict[str, int] = {}
        self._ticking: asyncio.TimerHandle | None = None
        self._unsubscribe: Callable[[], None] = feed.subscribe(self.hear)

    def close(self) -> None:
        self._unsubscribe()
        if self._ticking is not None:
            self._ticking.cancel()

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        for topic in self._topics(listener):
            self._by_topic.setdefault(topic, set()).add(listener)
        if self._ticking is None:
            self._ticking = self.loop.call_later(KEEP_ALIVE_SECONDS, self._keep_alive)

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        for topic in self._topics(listener):
            remaining = self._by_topic.get(topic, set())
            remaining.discard(listener)
            if not remaining:
                self._by_topic.pop(topic, None)
                self._told_at.pop(topic, None)
                self._waiting.pop(topic, None)

    def hear(self, hint: Hint) -> None:
        """Called by the feed's thread; wakes the loop once for all hints that arrive before it gets to them."""
        if hint.topic not in self._by_topic:
            return
        with self._lock:
            sleeping = not self._arrived
            self._arrived[hint.topic] = max(hint.version, self._arrived.get(hint.topic, hint.version))
        if sleeping:
            try:
                self.loop.call_soon_threadsafe(self._sort)
            except RuntimeError:  # the loop has ended, and everybody with it
                self._unsubscribe()

    @staticmethod
    def _topics(listener: Listener) -> set[str]:
        return {*listener.topics, f"{ACCESS}{listener.person}"}

    def _sort(self) -> None:
        with self._lock:
            arrived, self._arrived = self._arrived, {}
        for topic, version in arrived.items():
            if topic.startswith(ACCESS):
                for listener in self._by_topic.get(topic, ()):
                    listener.end()
            elif topic in self._waiting:
                self._waiting[topic] = max(version, self._waiting[topic])
            else:
                self._deliver_in_turn(topic, version)

    def _deliver_in_turn(self, topic: str, version: int) -> None:
        now = self.loop.time()
        listeners = len(self._by_topic.get(topic, ()))
        rest = LONGEST if topic.startswith(COMPARED) else self._pace.rest(now, listeners)
        wait = self._told_at.get(topic, now - rest) + rest - now
        self._waiting[topic] = version
        if wait <= 0:
            self._deliver(topic)
        else:
            self.loop.call_later(wait, self._deliver, topic)

    def _deliver(self, topic: str) -> None:
        version = self._waiting.pop(topic, None)
        listeners = self._by_topic.get(topic)
        if version is None or not listeners:
            return
        now = self.loop.time()
        self._told_at[topic] = now
        self._pace.delivered(now, len(listeners))
        frame = event(topic, version)
        for listener in listeners:
            listener.tell(topic, frame)

    def _keep_alive(self) -> None:
        for listener in self.listeners:
            listener.tell("", KEEP_ALIVE)
        rest = KEEP_ALIVE_SECONDS if self.listeners else None
        self._ticking = self.loop.call_later(rest, self._keep_alive) if rest else None
