"""One request to a `FakeCluster` and its answer, written byte by byte so that faults can spoil any of them."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from tests.support.misbehaving import FakeCluster


class Ended(Exception):
    """This exchange is over. After a whole answer the connection can serve the next request."""

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole


@dataclass(frozen=True)
class Request:
    """`plural` is the collection (`canaries`), empty for anything that is none (`/version`)."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    at: float = field(default_factory=time.monotonic)

    @property
    def watch(self) -> bool:
        return self.query.get("watch") in ("true", "1")

    @property
    def parts(self) -> tuple[str, str, str, str, str]:
        """Group, version, namespace, plural, name."""
        words = [unquote(word) for word in self.path.strip("/").split("/")]
        if words[0] == "api" and len(words) > 1:
            group, version, rest = "", words[1], words[2:]
        elif words[0] == "apis" and len(words) > 2:
            group, version, rest = words[1], words[2], words[3:]
        else:
            return "", "", "", "", ""
        namespace = ""
        if rest[:1] == ["namespaces"] and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        plural, name = (*rest, "", "")[:2]
        return group, version, namespace, plural, name

    @property
    def plural(self) -> str:
        return self.parts[3]

    @property
    def name(self) -> str:
        return self.parts[4]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @staticmethod
    def of(verb: str, target: str, headers: list[tuple[str, str]], body: bytes) -> Request:
        address = urlsplit(target)
        return Request(verb, address.path, dict(parse_qsl(address.query)), tuple(headers), body)


class Exchange:
    def __init__(self, connection: socket.socket, cluster: FakeCluster, request: Request) -> None:
        self.connection = connection
        self.cluster = cluster
        self.request = request
        self.done = False
        self.first_lines: list[bytes] = []
        self.half_line: int | None = None
        self.last_line: tuple[int, bytes] | None = None
        self._cut: tuple[int, Callable[[socket.socket], None]] | None = None
        self._sent = 0
        self._lines = 0

    def write(self, content: bytes) -> None:
        try:
            self.connection.sendall(content)
        except OSError as error:
            raise Ended from error

    def head(self, code: int, headers: Mapping[str, str]) -> None:
        self.done = True
        date = formatdate(time.time() + self.cluster.clock_offset, usegmt=True)
        lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", f"Date: {date}"]
        lines += [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **headers}.items()]
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def respond(self, code: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.head(code, {"Content-Length": str(len(body)), **(headers or {})})
        self._body(body)

    def json(self, code: int, content: Any, headers: Mapping[str, str] | None = None) -> None:
        self.respond(code, json.dumps(content).encode(), headers)

    def status(self, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        reasons = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired", 429: "TooManyRequests"}
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        self.json(code, {**status, "reason": reasons.get(code, "InternalError")}, headers)

    def cut(self, after_bytes: int, how: Callable[[socket.socket], None]) -> None:
        self._cut = after_bytes, how

    def begin_lines(self) -> None:
        self.head(200, {"Transfer-Encoding": "chunked"})
        if self._cut is not None and self._cut[0] == 0:
            self._body(b"")
        for line in self.first_lines:
            self.line(line)
        self._end_if_due()

    def line(self, content: bytes) -> None:
        """One line of a watch as a chunk of its own, as API servers send them."""
        self._lines += 1
        if self.half_line == self._lines:
            half = content[: len(content) // 2]
            self._body(f"{len(half):x}\r\n".encode() + half + b"\r\n")
            self.end_lines()
        self._body(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self._end_if_due()

    def _end_if_due(self) -> None:
        if self.last_line is not None and self.last_line[0] == self._lines:
            content = self.last_line[1]
            self._body(f"{len(content):x}\r\n".encode() + content + b"\r\n")
            self.end_lines()

    def end_lines(self) -> None:
        self._body(b"0\r\n\r\n")
        raise Ended(whole=True)

    def hold(self, seconds: float | None = None) -> bool:
        """Waits, for ever or so many seconds; raises Ended when the client has gone or the cluster stops."""
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            if self.cluster.stopping.wait(0.02) or self.gone():
                raise Ended
        return True

    def gone(self) -> bool:
        """A client says nothing while it waits for an answer, so anything to read is its farewell."""
        try:
            return bool(select.select([self.connection], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    def _body(self, content: bytes) -> None:
        if self._cut is None:
            self.write(content)
            return
        after, how = self._cut
        self.write(content[: max(after - self._sent, 0)])
        self._sent += len(content)
        if self._sent >= after:
            with contextlib.suppress(OSError):
                how(self.connection)
            raise Ended
