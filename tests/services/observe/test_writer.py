"""The writer ends in good time and in good order, and says when it falls behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from django.db import OperationalError
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.observations import Kind
from rollouts.services.observe import writer as writing
from rollouts.services.observe.record import Batch, Recorded
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from rollouts.services.observe.writer import Writer, halve
from tests.support.seen import canary
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def change(cursor: str) -> Sighting:
    return Sighting(Lease(1, 1), Collection(Kind.CANARY), (canary(),), NOW, cursor=cursor)


def page(number: int) -> Sighting:
    return Sighting(Lease(number, 1), Collection(Kind.CANARY), (canary(),) * 400, NOW, listed=True)


class Database:
    """Takes batches as the test wants: refuses so many, and lets those that wait go on once it is open."""

    def __init__(self) -> None:
        self.refuses = 0
        self.open = threading.Event()
        self.open.set()
        self.asked = 0
        self.batches: list[list[Sighting]] = []

    def record(self, sightings: Sequence[Sighting], *, now: datetime, batch: Batch | None = None) -> Recorded:
        self.asked += 1
        self.open.wait(20)
        if self.refuses:
            self.refuses -= 1
            raise OperationalError("database is locked")
        self.batches.append(list(sightings))
        return Recorded()


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(writing, "record", database.record)
    return database


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    feed = MemoryChangeFeed()
    writer = Writer(feed, worker="me", now=timezone.now, lost=lambda _: None, moved=lambda _: None)
    writer.start()
    yield writer
    database.refuses = 0
    database.open.set()
    writer.stop(10)
    feed.close()


def test_nothing_is_written_after_a_batch_that_was_given_up_at_the_end(writer: Writer, database: Database) -> None:
    """Its cursor would say that the batch before it was written, too."""
    database.refuses = 1
    database.open.clear()
    writer.put(change("8"))
    until(lambda: database.asked == 1)
    writer.put(change("9"))
    ending = threading.Thread(target=writer.stop, args=(10,))
    ending.start()
    until(lambda: writer.stopping)
    database.open.set()
    ending.join(10)
    assert database.batches == []


def test_changes_are_written_at_the_end_and_pages_of_lists_are_left(writer: Writer, database: Database) -> None:
    """A list is read again by whoever comes next; to write it may take longer than there is time."""
    database.open.clear()
    writer.put(change("8"))
    until(lambda: database.asked == 1)
    for number in range(2, 6):
        writer.put(page(number))
    writer.put(change("9"))
    ending = threading.Thread(target=writer.stop, args=(10,))
    ending.start()
    until(lambda: writer.stopping)
    database.open.set()
    ending.join(10)
    assert [one.cursor for batch in database.batches for one in batch] == ["8", "9"]


def test_many_pages_are_not_written_in_one_transaction(writer: Writer, database: Database) -> None:
    database.open.clear()
    writer.put(change("8"))
    until(lambda: database.asked == 1)
    for number in range(2, 12):
        writer.put(page(number))
    database.open.set()
    until(lambda: sum(map(len, database.batches)) == 11)
    assert max(sum(len(one.observations) for one in batch) for batch in database.batches) <= 900


def test_a_writer_that_cannot_write_is_behind(
    writer: Writer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BEHIND_SECONDS", 0.0)
    assert not writer.is_behind()
    database.open.clear()
    writer.put(change("8"))
    until(writer.is_behind)
    database.open.set()
    until(lambda: not writer.is_behind())


def test_the_end_of_a_list_is_not_left_out_with_its_last_object() -> None:
    last = Sighting(
        Lease(1, 1), Collection(Kind.CANARY), (canary(),), NOW, "9", listed=True, complete=frozenset({("shop", "a")})
    )
    halves = halve([last])
    assert halves is not None
    (first,), (second,) = halves
    assert (first.observations, first.cursor, first.complete) == (last.observations, "", None)
    assert (second.observations, second.cursor, second.complete) == ((), "9", last.complete)
    assert halve([first]) is None
    assert halve([second]) is None
