"""A stream goes on whatever happens, says when it is not up to date, and never asks without a pause."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from rollouts.domain.errors import ClusterError, Gone
from rollouts.domain.observations import Kind, Observation
from rollouts.domain.ports import Page, Seen
from rollouts.services.observe import streams
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from rollouts.services.observe.streams import Stream, Timing
from tests.support.seen import canary

CANARIES = Collection(Kind.CANARY)
TIMING = Timing(shortest_wait=0.5, longest_wait=15)


class Stopping(threading.Event):
    """Notes how long somebody would have waited, and ends everything after some waits."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._after = after

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0)
        if len(self.waits) >= self._after:
            self.set()
        return self.is_set()


class Connection:
    """Gives what the test says; a list holds one Canary."""

    def __init__(self, watch: Callable[[str], Iterator[Seen]]) -> None:
        self._watch = watch
        self.listed = 0
        self.watched: list[str] = []

    def resource_version(self, kind: Kind, namespace: str = "") -> str:
        return "100"

    def list(self, kind: Kind, namespace: str = "", *, limit: int = 500) -> Iterator[Page]:
        self.listed += 1
        yield Page((canary(),), "7", more=False)

    def watch(self, kind: Kind, resource_version: str, namespace: str = "", *, seconds: int = 300) -> Iterator[Seen]:
        self.watched.append(resource_version)
        return self._watch(resource_version)


class Host:
    """Keeps what its stream says."""

    lease = Lease(1, 1)

    def __init__(self, connection: Connection, *, troubles: list[Exception] | None = None) -> None:
        self._connection = connection
        self._troubles = troubles or []
        self.said: list[str] = []
        self.errors: list[ClusterError] = []

    def connection(self) -> Connection:
        if self._troubles:
            raise self._troubles.pop(0)
        return self._connection

    def failed(self, collection: Collection, error: ClusterError) -> None:
        self.said.append("failed")
        self.errors.append(error)

    def following(self, collection: Collection) -> None:
        self.said.append("following")

    def interrupted(self, collection: Collection) -> None:
        self.said.append("interrupted")

    def saw(self, observation: Observation) -> None: ...


def run(host: Host, stopping: Stopping, *, cursor: str = "7", put: Callable[[Sighting], None] | None = None) -> None:
    stream = Stream(
        host,  # type: ignore[arg-type]
        CANARIES,
        cursor=cursor,
        put=put or (lambda sighting: sighting.committed() if sighting.committed else None),
        now=timezone.now,
        stopping=stopping,
        timing=TIMING,
    )
    stream.run()


def ended(cursor: str) -> Iterator[Seen]:
    yield from ()


def forgotten(cursor: str) -> Iterator[Seen]:
    yield from ()
    raise Gone("too old")


def test_an_error_that_nobody_expected_is_told_and_does_not_end_the_stream() -> None:
    connection = Connection(ended)
    host = Host(connection, troubles=[ValueError("token=abc"), RuntimeError("no thread")])
    run(host, Stopping(3))
    assert host.said[:3] == ["failed", "failed", "following"]
    assert "ValueError" in str(host.errors[0])
    assert "abc" not in str(host.errors[0])


def test_a_stream_that_has_to_list_again_is_not_up_to_date_meanwhile() -> None:
    host = Host(Connection(forgotten))
    run(host, Stopping(1))
    assert host.said[:3] == ["following", "interrupted", "following"]


def test_a_watch_that_ended_is_not_up_to_date_before_the_next_one() -> None:
    host = Host(Connection(ended))
    run(host, Stopping(1))
    assert host.said == ["following", "interrupted"]


def test_a_server_that_forgets_every_cursor_at_once_is_not_listed_without_a_pause() -> None:
    stopping, connection = Stopping(3), Connection(forgotten)
    run(Host(connection), stopping)
    assert connection.listed <= 3
    assert stopping.waits == sorted(stopping.waits)
    assert stopping.waits[-1] > stopping.waits[0] > 0


def test_a_server_that_ends_every_watch_at_once_is_not_asked_without_a_pause() -> None:
    stopping, connection = Stopping(3), Connection(ended)
    run(Host(connection), stopping)
    assert stopping.waits == [0.5, 0.5, 0.5]
    assert len(connection.watched) == 3


def test_what_could_not_be_handed_over_is_asked_for_again() -> None:
    def seen(cursor: str) -> Iterator[Seen]:
        yield Seen(canary(10), "8")

    broken = [RuntimeError("queue")]

    def put(sighting: Sighting) -> None:
        if broken:
            raise broken.pop()

    connection = Connection(seen)
    run(Host(connection), Stopping(2), put=put)
    assert connection.watched == ["7", "7"]


def test_the_next_page_of_a_list_is_not_read_before_the_last_is_safe() -> None:
    """Memory holds one page, however long the list is."""
    writing: queue.Queue[Sighting | None] = queue.Queue()
    waiting: list[int] = []

    def pages() -> Iterator[Page]:
        for number in range(20):
            waiting.append(writing.unfinished_tasks)
            yield Page((canary(name=f"app-{number}"),), "7", more=number < 19)

    def write() -> None:
        while (sighting := writing.get()) is not None:
            writing.task_done()
            if sighting.committed:
                sighting.committed()

    connection = Connection(ended)
    connection.list = lambda *_, **__: pages()  # type: ignore[method-assign]
    writer = threading.Thread(target=write)
    writer.start()
    run(Host(connection), Stopping(1), cursor="", put=writing.put)
    writing.put(None)
    writer.join(10)
    assert waiting == [0] * 20


def test_of_many_clusters_that_list_at_once_only_few_pages_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LISTING_PATIENCE", 60.0)
    held: queue.Queue[Sighting] = queue.Queue()
    most = 0
    listing = [
        threading.Thread(
            target=run, args=(Host(Connection(ended)), Stopping(1)), kwargs={"cursor": "", "put": held.put}
        )
        for _ in range(3 * streams.LISTING_AT_ONCE)
    ]
    for thread in listing:
        thread.start()
    for _ in listing:
        sighting = held.get(timeout=10)
        most = max(most, 1 + held.qsize())
        assert sighting.committed is not None
        sighting.committed()
    for thread in listing:
        thread.join(10)
    assert most <= streams.LISTING_AT_ONCE


def test_clusters_that_do_not_answer_keep_no_other_from_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LISTING_PATIENCE", 0.01)
    monkeypatch.setattr(streams, "_listing", threading.BoundedSemaphore(1))
    with streams._one_of_few():  # as held by a list that is never answered
        connection = Connection(ended)
        run(Host(connection), Stopping(1), cursor="")
    assert connection.listed == 1
