"""Turns `KURATOR_UI_DATABASE_URL` into Django's database settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from kurator_ui import quick_arrays, quick_times

# WAL lets readers go on while one writes. IMMEDIATE takes the write lock at the start of a transaction: with Django's
# default a reader that turns writer is refused at once ("database is locked") instead of waiting for its turn.
# What lists read of ten thousand rollouts is some megabytes, and by default a connection keeps two (here in KiB).
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
}
# A worker frozen inside a transaction keeps its row locks; others may take its clusters after 12 s and must not wait.
IDLE_IN_TRANSACTION_MS = 10_000
CONNECT_SECONDS = 10


def database_from_url(url: str, pool_size: int) -> dict[str, Any]:
    """Settings for `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host:port/name`.

    `pool_size` is the largest number of PostgreSQL connections one process opens. Messages never carry the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("KURATOR_UI_DATABASE_URL is not an address.") from None
    name = unquote(parts.path[1:])
    if not name:
        raise ImproperlyConfigured("KURATOR_UI_DATABASE_URL names no database.")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(name)),
            "CONN_MAX_AGE": None,  # to open one and read the schema costs more than most queries
            "OPTIONS": dict(SQLITE_OPTIONS),
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("KURATOR_UI_DATABASE_URL must start with sqlite:// or postgresql://.")
    quick_arrays.register()
    quick_times.register()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,  # the pool keeps the connections
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}",
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": CONNECT_SECONDS},
        },
    }
