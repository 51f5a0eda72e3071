"""Times arrive from PostgreSQL as psycopg reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError
from psycopg.types.datetime import TimestamptzLoader

from kurator_ui import quick_times

OFFSETS = st.integers(-15 * 60, 15 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
LOADER: Any = TimestamptzLoader(1184)


def written(at: datetime) -> bytes:
    """As PostgreSQL writes it: no zeros at the end, no minutes in an offset of whole hours."""
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    offset = at.strftime("%z").removesuffix("00")
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction}{offset[:3]}{':' if offset[3:] else ''}{offset[3:]}".encode()


@given(st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))
def test_they_are_read_as_psycopg_reads_them(at: datetime) -> None:
    assert quick_times._load(LOADER, written(at)) == TimestamptzLoader._load_iso(LOADER, written(at)) == at


@pytest.mark.parametrize("text", [b"infinity", b"0044-03-15 12:00:00+00 BC", b"10000-01-01 00:00:00+00", b"nonsense"])
def test_what_no_datetime_can_hold_is_refused_as_before(text: bytes) -> None:
    with pytest.raises(DataError):
        quick_times._load(LOADER, text)


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps times as text")
def test_they_come_back_in_utc_and_the_connections_of_the_program_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def noted(loader: Any, data: Any) -> datetime:
        read.append(bytes(data))
        return quick_times._load(loader, data)

    assert BaseTzLoader.__dict__["_load_iso"].__func__ is quick_times._load
    monkeypatch.setattr(BaseTzLoader, "_load_iso", staticmethod(noted))
    with connection.cursor() as cursor:
        cursor.execute("SELECT timestamptz '2026-11-26 15:23:06.12+05:30'")
        (found,) = cursor.fetchone()
    assert (found, found.tzinfo) == (datetime(2026, 11, 26, 9, 53, 6, 120000, UTC), UTC)
    assert read == [b"2026-11-26 09:53:06.12+00"]
