"""What every change feed promises, in memory and through Redis."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.changefeed.redis import RedisChangeFeed
from rollouts.domain.ports import ChangeFeed, Hint
from tests.support.waiting import until

Closable = MemoryChangeFeed | RedisChangeFeed


@pytest.fixture(params=["memory", "redis"])
def feed(request: pytest.FixtureRequest) -> Iterator[Closable]:
    feed: Closable
    if request.param == "memory":
        feed = MemoryChangeFeed()
    else:
        feed = RedisChangeFeed(request.getfixturevalue("redis_server").url)
    yield feed
    feed.close()


class Ear:
    """Listens, and knows when it has begun to hear: over Redis that takes a moment."""

    def __init__(self, feed: ChangeFeed) -> None:
        self.heard: list[Hint] = []
        self.threads: set[str] = set()
        self.stop = feed.subscribe(self._hear)
        until(lambda: self.knows("ready", 1), doing=lambda: feed.publish([Hint("ready", 1)]))

    def _hear(self, hint: Hint) -> None:
        self.threads.add(threading.current_thread().name)
        self.heard.append(hint)

    def knows(self, topic: str, version: int) -> bool:
        return Hint(topic, version) in self.heard


def test_a_hint_reaches_every_subscriber(feed: Closable) -> None:
    one, two = Ear(feed), Ear(feed)
    feed.publish([Hint("rollout-42", 17), Hint("fleet", 3)])
    until(lambda: all(ear.knows("rollout-42", 17) and ear.knows("fleet", 3) for ear in (one, two)))


def test_hints_come_from_a_thread_of_the_feed_and_not_from_who_publishes(feed: Closable) -> None:
    ear = Ear(feed)
    assert threading.current_thread().name not in ear.threads


def test_who_has_left_hears_nothing_more(feed: Closable) -> None:
    leaving, staying = Ear(feed), Ear(feed)
    leaving.stop()
    feed.publish([Hint("rollout-1", 1)])
    until(lambda: staying.knows("rollout-1", 1))
    assert not leaving.knows("rollout-1", 1)


def test_a_subscriber_that_fails_harms_no_other(feed: Closable, caplog: pytest.LogCaptureFixture) -> None:
    def fail(hint: Hint) -> None:
        raise ValueError(hint.topic)

    feed.subscribe(fail)
    ear = Ear(feed)
    feed.publish([Hint("rollout-1", 1)])
    until(lambda: ear.knows("rollout-1", 1))
    assert "a subscriber of the change feed failed" in caplog.text


def test_the_newest_version_arrives_however_many_came_before_it(feed: Closable) -> None:
    ear = Ear(feed)
    for version in range(1, 5001):
        feed.publish([Hint("fleet", version)])
    until(lambda: ear.knows("fleet", 5000))


def test_many_may_publish_at_once(feed: Closable) -> None:
    ear = Ear(feed)

    def publish(number: int) -> None:
        for version in range(1, 101):
            feed.publish([Hint(f"rollout-{number}", version)])

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: all(ear.knows(f"rollout-{number}", 100) for number in range(8)))


def test_publishing_where_nobody_listens_is_no_error(feed: Closable) -> None:
    feed.publish([Hint("fleet", 1)])
