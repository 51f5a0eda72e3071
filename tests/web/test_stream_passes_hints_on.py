"""What an open page hears, and when its stream ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.ports import Hint
from rollouts.web import fanout, stream
from rollouts.web.listening import Allowed, Denied
from rollouts.web.stream import Stream
from tests.support.streaming import ListeningPage

HELLO = ("hello", "ok")


async def everybody(scope: Any, topics: Sequence[str]) -> Denied | Allowed:
    return Allowed(7, frozenset(topics))


@pytest.fixture
def feed() -> Iterator[MemoryChangeFeed]:
    feed = MemoryChangeFeed()
    yield feed
    feed.close()


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def test_a_page_hears_of_its_topics_and_of_no_others(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody), "fleet,rollout-42") as page:
            assert page.status == 200
            assert await page.event() == HELLO
            feed.publish([Hint("rollout-43", 1), Hint("rollout-42", 17)])
            assert await page.event() == ("rollout-42", "17")
            feed.publish([Hint("fleet", 3)])
            assert await page.event() == ("fleet", "3")

    run(story)


def test_the_stream_says_at_once_how_to_come_back_and_forbids_proxies_to_hold_it(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody)) as page:
            assert await page.block() == "retry: 3000"
            assert page.headers["content-type"].startswith("text/event-stream")
            assert page.headers["cache-control"] == "no-cache"
            assert page.headers["x-accel-buffering"] == "no"

    run(story)


def test_under_load_a_page_hears_the_newest_version_and_not_every_one(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody)) as page:
            for version in range(1, 2001):
                feed.publish([Hint("fleet", version)])
            events = await page.events_until(("fleet", "2000"))
            assert len(events) < 100

    run(story)


def test_a_page_that_does_not_read_keeps_only_the_newest_of_each_topic(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        application, both = Stream(lambda: feed, judge=everybody), "rollout-1,rollout-2"
        async with ListeningPage(application, both) as slow, ListeningPage(application, both) as quick:
            assert await slow.event() == HELLO
            slow.stop_reading()
            for version in (1, 2, 3, 99):  # the pages of a topic are told in the same moment
                feed.publish([Hint("rollout-1", version), Hint("rollout-2", version)])
                await quick.events_with({("rollout-1", str(version)), ("rollout-2", str(version))})
            slow.read_on()
            heard = await slow.events_with({("rollout-1", "99"), ("rollout-2", "99")})
            assert len(heard) <= 4  # what was already being sent, and the newest

    run(story)


def test_all_pages_of_a_topic_share_the_same_bytes(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        application = Stream(lambda: feed, judge=everybody)
        async with ListeningPage(application) as one, ListeningPage(application) as two:
            feed.publish([Hint("fleet", 5)])
            await one.events_until(("fleet", "5"))
            await two.events_until(("fleet", "5"))
            assert one.bodies[-1] == two.bodies[-1]

    run(story)


def test_a_stream_ends_when_the_access_of_its_person_changes(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody)) as page:
            feed.publish([Hint("access-8", 1), Hint("access-7", 1)])
            await page.ended()
            assert page.bodies[-1] == b""

    run(story)


def test_a_stream_ends_when_a_later_look_finds_no_access_any_more(
    feed: MemoryChangeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "KEEP_ALIVE_SECONDS", 0.01)
    monkeypatch.setattr(stream, "RECHECK_SECONDS", 0.0)
    yes = Allowed(7, frozenset({"fleet"}))
    answers: Iterator[Denied | Allowed] = iter([yes, yes, Denied(401, "gone")])

    async def judge(scope: Any, topics: Sequence[str]) -> Denied | Allowed:
        return next(answers)

    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=judge)) as page:
            await page.ended()

    run(story)


def test_a_quiet_stream_is_kept_alive_by_comments(feed: MemoryChangeFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "KEEP_ALIVE_SECONDS", 0.01)

    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody)) as page:
            while await page.block() != ": keep-alive":
                pass

    run(story)


def test_too_many_streams_are_refused_until_one_ends(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        application = Stream(lambda: feed, judge=everybody, largest=1)
        async with ListeningPage(application), ListeningPage(application) as second:
            assert second.status == 503
            assert second.headers["retry-after"] == "5"
        async with ListeningPage(application) as third:
            assert third.status == 200

    run(story)


@pytest.mark.parametrize(
    "topics", ["Fleet", "rollout-", "rollout-1x", "a" * 30, "<b>", ",".join(["fleet"] * 51), "%0A", "a&" * 20]
)
def test_topics_that_are_none_are_refused(topics: str, feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody), topics) as page:
            assert page.status == 400

    run(story)


def test_only_get_is_answered(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody), method="POST") as page:
            assert page.status == 405

    run(story)


def test_nothing_is_kept_of_pages_that_have_gone(feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        application = Stream(lambda: feed, judge=everybody)
        for _ in range(3):
            async with ListeningPage(application, "fleet,rollout-1") as page:
                assert await page.event() == HELLO
        spread = application._running()
        assert not spread.listeners
        assert not spread._by_topic

    run(story)


def test_the_pace_is_quick_for_few_listeners_slow_for_many_and_never_slower_than_the_longest() -> None:
    pace = fanout.Pace()
    assert pace.rest(0.0, listeners=1) == fanout.SHORTEST
    assert pace.rest(0.0, listeners=2 * fanout.REFRESHES_PER_SECOND) == 2.0
    assert pace.rest(0.0, listeners=10_000) == fanout.LONGEST


def test_charts_that_compare_many_clusters_are_told_at_once_and_then_at_the_slowest_pace(
    feed: MemoryChangeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "LONGEST", 3600.0)

    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed, judge=everybody), "compared-7,rollout-1") as page:
            assert await page.event() == HELLO
            feed.publish([Hint("compared-7", 1)])
            assert await page.event() == ("compared-7", "1")
            feed.publish([Hint("compared-7", 2), Hint("rollout-1", 1)])
            assert await page.event() == ("rollout-1", "1")
            feed.publish([Hint("compared-7", 3), Hint("rollout-1", 2)])
            assert await page.event() == ("rollout-1", "2")

    run(story)


def test_the_pace_slows_down_with_what_was_delivered_lately_and_recovers() -> None:
    pace = fanout.Pace()
    for _ in range(4 * fanout.REFRESHES_PER_SECOND):
        pace.delivered(10.0, listeners=1)
    assert pace.rest(10.5, listeners=1) == 4 * fanout.SHORTEST
    assert pace.rest(12.0, listeners=1) == fanout.SHORTEST
