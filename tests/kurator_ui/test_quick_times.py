"""Times come back from PostgreSQL as they were sent."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from hypothesis import given
from hypothesis import strategies as st
from psycopg.postgres import types
from psycopg.pq import Format

from kurator_ui.quick_times import QuickTimeLoader

OID = types["timestamptz"].oid


class SlowLoader(BaseTzLoader):  # type: ignore[misc]  # it has no types
    timezone = UTC


def as_postgresql_writes(at: datetime) -> bytes:
    """Without zeros at the end of the fraction, and without minutes in the offset where there are none."""
    offset = at.strftime("%z")
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    minutes = "" if offset.endswith("00") else f":{offset[3:]}"
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction}{offset[:3]}{minutes}".encode()


@given(st.datetimes(datetime(1900, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC)))
def test_they_are_read_as_psycopg_reads_them(at: datetime) -> None:
    text = as_postgresql_writes(at)
    assert QuickTimeLoader(OID).load(text) == SlowLoader(OID).load(text) == at
    assert QuickTimeLoader(OID).load(text).tzinfo is UTC


@pytest.mark.parametrize("text", [b"infinity", b"0044-03-15 12:00:00+00 BC", b"12026-11-26 00:00:00+00"])
def test_what_python_has_no_time_for_is_refused_by_psycopg(text: bytes) -> None:
    with pytest.raises(psycopg.DataError):
        QuickTimeLoader(OID).load(text)


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no type of times")
def test_the_connections_of_the_program_use_it() -> None:
    moments = [datetime(2026, 11, 26, 18, 30, 0, micros, tzinfo=UTC) for micros in (0, 1, 320_000, 999_999)]
    moments.append(datetime(1, 1, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s::timestamptz[])", [moments])
        found = [row[0] for row in cursor.fetchall()]
        assert found == moments
        assert {one.tzinfo for one in found} == {UTC}
        assert connection.connection.adapters.get_loader(OID, Format.TEXT) is QuickTimeLoader
