"""Serves the ASGI application from this very process until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from kurator_ui.run.preflight import Trouble

# An open page holds one request for as long as it is open: the usual limits of a server are those of short requests.
BACKLOG = 2048
OPEN_REQUESTS = 8192
STOP_SECONDS = 4.0
READY_SECONDS = 15.0


def serve(host: str, port: int, *, when_ready: Callable[[], None]) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code. `when_ready` is called once requests are answered."""
    code = uvloop.run(_serve(host, port, when_ready))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


async def _serve(host: str, port: int, when_ready: Callable[[], None]) -> int:
    from kurator_ui.asgi import application  # noqa: PLC0415  (sets Django up)

    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=OPEN_REQUESTS,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopping.wait())
    try:
        await _answering(host, port, serving)
        when_ready()
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    failed = serving.done()
    application.close_streams()
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving}, timeout=STOP_SECONDS)
    if not serving.done():
        # A request that never ends must not keep the process. What is committed is committed.
        os._exit(int(failed))
    return int(failed)


async def _answering(host: str, port: int, serving: asyncio.Task[None]) -> None:
    """Wait until the health check is answered."""
    near = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    while not serving.done() and loop.time() < deadline:
        try:
            reader, writer = await asyncio.open_connection(near, port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.readline(), timeout=5)
            writer.close()
            if b" 200 " in answer:
                return
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(0.05)
    raise Trouble(f"The server on port {port} does not answer.")
