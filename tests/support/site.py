"""The whole program on a loopback port, in threads of this process and on the test's own database.

Nothing beside the server is started: neither observer nor tasks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from kurator_ui.asgi import Application
from kurator_ui.run.preflight import free_port
from tests.support.people import grant

STARTED_WITHIN = 20.0
STOPPED_WITHIN = 10.0


@contextmanager
def serving() -> Iterator[str]:
    """Gives the address, without a slash at its end."""
    port = free_port("127.0.0.1")
    application = Application()
    started = threading.Event()
    held: dict[str, Any] = {}

    async def run() -> None:
        server = Server(
            application,
            port=port,
            interface=Interfaces.ASGINL,
            blocking_threads=1,
            log_enabled=False,
            log_level=LogLevels.error,
        )
        held.update(server=server, loop=asyncio.get_running_loop())
        server.on_startup(started.set)
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="test-site", daemon=True)
    thread.start()
    assert started.wait(STARTED_WITHIN), "the test site did not start"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        held["loop"].call_soon_threadsafe(application.close_streams)
        held["loop"].call_soon_threadsafe(held["server"].stop)
        thread.join(STOPPED_WITHIN)


def session_cookie(address: str, name: str = "viewer", **fields: Any) -> Any:
    """Signs somebody in, who sees everything if new. The cookie is in the shape that a browser context takes."""
    person, new = get_user_model().objects.get_or_create(username=name, defaults=fields)
    if new:
        grant(person)
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = person.get_session_auth_hash()
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": address}
