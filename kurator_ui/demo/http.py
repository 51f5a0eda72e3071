"""HTTP/1.1 on asyncio: enough for API clients, and cheap enough for hundreds of open watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-cache, private\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
MAX_BODY = 16 * 1024 * 1024
MAX_BACKLOG = 32 * 1024 * 1024
"""Bytes a watcher may lag behind before it is cut off."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]


@dataclass(slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Stream(Protocol):
    """An answer without an end: chunks until either side stops."""

    def start(self, write: Callable[[bytes], None], end: Callable[[], None]) -> None: ...

    def stop(self) -> None: ...


class Hang:
    """Accept the request and never answer."""


class Drop:
    """Close the connection without an answer."""


Answer = Response | Stream | Hang | Drop
App = Callable[[Request, "Connection"], Answer]


class Connection(asyncio.Protocol):
    """One client connection; requests are answered one after the other."""

    def __init__(self, app: App, register: set[Connection]) -> None:
        self._app, self._register = app, register
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._stream: Stream | None = None
        self._busy = False
        self.muted = False
        self.label = ""
        """Set by the app: whose request this was, so that a cluster's connections can be cut."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._register.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._register.discard(self)
        self._stop_stream()
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def abort(self) -> None:
        self._stop_stream()
        if self._transport:
            self._transport.abort()

    def mute(self) -> None:
        """Keep the connection open and say nothing any more."""
        self._busy = self.muted = True
        self._stop_stream()

    def _work(self) -> None:
        while self._transport and not self._busy:
            try:
                request = take_request(self._buffer)
            except ValueError:
                self._send(Response(400, b"bad request", "text/plain"), keep=False)
                return
            if request is None:
                return
            self._answer(request, self._app(request, self))

    def _answer(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Response):
            self._send(answer, keep=request.headers.get("connection", "").lower() != "close")
        elif isinstance(answer, Hang):
            self.mute()
        elif isinstance(answer, Drop):
            self.abort()
        elif self._transport:
            self._busy, self._stream = True, answer
            self._transport.write(STREAM_HEAD)
            answer.start(self._write_chunk, self._end_stream)

    def _send(self, answer: Response, keep: bool) -> None:
        if not self._transport:
            return
        reason = HTTPStatus(answer.status).phrase
        lines = [
            f"HTTP/1.1 {answer.status} {reason}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
        ]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += [] if keep else ["Connection: close"]
        self._transport.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        if not keep:
            self._transport.close()

    def _write_chunk(self, data: bytes) -> None:
        if not self._transport or self._stream is None:
            return
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        if self._transport.get_write_buffer_size() > MAX_BACKLOG:
            self.abort()

    def _end_stream(self) -> None:
        if self._stream is None:
            return
        self._stop_stream()
        self._busy = False
        if self._transport:
            self._transport.write(b"0\r\n\r\n")
            self._work()

    def _stop_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.stop()


def take_request(buffer: bytearray) -> Request | None:
    """Cut the first whole request off the buffer; None while it is incomplete. Raises ValueError when it is none."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > 65536:
            raise ValueError("request head too long")
        return None
    first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _chunked(buffer, end + 4)
    else:
        length = int(headers.get("content-length") or 0)
        whole = len(buffer) >= end + 4 + length
        body = (bytes(buffer[end + 4 : end + 4 + length]), end + 4 + length) if whole else None
        if length > MAX_BODY:
            raise ValueError("request too large")
    if body is None:
        return None
    del buffer[: body[1]]
    parts = urlsplit(target)
    return Request(method, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True), headers, body[0])


def _chunked(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while (line := buffer.find(b"\r\n", at)) >= 0:
        size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        at = line + 2
        if len(body) + size > MAX_BODY:
            raise ValueError("request too large")
        if len(buffer) < at + size + 2:
            return None
        if size == 0:
            return bytes(body), at + 2
        body += buffer[at : at + size]
        at += size + 2
    return None
