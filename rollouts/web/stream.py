"""The stream of hints, `/events/?topics=fleet,rollout-42`, as server-sent events: what has changed, never how.

    event: rollout-42
    data: 17

A bare ASGI application, since a Django view would hold a thread for every open page. Who may listen is asked when the
stream opens, again every few minutes, and whenever the change feed says that somebody's access has changed. The first
event is `hello`: a page that comes back after an interruption asks for what it has missed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from rollouts.domain.ports import ChangeFeed
from rollouts.web.fanout import Fanout, Listener, event
from rollouts.web.listening import Denied, Judge, may_listen

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

LARGEST_STREAMS = 2000
LARGEST_TOPICS = 50
TOPIC = re.compile(r"[a-z]{1,20}(-[0-9]{1,19})?")
RECHECK_SECONDS = 300.0
"""A floor: a hint that access has changed may get lost like any other."""
RETRY_MS = 3000
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Stream:
    """The ASGI application; one per process."""

    def __init__(
        self, feed: Callable[[], ChangeFeed], *, judge: Judge = may_listen, largest: int = LARGEST_STREAMS
    ) -> None:
        self._feed = feed
        self._judge = judge
        self._largest = largest
        self._open = 0
        self._fanout: Fanout | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await _refuse(send, 405, "only GET", (b"allow", b"GET"))
            return
        topics = _topics(scope)
        if topics is None:
            await _refuse(send, 400, "topics are words like fleet or rollout-42, separated by commas")
            return
        if self._open >= self._largest:
            await _refuse(send, 503, "too many open pages", (b"retry-after", b"5"))
            return
        self._open += 1
        try:
            await self._listen(scope, topics, receive, send)
        finally:
            self._open -= 1

    async def _listen(self, scope: Scope, topics: list[str], receive: Receive, send: Send) -> None:
        judged = await self._judge(scope, topics)
        if isinstance(judged, Denied):
            await _refuse(send, judged.status, judged.reason)
            return
        fanout = self._running()
        listener = Listener(judged.person, judged.topics)
        fanout.join(listener)
        watching = fanout.loop.create_task(_until_gone(receive, listener))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await _send(send, f"retry: {RETRY_MS}\n\n".encode() + event("hello", "ok"))
            await self._pass_on(scope, listener, send, fanout)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watching.cancel()
            fanout.leave(listener)

    async def _pass_on(self, scope: Scope, listener: Listener, send: Send, fanout: Fanout) -> None:
        check_at = fanout.loop.time() + RECHECK_SECONDS
        while frames := await listener.next():
            # Nothing else needs a timer here: the keep-alive comes by often enough.
            if fanout.loop.time() >= check_at:
                judged = await self._judge(scope, list(listener.topics))
                if isinstance(judged, Denied) or judged.topics != listener.topics:
                    return
                check_at = fanout.loop.time() + RECHECK_SECONDS
            await _send(send, frames)

    def _running(self) -> Fanout:
        """The fan-out of this event loop. A process has one loop; tests have one each."""
        loop = asyncio.get_running_loop()
        if self._fanout is None or self._fanout.loop is not loop:
            if self._fanout is not None:
                self._fanout.close()
            self._fanout = Fanout(self._feed())
        return self._fanout


def _topics(scope: Scope) -> list[str] | None:
    """None when they are not to be understood, or too many."""
    try:
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=10)
    except ValueError:
        return None
    topics = [topic for value in query.get("topics", []) for topic in value.split(",") if topic]
    if len(topics) > LARGEST_TOPICS or not all(TOPIC.fullmatch(topic) for topic in topics):
        return None
    return topics


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _refuse(send: Send, status: int, reason: str, *headers: tuple[bytes, bytes]) -> None:
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": plain})
    await send({"type": "http.response.body", "body": reason.encode() + b"\n"})


def _change_feed() -> ChangeFeed:
    from rollouts.wiring import change_feed  # noqa: PLC0415  (models can be loaded only when Django is set up)

    return change_feed()


application = Stream(_change_feed)
