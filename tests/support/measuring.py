"""A running release and its metrics source, measured at times that a test chooses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.models import Cluster, Curve, Measurement, Release, Rollout, Transition
from rollouts.services.measure import due, measure
from tests.support.builders import CHECKS, NOW, make_cluster, make_release, make_rollout, make_transition
from tests.support.metrics import SERVER, FakeMetrics

RATE, DURATION = CHECKS[0].name, CHECKS[1].name
START = NOW - timedelta(minutes=2)


def make_measured(**fields: Any) -> Cluster:
    return make_cluster(**{"metrics_server": SERVER, "flagger_namespace": "istio-system", **fields})


def run(cluster: Cluster, *, name: str = "checkout", started_at: datetime = START, **canary: Any) -> Release:
    """A release that has just begun, of a rollout whose Flagger last wrote at the start."""
    given = {"phase": Phase.PROGRESSING, "checks": CHECKS, "last_transition_at": started_at, **canary}
    rollout = make_rollout(cluster, name=name, now=started_at, **given)
    return make_release(rollout, started_at=started_at)


@dataclass
class Scene:
    """One cluster with one running release; `at` is the present."""

    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    cluster: Cluster = field(default_factory=make_measured)
    at: datetime = NOW
    release: Release = field(init=False)
    feed: MemoryChangeFeed = field(default_factory=MemoryChangeFeed)
    clock: Callable[[], float] = time.monotonic
    provider: str = "istio"

    def __post_init__(self) -> None:
        self.release = run(self.cluster, provider=self.provider)

    @property
    def rollout(self) -> Rollout:
        return self.release.rollout

    def moved(self, number: int, at: datetime, **fields: Any) -> Transition:
        return make_transition(self.rollout, number, **{"at": at, "why": "", **fields})

    def measure(self, after: timedelta | None = None) -> int:
        """A pass when it is due, or `after` the last one."""
        if after is not None:
            self.at += after
        done = measure(
            cluster=self.cluster.pk,
            releases=due(now=self.at).get(self.cluster.pk, []),
            open_metrics=lambda row: self.metrics,
            feed=self.feed,
            now=self.now,
            clock=self.clock,
        )
        self.release.refresh_from_db()
        return done

    def measure_when_due(self) -> int:
        self.release.refresh_from_db()
        self.at = max(self.at, self.release.measure_at or self.at)
        return self.measure()

    def now(self) -> datetime:
        return self.at

    def end(self, outcome: str = "succeeded", at: datetime | None = None) -> None:
        Release.objects.filter(pk=self.release.pk).update(outcome=outcome, ended_at=at or self.at)
        self.release.refresh_from_db()

    def curve(self, check: str = RATE, side: Side = Side.GREEN) -> Curve:
        return Curve.objects.get(release=self.release, check_name=check, side=side.value)

    def measurements(self, check: str = RATE, **fields: Any) -> list[Measurement]:
        return list(Measurement.objects.filter(release=self.release, check_name=check, **fields).order_by("at"))
