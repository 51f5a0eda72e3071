"""A page that listens to the stream of hints, at the ASGI interface: what a server and a browser would do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Self

Application = Callable[[Any, Any, Any], Awaitable[None]]
PATIENCE = 20.0


class ListeningPage:
    """`async with ListeningPage(application, "fleet,rollout-42") as page: await page.event()`"""

    def __init__(
        self, application: Application, topics: str = "fleet", *, method: str = "GET", cookie: str = ""
    ) -> None:
        self._application = application
        self._scope = {
            "type": "http",
            "method": method,
            "path": "/events/",
            "query_string": f"topics={topics}".encode(),
            "headers": [(b"cookie", cookie.encode())] if cookie else [],
        }
        self.status = 0
        self.headers: dict[str, str] = {}
        self.bodies: list[bytes] = []
        self._started = asyncio.Event()
        self._left = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._blocks: asyncio.Queue[str] = asyncio.Queue()
        self._text = ""

    async def __aenter__(self) -> Self:
        self._task = asyncio.ensure_future(self._application(self._scope, self._receive, self._send))
        await asyncio.wait_for(self._started.wait(), PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left.set()
        await self.ended()

    async def ended(self) -> None:
        """Waits until the application is done with this page."""
        await asyncio.wait_for(self._task, PATIENCE)

    def stop_reading(self) -> None:
        """As when the network is full: what the application sends next waits."""
        self._reading.clear()

    def read_on(self) -> None:
        self._reading.set()

    async def block(self) -> str:
        return await asyncio.wait_for(self._blocks.get(), PATIENCE)

    async def event(self) -> tuple[str, str]:
        """Name and data of the next event; comments and fields of other kinds are passed over."""
        while True:
            fields = dict(line.split(": ", 1) for line in (await self.block()).splitlines() if ": " in line)
            if "event" in fields:
                return fields["event"], fields["data"]

    async def events_until(self, last: tuple[str, str]) -> list[tuple[str, str]]:
        return await self.events_with({last})

    async def events_with(self, wanted: set[tuple[str, str]]) -> list[tuple[str, str]]:
        """All events up to the one with which every wanted one has come, in whatever order."""
        events: list[tuple[str, str]] = []
        while not wanted <= set(events):
            events.append(await self.event())
        return events

    async def _receive(self) -> MutableMapping[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self._started.set()
            return
        await self._reading.wait()
        self.bodies.append(message["body"])
        self._text += message["body"].decode()
        while "\n\n" in self._text:
            block, self._text = self._text.split("\n\n", 1)
            self._blocks.put_nowait(block)
