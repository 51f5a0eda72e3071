"""The whole program behind one ASGI server: the stream of hints, and Django for every other address.

The stream is no Django view, since that would hold one thread for each open page. The lifespan starts what an embedded
installation runs beside the server; with Redis it starts nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from django.conf import settings

from kurator_ui.pages import Pages, settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kurator_ui.settings")

STREAM_PATH = "/events/"
PAGES_AT_ONCE = 6
"""Requests for pages that are worked on at the same time. Each has a thread, and all threads share one processor with
the observer of an embedded installation: fifty at once make none faster and the observer late.
"""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class Application:
    def __init__(self) -> None:
        self._pages: Asgi = Pages(PAGES_AT_ONCE)
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(STREAM_PATH):
            await self._stream_until_closing(scope, receive, send)
        elif scope["type"] == "http":
            await self._pages(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000, "reason": "no websockets here"})

    def close_streams(self) -> None:
        """End every open stream. A server that stops waits for its open answers, and streams have no end."""
        self._closing.set()

    async def _stream_until_closing(self, scope: Scope, receive: Receive, send: Send) -> None:
        hints: Asgi = import_module("rollouts.web.stream").application
        stream = asyncio.ensure_future(hints(scope, receive, send))
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({stream, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            if not stream.done():
                stream.cancel()
        with suppress(asyncio.CancelledError):
            await stream

    async def _live(self, receive: Receive, send: Send) -> None:
        from kurator_ui.embedded import Embedded  # noqa: PLC0415  (Celery is loaded where it is used)

        embedded = Embedded(observe=settings.OBSERVE) if settings.EMBEDDED else None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await asyncio.to_thread(settle)
                if embedded:
                    await asyncio.to_thread(embedded.start)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.close_streams()
                if embedded:
                    await asyncio.to_thread(embedded.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Application()
