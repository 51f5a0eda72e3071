"""What can go wrong with an API server, one class each, for `FakeCluster.faults`: the first that fits is done.

`when` says which requests are meant (by default every one), `times` how often (None: for ever).

    cluster.faults.append(Reset(after_bytes=300, when=watching(Kind.CANARY)))
    cluster.faults.append(Answer(429, retry_after="7", when=listing(Kind.CANARY), times=2))
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollouts.domain.observations import Kind

if TYPE_CHECKING:
    from tests.support.exchange import Exchange, Request

When = Callable[["Request"], bool]


def always(request: Request) -> bool:
    return True


def watching(kind: Kind) -> When:
    return lambda request: request.watch and request.plural == kind


def listing(kind: Kind) -> When:
    return lambda request: not request.watch and request.plural == kind and not request.name


def continuing(kind: Kind) -> When:
    """The second and later pages of a list."""
    return lambda request: request.plural == kind and "continue" in request.query


def touching(kind: Kind) -> When:
    return lambda request: request.plural == kind


@dataclass(kw_only=True)
class Fault:
    when: When = always
    times: int | None = 1

    def apply(self, exchange: Exchange) -> None:
        """Answers instead of the cluster, or spoils how `exchange` will write the cluster's own answer."""
        raise NotImplementedError


@dataclass
class Answer(Fault):
    """A refusal or failure with a Status, as API servers write it: 401, 403, 404, 410, 429, 500, 503, …"""

    code: int
    message: str = "made to fail"
    retry_after: str = ""

    def apply(self, exchange: Exchange) -> None:
        exchange.status(self.code, self.message, {"Retry-After": self.retry_after} if self.retry_after else {})


@dataclass
class Redirect(Fault):
    """Sends the client elsewhere, which must not take its token along."""

    to: str

    def apply(self, exchange: Exchange) -> None:
        exchange.respond(307, b"", {"Location": self.to})


@dataclass
class NotJSON(Fault):
    """A page of some proxy in between, with a success code."""

    def apply(self, exchange: Exchange) -> None:
        exchange.respond(200, b"<html>Please sign in</html>", {"Content-Type": "text/html"})


@dataclass
class Reset(Fault):
    """The connection is reset after so many bytes of the body."""

    after_bytes: int = 0

    def apply(self, exchange: Exchange) -> None:
        exchange.cut(self.after_bytes, reset)


@dataclass
class Cut(Fault):
    """The connection is closed after so many bytes of the body, without the end that chunked answers have."""

    after_bytes: int = 0

    def apply(self, exchange: Exchange) -> None:
        exchange.cut(self.after_bytes, close)


@dataclass
class HalfLine(Fault):
    """A watch whose n-th line breaks off in the middle; then the answer ends as if it were whole."""

    line: int = 1

    def apply(self, exchange: Exchange) -> None:
        exchange.half_line = self.line


@dataclass
class GoneInStream(Fault):
    """A watch that says after n lines, inside the stream, that it no longer remembers where the client is."""

    after_lines: int = 0
    code: int = 410

    def apply(self, exchange: Exchange) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": self.code, "reason": "Expired"}
        line = json.dumps({"type": "ERROR", "object": {**status, "message": "too old resource version: 1 (99)"}})
        exchange.last_line = (self.after_lines, line.encode() + b"\n")


@dataclass
class Line(Fault):
    """A line of the test's own as the first of a watch."""

    content: bytes

    def apply(self, exchange: Exchange) -> None:
        exchange.first_lines.append(self.content + b"\n")


@dataclass
class Silence(Fault):
    """Accepts the request and never answers; with `headers`, never says more than that all is well (a dead watch)."""

    headers: bool = False

    def apply(self, exchange: Exchange) -> None:
        if self.headers:
            exchange.head(200, {"Transfer-Encoding": "chunked"})
        exchange.hold()


@dataclass
class Flood(Fault):
    """Sends bytes without a newline until the client has had enough; nothing of it is kept here."""

    size: int = 1 << 30

    def apply(self, exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": str(self.size)})
        piece = b"x" * 65536
        for _ in range(self.size // len(piece)):
            exchange.write(piece)


@dataclass
class Drip(Fault):
    """One byte at a time, each in time for the socket's own limit, and never done. With `headers`, even those drip."""

    seconds: float = 1.0
    headers: bool = False

    def apply(self, exchange: Exchange) -> None:
        if self.headers:
            exchange.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            exchange.head(200, {"Transfer-Encoding": "chunked"})
            exchange.write(b"1000000\r\n")
        while exchange.hold(self.seconds):
            exchange.write(b"x")


def reset(connection: socket.socket) -> None:
    """RST instead of FIN: what was not delivered yet is lost."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    with contextlib.suppress(OSError):
        os.close(socket.socket.detach(connection))  # `close` would wait for the files made of the socket


def close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
