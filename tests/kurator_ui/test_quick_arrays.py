"""Arrays of texts arrive in PostgreSQL as they were sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.array import ListDumper
from psycopg.types.json import Jsonb

from kurator_ui.quick_arrays import QuickListDumper

TEXTS = st.lists(st.text(alphabet=st.sampled_from('ab"\\{},\n é'), max_size=20) | st.none(), max_size=6)


def dumped(kind: type[ListDumper], values: list[Any]) -> bytes:
    return bytes(kind(list, Transformer()).upgrade(values, PyFormat.TEXT).dump(values) or b"")


@given(TEXTS)
def test_they_are_written_as_psycopg_writes_them(texts: list[str | None]) -> None:
    assert dumped(QuickListDumper, texts) == dumped(ListDumper, texts)


@given(TEXTS)
def test_so_is_json(texts: list[str | None]) -> None:
    values = [Jsonb({"said": text}) for text in texts] or [Jsonb({})]
    assert dumped(QuickListDumper, values) == dumped(ListDumper, values)


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL has arrays")
def test_they_come_back_and_the_connections_of_the_program_use_it() -> None:
    texts = ['a "b" \\ c', "{x,y}", "", "\\\\", None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s::text[])", [texts])
        assert [row[0] for row in cursor.fetchall()] == texts
        assert connection.connection.adapters.get_dumper(list, PyFormat.TEXT) is QuickListDumper
