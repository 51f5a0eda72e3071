"""The stream as a browser gets it: over a socket, from the server that is used in production."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.ports import Hint
from rollouts.web.listening import Allowed, Denied
from rollouts.web.stream import Stream
from tests.support.waiting import until

REQUEST = b"GET /events/?topics=fleet HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"


async def everybody(scope: Any, topics: Sequence[str]) -> Denied | Allowed:
    return Allowed(7, frozenset(topics))


class Served:
    def __init__(self) -> None:
        self.feed = MemoryChangeFeed()
        self.stream = Stream(lambda: self.feed, judge=everybody)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._server = Server(
            self.stream,
            address="127.0.0.1",
            port=self.port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        until(self._answers)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)
        self.feed.close()

    def open(self) -> socket.socket:
        page = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        page.sendall(REQUEST)
        return page

    def listeners(self) -> int:
        return len(self.stream._fanout.listeners) if self.stream._fanout else 0

    def _run(self) -> None:
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    served.start()
    yield served
    served.stop()


def read_until(page: socket.socket, words: bytes) -> bytes:
    heard = b""
    while words not in heard:
        piece = page.recv(65536)
        assert piece, f"the stream ended before {words!r}"
        heard += piece
    return heard


def test_a_hint_arrives_over_a_socket_without_being_held_back(served: Served) -> None:
    with served.open() as page:
        assert b" 200 " in read_until(page, b"event: hello\ndata: ok\n\n")
        served.feed.publish([Hint("fleet", 17)])
        read_until(page, b"event: fleet\ndata: 17\n\n")


def test_streams_of_browsers_that_left_are_let_go_of(served: Served) -> None:
    pages = [served.open() for _ in range(20)]
    for page in pages:
        read_until(page, b"hello")
    assert served.listeners() == 20
    for page in pages:
        page.close()
    until(lambda: served.listeners() == 0)


def test_a_stream_that_ends_closes_its_answer(served: Served) -> None:
    with served.open() as page:
        read_until(page, b"hello")
        served.feed.publish([Hint("access-7", 1)])
        read_until(page, b"0\r\n\r\n")  # the last chunk
