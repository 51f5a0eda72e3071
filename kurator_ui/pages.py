"""Django's pages for an ASGI server, by Django's WSGI handler on a few threads that stay.

Django's own ASGI handler makes a thread for each request, and with it a connection to the database: for SQLite that is
most of what a small fragment costs.
"""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Work = Callable[..., Awaitable[Any]]

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request; Django takes less of most."""


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    rest: Any = None
    """What Django streams, in pieces; each is made when the one before it has been sent."""


TOO_LARGE = Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, [(b"content-type", b"text/plain")], b"too large\n")


class Pages:
    """The ASGI application. `threads` requests are worked on at the same time, the others wait in their order."""

    def __init__(self, threads: int) -> None:
        self._handler = get_wsgi_application()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()
        more = True
        while more and len(body) <= LARGEST_BODY:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        in_executor: Work = asyncio.get_running_loop().run_in_executor
        work = partial(in_executor, self._threads, copy_context().run)
        answer = TOO_LARGE
        if len(body) <= LARGEST_BODY:
            answer = await work(self._answer, environ(scope, bytes(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        more = answer.rest is not None
        await send({"type": "http.response.body", "body": answer.body, "more_body": more})
        if more:
            await _stream(answer.rest, work, receive, send)

    def _answer(self, request: dict[str, Any]) -> Answer:
        """Gathered when its length is known: a file of ours is small."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], error: object = None) -> Callable[[bytes], object]:
            started.append((status, headers))
            return io.BytesIO().write

        response: Iterable[bytes] = self._handler(request, start)
        if getattr(response, "streaming", False) and not any(name == "Content-Length" for name, _ in started[-1][1]):
            return _begun(*started[-1], rest=response)
        try:
            body = b"".join(response)
        finally:
            getattr(response, "close", lambda: None)()
        return _begun(*started[-1], body)


def _begun(status: str, headers: list[tuple[str, str]], body: bytes = b"", rest: Any = None) -> Answer:
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return Answer(int(status.split(" ", 1)[0]), pairs, body, rest)


async def _stream(rest: Any, work: Work, receive: Receive, send: Send) -> None:
    """No thread waits while a piece is on its way, and nothing more is made for a reader who has gone."""
    gone, pieces = asyncio.ensure_future(receive()), iter(rest)
    try:
        while not gone.done() and (piece := await work(next, pieces, None)) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        gone.cancel()
        await work(rest.close)
    await send({"type": "http.response.body", "body": b""})


def settle() -> None:
    """Loads all pages, and takes what is loaded out of the collector's sight: it is never garbage, and to look through
    it takes longer than any page, in which no page is answered.
    """
    get_resolver().url_patterns  # noqa: B018 - a property that imports what it names
    gc.collect()
    gc.freeze()


def environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request as WSGI puts it."""
    client, server = scope.get("client") or ("", 0), scope.get("server") or ("localhost", 80)
    made = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        if "_" in name:  # it would be taken for the header with hyphens that a proxy vouches for
            continue
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        made[key] = f"{made[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in made else text
    made["CONTENT_LENGTH"] = str(len(body))
    made.pop("HTTP_CONTENT_LENGTH", None)
    return made
