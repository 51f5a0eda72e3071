"""What a watch gives out, and what it does when the stream breaks: nothing lost, nothing doubled, nothing waited for in
vain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import ClusterError, Gone, Unauthenticated, Unreachable
from rollouts.domain.observations import Canary, Deleted, Kind, Unreadable
from rollouts.domain.ports import Seen
from tests.support.faults import (
    Answer,
    Cut,
    Drip,
    Fault,
    Flood,
    GoneInStream,
    HalfLine,
    Line,
    NotJSON,
    Reset,
    Silence,
    watching,
)
from tests.support.misbehaving import FakeCluster
from tests.support.objects import canary, event, virtual_service

A_SECOND = 1
LONG = 10


def names(seen: list[Seen]) -> list[str]:
    return [one.observation.name for one in seen if isinstance(one.observation, Canary)]


def iterations(seen: list[Seen]) -> list[int]:
    return [one.observation.iterations for one in seen if isinstance(one.observation, Canary)]


def collected(stream: Iterator[Seen], into: list[Seen]) -> ClusterError | None:
    """All that the stream gives out, and the error that ended it."""
    try:
        into.extend(stream)
    except ClusterError as error:
        return error
    return None


def test_changes_come_in_order_with_their_resource_versions(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    versions = [cluster.set(canary("shop", "checkout", iterations=n))["metadata"]["resourceVersion"] for n in range(4)]
    seen = list(islice(connection.watch(Kind.CANARY, since, seconds=LONG), 4))
    assert iterations(seen) == [0, 1, 2, 3]
    assert [one.resource_version for one in seen] == versions


def test_a_watch_ends_normally_when_the_server_ends_it(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.bookmark_every = None
    assert list(connection.watch(Kind.CANARY, connection.resource_version(Kind.CANARY), seconds=A_SECOND)) == []


def test_a_bookmark_moves_the_cursor_and_shows_nothing(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    since = connection.resource_version(Kind.CANARY)
    stored = cluster.set(virtual_service("shop", "checkout"))  # another kind: only a bookmark can tell
    seen = list(connection.watch(Kind.CANARY, since, seconds=A_SECOND))
    assert [(one.observation, one.resource_version) for one in seen] == [(None, stored["metadata"]["resourceVersion"])]


def test_one_namespace_can_be_watched_alone(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    since = connection.resource_version(Kind.CANARY, "shop")
    cluster.set(canary("other", "checkout"))
    cluster.set(canary("shop", "cart"))
    assert names(list(islice(connection.watch(Kind.CANARY, since, "shop", seconds=LONG), 1))) == ["cart"]


def test_only_events_about_canaries_are_asked_for(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    since = connection.resource_version(Kind.EVENT)
    cluster.set(event("shop", "checkout-1", "Created pod", kind="ReplicaSet"))
    cluster.set(event("shop", "checkout", "New revision detected!"))
    [seen] = islice(connection.watch(Kind.EVENT, since, seconds=LONG), 1)
    assert getattr(seen.observation, "message", "") == "New revision detected!"


def test_an_object_deleted_and_made_again_is_two_objects(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    first = cluster.set(canary("shop", "checkout"))["metadata"]["uid"]
    cluster.delete(Kind.CANARY, "shop", "checkout")
    second = cluster.set(canary("shop", "checkout"))["metadata"]["uid"]
    seen = list(islice(connection.watch(Kind.CANARY, since, seconds=LONG), 3))
    found = [(type(one.observation), getattr(one.observation, "uid", "")) for one in seen]
    assert found == [(Canary, first), (Deleted, first), (Canary, second)]
    assert first != second


@pytest.mark.parametrize(
    "fault",
    [
        lambda: Reset(after_bytes=1500, when=watching(Kind.CANARY)),
        lambda: Cut(after_bytes=1500, when=watching(Kind.CANARY)),
        lambda: HalfLine(line=2, when=watching(Kind.CANARY)),
    ],
    ids=["reset within an event", "closed within an event", "half a line, then a proper end"],
)
def test_a_stream_broken_within_a_line_gives_out_whole_lines_once(
    cluster: FakeCluster, connection: KubernetesConnection, fault: Callable[[], Fault]
) -> None:
    since = connection.resource_version(Kind.CANARY)
    for n in range(3):
        cluster.set(canary("shop", "checkout", iterations=n))
    cluster.faults.append(fault())
    before: list[Seen] = []
    assert isinstance(collected(connection.watch(Kind.CANARY, since, seconds=LONG), before), Unreachable)
    assert len(before) < 3
    again = before[-1].resource_version if before else since
    after = list(islice(connection.watch(Kind.CANARY, again, seconds=LONG), 3 - len(before)))
    assert iterations(before + after) == [0, 1, 2]


@pytest.mark.parametrize("code", [410, 401, 500])
def test_a_refusal_at_the_start_is_told_as_what_it_is(
    cluster: FakeCluster, connection: KubernetesConnection, code: int
) -> None:
    cluster.faults.append(Answer(code, when=watching(Kind.CANARY)))
    expected = {410: Gone, 401: Unauthenticated, 500: Unreachable}[code]
    with pytest.raises(expected):
        list(connection.watch(Kind.CANARY, "1", seconds=A_SECOND))


def test_gone_within_the_stream_comes_after_what_was_seen(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    cluster.set(canary("shop", "checkout", iterations=1))
    cluster.faults.append(GoneInStream(after_lines=1, when=watching(Kind.CANARY)))
    seen: list[Seen] = []
    assert isinstance(collected(connection.watch(Kind.CANARY, since, seconds=LONG), seen), Gone)
    assert iterations(seen) == [1]


def test_a_compacted_resource_version_is_gone(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    since = connection.resource_version(Kind.CANARY)
    cluster.set(canary("shop", "checkout"))
    cluster.compact()
    with pytest.raises(Gone, match="too old resource version"):
        list(connection.watch(Kind.CANARY, since, seconds=A_SECOND))


def test_a_resource_version_of_the_future_is_silent_and_found_out_by_asking_for_the_present_one(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    cluster.bookmark_every = None
    cluster.restore(7)
    assert list(connection.watch(Kind.CANARY, since, seconds=A_SECOND)) == []
    assert int(connection.resource_version(Kind.CANARY)) < int(since)


def test_a_dead_watch_is_ended_from_here(cluster: FakeCluster, hasty: KubernetesConnection) -> None:
    cluster.faults.append(Silence(headers=True, when=watching(Kind.CANARY)))
    with pytest.raises(Unreachable, match=r"had not finished after 1\.3 s|sent nothing for too long"):
        list(hasty.watch(Kind.CANARY, "1000", seconds=A_SECOND))


@pytest.mark.parametrize(
    "fault",
    [
        lambda: Silence(when=watching(Kind.CANARY)),
        lambda: Drip(0.05, when=watching(Kind.CANARY)),
        lambda: Drip(0.05, headers=True, when=watching(Kind.CANARY)),
        lambda: Flood(when=watching(Kind.CANARY)),
        lambda: NotJSON(when=watching(Kind.CANARY)),
        lambda: Line(b"not json", when=watching(Kind.CANARY)),
    ],
    ids=["never answers", "drips", "drips its headers", "floods", "answers a page", "sends nonsense"],
)
def test_no_misbehaving_server_holds_the_thread_or_fills_the_memory(
    cluster: FakeCluster, hasty: KubernetesConnection, fault: Callable[[], Fault]
) -> None:
    cluster.faults.append(fault())
    with pytest.raises(Unreachable):
        list(hasty.watch(Kind.CANARY, "1000", seconds=A_SECOND))


def test_one_bad_object_is_unreadable_and_the_stream_goes_on(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    bad = cluster.set(canary("shop", "bad", iterations={"a": 1}))
    cluster.set(canary("shop", "good"))
    first, second = islice(connection.watch(Kind.CANARY, since, seconds=LONG), 2)
    assert isinstance(first.observation, Unreadable)
    assert (first.observation.name, first.observation.uid) == ("bad", bad["metadata"]["uid"])
    assert "$.status.iterations" in first.observation.reason
    assert isinstance(second.observation, Canary)


def test_closing_the_connection_wakes_a_waiting_watch(cluster: FakeCluster) -> None:
    connection = KubernetesConnection(cluster.credential())  # its own limits are minutes
    ended: list[ClusterError | None] = []
    thread = threading.Thread(
        target=lambda: ended.append(collected(connection.watch(Kind.CANARY, "1000", seconds=300), []))
    )
    thread.start()
    cluster.wait_until(lambda: cluster.watching(Kind.CANARY) == 1)
    connection.close()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(ended[0], Unreachable)


def test_closing_the_connection_wakes_a_thread_that_waits_for_the_first_byte() -> None:
    with FakeCluster() as cluster:
        cluster.mute = True
        connection = KubernetesConnection(cluster.credential())
        errors: list[ClusterError | None] = []
        thread = threading.Thread(target=lambda: errors.append(collected(connection.watch(Kind.CANARY, "1"), [])))
        thread.start()
        cluster.wait_until(lambda: len(cluster.open_connections) == 1)
        connection.close()
        thread.join(10)
        assert isinstance(errors[0], Unreachable)


def test_a_closed_connection_opens_nothing_any_more(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    connection.close()
    with pytest.raises(Unreachable):
        list(connection.watch(Kind.CANARY, "1", seconds=A_SECOND))
    assert cluster.requests == []


def test_a_watch_that_is_given_up_early_leaves_no_open_call(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    since = connection.resource_version(Kind.CANARY)
    cluster.set(canary("shop", "checkout"))
    stream = connection.watch(Kind.CANARY, since, seconds=300)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    cluster.wait_until(lambda: cluster.watching(Kind.CANARY) == 0)
