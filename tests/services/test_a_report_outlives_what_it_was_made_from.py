"""A release is observed and measured by the services; then everything outside is gone, and its report says the same."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.checks import SUCCESS_RATE
from rollouts.domain.errors import MetricsUnreachable
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Event, Kind, Observation, Phase
from rollouts.models import Cluster, ClusterState, Cursor, EventSeen, ObjectCopy, Release, RouteSeen
from rollouts.services import copies
from rollouts.services.measure import due, measure
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from rollouts.web.fragments import fragments
from tests.support.builders import CHECKS
from tests.support.measuring import make_measured
from tests.support.metrics import FakeMetrics
from tests.support.seen import at, canary, deleted, event, route, workload

pytestmark = pytest.mark.django_db
BAD, WELL = 65.62, 100.0
POLICY: dict[str, Any] = {"checks": CHECKS, "policy": "checkout-policy", "last_applied": "bbb"}


class World:
    """A cluster with a Prometheus in which green is bad for a while, as the services see it."""

    def __init__(self) -> None:
        self.cluster = make_measured(lease=1, version=1)
        self.metrics = FakeMetrics({(SUCCESS_RATE, Side.GREEN): self._green})
        self.number = 100

    def _green(self, second: float) -> float:
        return BAD if at(35).timestamp() <= second <= at(75).timestamp() else WELL

    def sees(self, seconds: float, *seen: Observation, kind: Kind = Kind.CANARY) -> None:
        self.number += 1
        lease = Lease(self.cluster.pk, 1)
        sighting = Sighting(lease, Collection(kind), seen, at(seconds), cursor=str(self.number))
        record([sighting], now=at(seconds))

    def writes(self, seconds: float, phase: Phase, **facts: Any) -> None:
        self.sees(seconds, canary(seconds, phase, **(POLICY | facts)))

    def says(self, seconds: float, message: str) -> None:
        seen: Event = event(message, seconds, type="Warning")
        self.sees(seconds + 0.2, seen, kind=Kind.EVENT)

    def measures(self, seconds: float) -> None:
        moment = at(seconds)
        measure(
            cluster=self.cluster.pk,
            releases=due(now=moment).get(self.cluster.pk, []),
            open_metrics=lambda row: self.metrics,
            feed=MemoryChangeFeed(),
            now=lambda: moment,
        )

    def lives(self) -> None:
        """A release that fails at its second failed check; then a newer one is promoted under another policy."""
        halt = "Halt checkout.shop advancement success rate 65.62% < 99%"
        self.sees(0, canary(0, **POLICY))
        self.sees(1, route(0), kind=Kind.VIRTUAL_SERVICE)
        self.sees(2, workload("checkout-primary", "shop:1"), workload("checkout", "shop:1"), kind=Kind.DEPLOYMENT)
        self.writes(10, Phase.PROGRESSING)
        self.sees(11, workload("checkout", "shop:2"), kind=Kind.DEPLOYMENT)
        self.writes(20, Phase.PROGRESSING, iterations=1)
        self.writes(40, Phase.PROGRESSING, iterations=1, failed_checks=1)
        self.says(40, halt)
        self.measures(50)
        self.writes(60, Phase.PROGRESSING, iterations=1, failed_checks=2)
        self.says(60, halt)
        self.writes(70, Phase.FAILED, promoted_at=at(70))
        self.says(70, "Rolling back checkout.shop failed checks threshold reached 2")
        self.measures(100)
        self.measures(70 + 16 * 60)
        self.writes(2000, Phase.PROGRESSING, last_applied="ccc", checks=(), threshold=9, promoted_at=at(2000))

    def is_gone(self) -> None:
        """Everything outside has forgotten, and so have the copies and caches made of it."""
        self.metrics.errors = {"": MetricsUnreachable("Nothing answers here any more.")}
        self.measures(30_000)
        self.sees(40_000, deleted())
        for kept in (EventSeen, ObjectCopy, RouteSeen, Cursor):
            kept.objects.all().delete()
        Cluster.objects.update(
            state=ClusterState.UNREACHABLE, reason="Nothing answers.", state_since=at(40_000), fresh_at=at(40_000),
            metrics_server="", prometheus_url="", flagger_version="", flagger_namespace="", mesh_provider="", lease=9,
        )  # fmt: skip
        fragments.clear()


def shown(client: Client, release: Release) -> str:
    """The live part of the page, which is all but the frame, without the version that it names."""
    answer = client.get(f"/releases/{release.pk}/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    html = re.sub(r'hx-vals=\'{"v": "[^"]*"}\'', "", answer.content.decode())
    return re.sub(r"Release 2, (running|deleted)", "Release 2", html)  # what became of the other one


def taken_away(client: Client, release: Release) -> tuple[Any, bytes, bytes]:
    addresses = (f"/releases/{release.pk}.json", f"/releases/{release.pk}.csv")
    report, measurements = (client.get(address).content for address in addresses)
    return json.loads(report), measurements, client.get(f"/releases/{release.pk}/transitions.csv").content


@pytest.fixture
def world() -> World:
    world = World()
    world.lives()
    return world


def test_the_report_says_the_same_when_everything_else_has_forgotten(world: World, admin_client: Client) -> None:
    release = Release.objects.get(number=1)
    copies.request(rollout=release.rollout, kind="canaries", name="checkout", enqueue=_nobody, now=timezone.now())
    page, files = shown(admin_client, release), taken_away(admin_client, release)
    assert (ObjectCopy.objects.count(), EventSeen.objects.count()) == (1, 3)
    world.is_gone()
    assert (ObjectCopy.objects.count(), EventSeen.objects.count()) == (0, 0)
    assert taken_away(admin_client, release) == files
    assert shown(admin_client, release) == page


def test_there_is_something_to_forget(world: World, admin_client: Client) -> None:
    """What the report above is complete with."""
    release = Release.objects.get(number=1)
    report, measurements, transitions = taken_away(admin_client, release)
    assert report["summary"] == "Failed: success rate 65.62% < 99% (2 failed checks of 2)."
    assert (report["from_images"], report["to_images"], report["trigger"]) == (["shop:1"], ["shop:2"], "image")
    assert [step["label"] for step in report["steps"]] == ["detected", "iteration 1", "failed"]
    rate, duration = report["checks"]
    assert (rate["name"], rate["minimum"], rate["green"]["worst"]) == (SUCCESS_RATE, 99, BAD)
    told = {one["at"]: one for one in rate["measurements"] if one["flagger_said"]}
    assert sorted(told) == [f"{_iso(at(second))}" for second in (40, 60)]
    assert {(one["verdict"], one["flagger_said"], one["flagger_agrees"]) for one in told.values()} == {
        ("failed", "65.62", True)
    }
    assert len(rate["green"]["curve"]["values"]) == (15 + 1 + 15) * 4 + 1
    assert rate["blue"]["curve"]["complete"]
    assert duration["measurements"]
    assert b"65.62" in measurements
    assert b"success rate 65.62% < 99%" in transitions
    page = shown(admin_client, release)
    for said in ("65.62%", "plot-data", "Iteration 1 of 3", "Kurator, policy checkout-policy", "at least 99%"):
        assert said in page


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _nobody(*_: Any, **__: Any) -> None:
    """Nobody fetches the copy that is asked for."""
