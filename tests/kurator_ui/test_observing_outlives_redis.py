"""The observing worker of an installation with Redis goes on while Redis is away; pages hear of it again afterwards."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from kurator_ui.run.backing import start_postgres, start_redis
from kurator_ui.run.children import Child, stop_all
from rollouts.adapters.changefeed.redis import RedisChangeFeed
from rollouts.domain.ports import Hint
from tests.services.observe.harness import RUN, Step, Walker, seed
from tests.support.misbehaving import FakeCluster
from tests.support.program import ROOT, environment
from tests.support.waiting import until

WORKER = (
    "-m celery -A kurator_ui worker --observe --queues observe --pool threads --concurrency 1 --without-gossip"
    " --without-mingle --loglevel WARNING"
)
LOG_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
STORY = "SELECT phase, iterations, failed_checks FROM rollouts_transition ORDER BY number"


class Installation:
    """A folder with a database, in which one cluster is registered."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, fake: FakeCluster) -> None:
        self._folder = folder
        self._database = database_url
        self.environment = {
            **environment(folder, 0),
            "KURATOR_UI_REDIS_URL": redis_url,
            "KURATOR_UI_DATABASE_URL": database_url,
            "KURATOR_UI_KUBECONFIG_DIR": str(folder),
            "KURATOR_UI_SECRET_KEY": "key-of-the-tests",
            "KURATOR_UI_SECRET_KEYS": "dGVzdC1rZXktMzItYnl0ZXMtb2YtdGVzdC1rZXkhISE=",
        }
        kubeconfig = folder / "north.yaml"
        kubeconfig.write_text(fake.kubeconfig())
        self._manage("migrate", "--verbosity", "0")
        self._manage("clusters", "add", "north", "--kubeconfig", str(kubeconfig))

    def _manage(self, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=60)

    @contextmanager
    def worker(self) -> Iterator[Child]:
        worker = Child("observe", [sys.executable, *WORKER.split()], self._folder / "log", self.environment)
        worker.start()
        try:
            yield worker
        finally:
            stop_all([worker], seconds=10)

    def asked(self, statement: LiteralString) -> list[Step]:
        with psycopg.connect(self._database) as database:
            return database.execute(statement).fetchall()


def missed(worker: Child) -> float:
    """For how many seconds the worker has known that it cannot reach Redis: from its first failed attempt to its
    latest.
    """
    said = worker.log.read_text(encoding="utf-8", errors="replace").splitlines()
    times = [LOG_TIME.search(line) for line in said if "hints could not be sent to Redis" in line]
    attempts = [datetime.fromisoformat(time[0]) for time in times if time]
    return (attempts[-1] - attempts[0]).total_seconds() if attempts else 0.0


@pytest.mark.timeout(180)
def test_transitions_are_recorded_while_redis_is_away_for_half_a_minute_and_hints_flow_again_afterwards(
    open_folder: Path, tool: Callable[[str], str]
) -> None:
    for name in ("postgres", "initdb", "redis-server"):
        tool(name)
    postgres, database = start_postgres(open_folder / "postgres", password="of-the-tests")
    redis, url = start_redis(open_folder / "redis", password="of-the-tests")
    heard: list[str] = []
    feed = RedisChangeFeed(url)
    feed.subscribe(lambda hint: heard.append(hint.topic))
    try:
        with FakeCluster() as fake:
            seed(fake)
            installation = Installation(open_folder, database, url, fake)
            walker = Walker(fake)
            with installation.worker() as worker:
                until(lambda: installation.asked("SELECT 1 FROM rollouts_rollout"), seconds=40)
                walker.walk(RUN[:3])
                until(lambda: installation.asked(STORY) == list(RUN[:3]))
                until(lambda: "fleet" in heard)
                stop_all([redis], seconds=10)
                for number, seconds in ((3, 0), (4, 15), (5, 30)):
                    until(lambda seconds=seconds: missed(worker) >= seconds)  # type: ignore[misc]
                    walker.write(RUN[number])
                    until(lambda number=number: installation.asked(STORY) == list(RUN[: number + 1]))  # type: ignore[misc]
                assert worker.exit_code is None
                redis.start()
                # What is said before this listener is back is lost to it: pages ask again by themselves then.
                until(lambda: "probe" in heard, doing=lambda: feed.publish([Hint("probe", 1)]))
                heard.clear()
                walker.walk(RUN[6:])
                until(lambda: installation.asked(STORY) == list(RUN))
                until(lambda: any(topic.startswith("rollout-") for topic in heard))
                assert worker.exit_code is None
            assert worker.exit_code == 0, worker.last_words()
    finally:
        feed.close()
        stop_all([redis, postgres], seconds=10)
