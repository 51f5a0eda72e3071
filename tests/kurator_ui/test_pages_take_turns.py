"""Many requests at once make none of them faster, and whatever else the process does late."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from kurator_ui import pages
from kurator_ui.asgi import PAGES_AT_ONCE, Application
from kurator_ui.pages import Pages, environ, settle
from tests.support.waiting import until

Start = Callable[[str, list[tuple[str, str]]], object]
SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "http_version": "1.1",
    "headers": [],
    "client": ("192.0.2.7", 4711),
    "server": ("127.0.0.1", 8080),
    "scheme": "http",
}


async def ask(asgi: Any, body: bytes = b"", **scope: Any) -> list[dict[str, Any]]:
    """What was sent back."""
    sent: list[dict[str, Any]] = []
    coming = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await asgi({**SCOPE, **scope}, receive, send)
    return sent


def test_the_collector_of_garbage_does_not_look_through_what_was_loaded_at_the_start() -> None:
    try:
        settle()
        loaded = import_module("rollouts.web.views.fleet")
        assert not any(seen is vars(loaded) for seen in gc.get_objects())
    finally:
        gc.unfreeze()


def test_only_so_many_pages_are_worked_on_at_the_same_time_and_all_are_answered() -> None:
    application, gate, lock, working = Application(), threading.Event(), threading.Lock(), [0]
    most = 0

    def page(request: dict[str, Any], start: Start) -> Iterable[bytes]:
        nonlocal most
        with lock:
            working[0] += 1
            most = max(most, working[0])
        gate.wait(30)
        with lock:
            working[0] -= 1
        start("200 OK", [])
        return [b"done"]

    application._pages._handler = page  # type: ignore[attr-defined]

    async def many() -> list[list[dict[str, Any]]]:
        asked = [asyncio.create_task(ask(application)) for _ in range(50)]
        await asyncio.to_thread(until, lambda: working[0] == PAGES_AT_ONCE)
        gate.set()
        return await asyncio.gather(*asked)

    answers = asyncio.run(many())
    assert most == PAGES_AT_ONCE
    assert [answer[1]["body"] for answer in answers] == [b"done"] * 50


def test_a_request_is_passed_on_as_it_came() -> None:
    headers = [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"content-type", b"text/x"), (b"hx-request", b"true")]
    made = environ({**SCOPE, "path": "/ü/", "query_string": b"q=%C3%BC", "headers": headers}, b"body")
    assert made["PATH_INFO"].encode("latin-1").decode() == "/ü/"
    assert (made["QUERY_STRING"], made["REMOTE_ADDR"], made["SERVER_PORT"]) == ("q=%C3%BC", "192.0.2.7", "8080")
    assert (made["HTTP_COOKIE"], made["CONTENT_TYPE"], made["HTTP_HX_REQUEST"]) == ("a=1; b=2", "text/x", "true")
    assert (made["CONTENT_LENGTH"], made["wsgi.input"].read()) == ("4", b"body")


def test_a_header_with_an_underscore_cannot_pass_for_one_that_a_proxy_vouches_for() -> None:
    made = environ({**SCOPE, "headers": [(b"x_forwarded_proto", b"https"), (b"content-length", b"7")]}, b"")
    assert "HTTP_X_FORWARDED_PROTO" not in made
    assert made["CONTENT_LENGTH"] == "0", "what was read counts, not what was said"


def test_too_large_a_request_is_refused_before_anybody_looks_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LARGEST_BODY", 10)
    application = Pages(1)
    application._handler = None  # type: ignore[assignment]  # it would be called in vain
    begin, _ = asyncio.run(ask(application, b"x" * 11))
    assert begin["status"] == 413


def test_an_error_on_the_way_closes_the_answer_and_is_not_swallowed() -> None:
    application, closed = Pages(1), []

    class Broken(list[bytes]):
        def __iter__(self) -> Any:
            raise ValueError("broken")

        def close(self) -> None:
            closed.append(True)

    application._handler = lambda request, start: Broken()  # type: ignore[assignment]
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(ask(application))
    assert closed == [True]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has a pool")
@pytest.mark.django_db(transaction=True)
def test_a_thread_opens_the_database_once_and_not_for_each_page() -> None:
    application, opened = Pages(1), []

    def created(**_: Any) -> None:
        opened.append(threading.current_thread().name)

    async def several() -> list[int]:
        cookie = [(b"host", b"localhost"), (b"cookie", b"sessionid=" + b"a" * 32)]
        return [(await ask(application, path="/", headers=cookie))[0]["status"] for _ in range(3)]

    connection_created.connect(created)
    try:
        assert asyncio.run(several()) == [302, 302, 302]
    finally:
        connection_created.disconnect(created)
    assert len(opened) == 1


class Streamed(list[bytes]):
    """As Django answers with what has no length yet; `seen` is what had been sent when each piece was made."""

    streaming = True

    def __init__(self, pieces: int, sent: list[dict[str, Any]]) -> None:
        self.pieces, self.sent, self.closed = pieces, sent, False
        self.seen: list[int] = []

    def __iter__(self) -> Any:
        for number in range(self.pieces):
            self.seen.append(len(self.sent))
            yield b"%d" % number

    def close(self) -> None:
        self.closed = True


def stream(pieces: int, *, leaves_after: int | None = None) -> tuple[Streamed, list[dict[str, Any]]]:
    """To a reader who stays, or leaves when so many messages have come."""
    application, sent = Pages(1), list[dict[str, Any]]()
    answer = Streamed(pieces, sent)

    def handler(request: dict[str, Any], start: Start) -> Streamed:
        start("200 OK", [("Content-Type", "text/csv")])
        return answer

    async def read() -> None:
        left, coming = asyncio.Event(), iter([{"type": "http.request"}])

        async def receive() -> dict[str, Any]:
            if (message := next(coming, None)) is not None:
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)
            if len(sent) == leaves_after:
                left.set()

        await application(SCOPE, receive, send)

    application._handler = handler  # type: ignore[assignment]
    asyncio.run(read())
    return answer, sent


def test_what_is_streamed_is_made_piece_by_piece_as_it_is_sent() -> None:
    answer, sent = stream(4)
    assert answer.seen == [2, 3, 4, 5]
    assert b"".join(message.get("body", b"") for message in sent) == b"0123"
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * 5 + [False]
    assert answer.closed


def test_nothing_more_is_made_for_a_reader_who_has_gone() -> None:
    answer, _ = stream(1000, leaves_after=5)
    assert len(answer.seen) < 10
    assert answer.closed
