"""Ranges of time asked for and read, at times that a test chooses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.ranges import Range
from rollouts.models import Cluster, RangeCopy, Rollout
from rollouts.services import ranges
from rollouts.services.ranges import Requested
from tests.support.builders import CHECKS, NOW, make_rollout
from tests.support.measuring import make_measured
from tests.support.metrics import FakeMetrics


@dataclass
class Looking:
    """A rollout that somebody looks at; no release runs. `at` is the present."""

    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    cluster: Cluster = field(default_factory=make_measured)
    rollout: Rollout = field(init=False)
    at: datetime = NOW
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    feed: MemoryChangeFeed = field(default_factory=MemoryChangeFeed)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.rollout = make_rollout(self.cluster, checks=CHECKS, now=NOW)

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        self.asked.append((task, arguments))

    def request(
        self, name: str | Range = "1h", *, after: timedelta = timedelta(), of: Rollout | None = None
    ) -> Requested:
        self.at += after
        wanted = Range(name) if isinstance(name, str) else name
        rollout = Rollout.objects.select_related("cluster").get(pk=(of or self.rollout).pk)
        return ranges.request(rollout=rollout, range=wanted, enqueue=self.enqueue, now=self.at)

    def read(self, *, after: timedelta = timedelta(seconds=1)) -> int:
        self.at += after
        return ranges.read(
            cluster=self.cluster.pk,
            open_metrics=lambda row: self.metrics,
            enqueue=self.enqueue,
            feed=self.feed,
            now=lambda: self.at,
            clock=self.clock,
        )

    def copy(self, key: str = "1h", of: Rollout | None = None) -> RangeCopy:
        return RangeCopy.objects.get(rollout=of or self.rollout, range=key)

    def line(self, check: str, side: str, key: str = "1h") -> dict[str, Any]:
        (found,) = [one for one in self.copy(key).lines if (one["check"], one["side"]) == (check, side)]
        return dict(found)
