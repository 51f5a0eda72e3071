"""One Prometheus, by whatever way it is reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from rollouts.adapters.prometheus.answers import answer, clocks
from rollouts.domain.metrics import Answer, Fetch, Reply

INSTANT, RANGE = "/api/v1/query", "/api/v1/query_range"
GIVE_UP = "8s"
"""What Prometheus is told to stop after: nobody waits for the answer any longer."""


class PrometheusSource:
    """Fits `rollouts.domain.metrics.MetricsSource`. `name` is the address as people know it."""

    def __init__(
        self, name: str, fetch: Fetch, *, close: Callable[[], None] | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._close = close
        self._now = now

    def __repr__(self) -> str:
        return f"PrometheusSource({self._name})"

    def instant(self, query: str, at: datetime | None = None) -> Answer:
        given = {"query": query, "timeout": GIVE_UP}
        if at is not None:
            given["time"] = _seconds(at)
        return self._asked(INSTANT, given, of_range=False)

    def range(self, query: str, begin: datetime, end: datetime, step: int) -> Answer:
        given = {"query": query, "start": _seconds(begin), "end": _seconds(end), "step": str(step), "timeout": GIVE_UP}
        return self._asked(RANGE, given, of_range=True)

    def close(self) -> None:
        if self._close is not None:
            self._close()

    def _asked(self, path: str, given: dict[str, str], *, of_range: bool) -> Answer:
        before = self._now()
        reply: Reply = self._fetch(path, given)
        found = answer(f"{self._name} was asked for values", reply, of_range=of_range)
        # Only a clock that was wrong at either end of the call is one that is wrong.
        doubts = [clocks(reply.date, moment) for moment in (before, self._now())]
        return replace(found, warnings=(*found.warnings, doubts[0])) if all(doubts) else found


def _seconds(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"
