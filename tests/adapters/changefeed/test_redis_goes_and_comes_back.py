"""A lost Redis costs hints, never an exception, a wait or an observer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from rollouts.adapters.changefeed.pending import Pending
from rollouts.adapters.changefeed.redis import CHANNEL, RedisChangeFeed
from rollouts.domain.ports import Hint
from tests.adapters.changefeed.conftest import RedisServer
from tests.support.waiting import until


@pytest.fixture
def heard(redis_server: RedisServer) -> Iterator[tuple[RedisChangeFeed, list[Hint]]]:
    """A feed of another process would share nothing but Redis; so do two feeds here."""
    listening, publishing = RedisChangeFeed(redis_server.url), RedisChangeFeed(redis_server.url)
    hints: list[Hint] = []
    listening.subscribe(hints.append)
    until(lambda: hints, doing=lambda: publishing.publish([Hint("ready", 1)]))
    yield publishing, hints
    publishing.close()
    listening.close()


def test_hints_of_one_process_reach_another(heard: tuple[RedisChangeFeed, list[Hint]]) -> None:
    publishing, hints = heard
    publishing.publish([Hint("rollout-42", 17)])
    until(lambda: Hint("rollout-42", 17) in hints)


def test_hints_flow_again_after_redis_was_killed_and_started_anew(
    redis_server: RedisServer, heard: tuple[RedisChangeFeed, list[Hint]], caplog: pytest.LogCaptureFixture
) -> None:
    publishing, hints = heard
    redis_server.kill()
    publishing.publish([Hint("rollout-1", 1)])
    until(lambda: "hints could not be sent" in caplog.text and "hints cannot be heard" in caplog.text)
    redis_server.start()
    versions = iter(range(2, 10_000))
    until(lambda: hints[-1].topic == "rollout-2", doing=lambda: publishing.publish([Hint("rollout-2", next(versions))]))


def test_what_was_published_while_redis_was_away_is_sent_afterwards(
    redis_server: RedisServer, heard: tuple[RedisChangeFeed, list[Hint]], caplog: pytest.LogCaptureFixture
) -> None:
    publishing, _ = heard
    redis_server.kill()
    publishing.publish([Hint("rollout-1", 5)])
    until(lambda: "hints could not be sent" in caplog.text)
    redis_server.start()
    with redis.Redis(port=redis_server.port, decode_responses=True) as client:
        until(lambda: "cmdstat_publish" in client.info("commandstats"))  # the server is new: none was sent before


def test_the_address_with_its_password_is_not_shown() -> None:
    assert "secret" not in repr(RedisChangeFeed("redis://:secret@127.0.0.1:1/0"))


def test_a_message_that_is_not_ours_is_passed_over(
    redis_server: RedisServer, heard: tuple[RedisChangeFeed, list[Hint]]
) -> None:
    publishing, hints = heard
    with redis.Redis(port=redis_server.port) as client:
        for nonsense in ("", "{", "[1]", '[["fleet"]]', '[["fleet", "x"]]'):
            client.publish(CHANNEL, nonsense)
    publishing.publish([Hint("rollout-7", 7)])
    until(lambda: Hint("rollout-7", 7) in hints)


def test_a_program_that_ends_right_after_publishing_is_heard(
    redis_server: RedisServer, heard: tuple[RedisChangeFeed, list[Hint]]
) -> None:
    _, hints = heard
    code = (
        "from rollouts.adapters.changefeed.redis import RedisChangeFeed; from rollouts.domain.ports import Hint;"
        f"RedisChangeFeed({redis_server.url!r}).publish([Hint('rollout-9', 9)])"
    )
    folder = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)})
    until(lambda: Hint("rollout-9", 9) in hints)


def test_hints_that_wait_are_the_newest_of_each_topic_and_not_without_bound() -> None:
    pending = Pending(limit=2)
    pending.put([Hint("rollout-1", 1), Hint("rollout-2", 5), Hint("rollout-2", 4), Hint("rollout-3", 1)])
    assert pending.take() == [Hint("rollout-2", 5), Hint("rollout-3", 1)]
