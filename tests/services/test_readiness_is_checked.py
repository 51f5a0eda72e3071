"""Checks of clusters against API servers on loopback: asked for, kept, and what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollouts import tasks, wiring
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.surroundings import KubernetesSurroundings
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.readiness import Light, Prerequisite, judge, load
from rollouts.models import Cluster, Readiness, ReadinessChange
from rollouts.services import clusters, readiness
from rollouts.services.clusters import Ways
from rollouts.services.clusters.door import Door
from tests.support.builders import make_cluster, make_rollout
from tests.support.faults import Answer
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment
from tests.support.registering import ways_into
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1767225600, "1"]}]}}


@dataclass
class Scene:
    server: FakeCluster
    cluster: Cluster
    ways: Ways
    now: datetime = NOW
    hints: list[str] = field(default_factory=list)

    def check(self) -> None:
        feed = MemoryChangeFeed()
        feed.subscribe(lambda hint: self.hints.append(hint.topic))
        readiness.check(
            cluster=self.cluster.pk,
            ways=self.ways,
            open_surroundings=lambda one: KubernetesSurroundings(self.ways.credential(one)),
            open_metrics=lambda one: Door(cluster=one, ways=self.ways, direct=unasked, through=_through),
            feed=feed,
            now=lambda: self.now,
        )

    def light(self, prerequisite: Prerequisite) -> Light:
        return next(one.light for one in load(self.row.findings) if one.prerequisite is prerequisite)

    def said(self, prerequisite: Prerequisite) -> str:
        found = next(one for one in load(self.row.findings) if one.prerequisite is prerequisite)
        return " ".join(f"{one.said} {one.remedy}" for one in found.points)

    @property
    def row(self) -> Readiness:
        return Readiness.objects.get(cluster=self.cluster)


def unasked(*_: object) -> PrometheusSource:
    raise AssertionError("Prometheus is asked through the API server here.")


def _through(place: Any, fetch: Any) -> PrometheusSource:
    return PrometheusSource(place.address, fetch)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeCluster() as server:
        for name, image in (("istiod", "istio/pilot:1.24.2"), ("flagger", "ghcr.io/fluxcd/flagger:1.44.0")):
            server.set({**deployment("istio-system", name, image), "status": {"readyReplicas": 1}})
        labels = {"istio-injection": "enabled"}
        server.set({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}})
        server.set({"kind": "Gateway", "metadata": {"namespace": "istio-system", "name": "public"}})
        server.metrics = lambda request: (200, ONE)
        ways = ways_into(tmp_path / "kubeconfigs")
        cluster = clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode()).cluster
        make_rollout(cluster, gateways=("istio-system/public",))
        Readiness.objects.create(cluster=cluster, requested_at=NOW)
        yield Scene(server, cluster, ways)


def test_a_cluster_that_has_everything_is_ready(scene: Scene) -> None:
    scene.check()
    assert (scene.row.light, scene.row.lacking, scene.row.problem) == ("ready", 0, ""), scene.row.findings
    assert scene.row.checked_at == NOW
    until(lambda: scene.hints == [f"cluster-{scene.cluster.pk}"])
    assert "request-success-rate of shop/checkout: 1.00%" in scene.said(Prerequisite.PROMETHEUS)
    assert not ReadinessChange.objects.exists()


def test_what_goes_and_comes_back_is_told(scene: Scene) -> None:
    scene.check()
    scene.server.delete("gateways", "istio-system", "public")
    scene.server.metrics = lambda request: (503, {"status": "error"})
    scene.now += timedelta(minutes=1)
    scene.check()
    assert (scene.row.light, scene.row.lacking) == ("lacking", 2)
    scene.server.metrics = lambda request: (200, ONE)
    scene.now += timedelta(minutes=1)
    scene.check()
    told = list(ReadinessChange.objects.order_by("id").values_list("prerequisite", "after", "at"))
    assert told == [
        ("prometheus", "lacking", NOW + timedelta(minutes=1)),
        ("gateways", "lacking", NOW + timedelta(minutes=1)),
        ("prometheus", "ready", NOW + timedelta(minutes=2)),
    ]
    assert ReadinessChange.objects.latest("id").said == "Prometheus answers again"


@pytest.mark.parametrize(
    ("denied", "prerequisite", "right"),
    [
        (("list", "deployments"), Prerequisite.MESH, "list deployments.apps"),
        (("list", "deployments"), Prerequisite.FLAGGER, "list deployments.apps"),
        (("list", "daemonsets"), Prerequisite.MESH, "list daemonsets.apps"),
        (("list", "gateways"), Prerequisite.GATEWAYS, "list gateways.networking.istio.io"),
        (("get", "namespaces/shop"), Prerequisite.INJECTION, "get namespaces in namespace shop"),
        (("get", "services/proxy"), Prerequisite.PROMETHEUS, "get services/proxy http:prometheus:9090"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_the_right_is_named(
    scene: Scene, denied: tuple[str, str], prerequisite: Prerequisite, right: str
) -> None:
    verb, plural = denied
    if plural == "services/proxy":
        scene.server.metrics = lambda request: (403, {"kind": "Status", "code": 403, "message": "no"})
    if plural == "namespaces/shop":
        scene.server.faults.append(Answer(403, when=lambda request: request.path == "/api/v1/namespaces/shop"))
    scene.server.denied.add(denied)
    scene.check()
    assert scene.light(prerequisite) is Light.UNKNOWN, (verb, scene.said(prerequisite))
    assert f"Grant this account: {right}" in scene.said(prerequisite)


def test_a_cluster_that_is_out_of_reach_keeps_what_was_found_and_says_why(scene: Scene) -> None:
    scene.check()
    found = scene.row.findings
    scene.server.tokens.clear()
    scene.now += timedelta(minutes=5)
    scene.check()
    assert (scene.row.findings, scene.row.checked_at) == (found, NOW)
    assert scene.row.tried_at == NOW + timedelta(minutes=5)
    assert "does not accept the credential" in scene.row.problem
    assert not ReadinessChange.objects.exists()


def test_a_check_that_takes_too_long_says_what_it_left_out(scene: Scene) -> None:
    moments = iter([NOW] * 4 + [NOW + timedelta(hours=1)] * 100)
    readiness.check(
        cluster=scene.cluster.pk,
        ways=scene.ways,
        open_surroundings=lambda one: KubernetesSurroundings(scene.ways.credential(one)),
        open_metrics=lambda one: Door(cluster=one, ways=scene.ways, direct=unasked, through=_through),
        feed=MemoryChangeFeed(),
        now=lambda: next(moments),
    )
    assert scene.light(Prerequisite.GATEWAYS) is Light.UNKNOWN
    assert "the check took too long" in scene.said(Prerequisite.GATEWAYS)


def test_of_two_checks_at_the_same_time_one_is_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(seen: Any) -> Any:
        Readiness.objects.filter(cluster=scene.cluster).update(version=9)
        return judge(seen)

    monkeypatch.setattr("rollouts.domain.readiness.judge", overtaken)
    scene.check()
    assert (scene.row.version, scene.row.findings, scene.hints) == (9, [], [])


Asked = list[tuple[str, dict[str, Any]]]


def asking(asked: Asked) -> Callable[[str, Any], None]:
    return lambda task, arguments: asked.append((task, dict(arguments)))


def test_many_who_ask_get_one_check() -> None:
    cluster, asked = make_cluster(), Asked()
    enqueue = asking(asked)
    assert readiness.request(cluster=cluster.pk, enqueue=enqueue, now=NOW)
    assert not readiness.request(cluster=cluster.pk, enqueue=enqueue, now=NOW + timedelta(seconds=29))
    assert readiness.request(cluster=cluster.pk, enqueue=enqueue, now=NOW + timedelta(seconds=30))
    assert asked == [("rollouts.tasks.check_readiness", {"cluster": cluster.pk})] * 2


def test_beat_asks_for_what_was_not_tried_for_a_day() -> None:
    old, fresh, never = make_cluster("old"), make_cluster("fresh"), make_cluster("never")
    make_cluster("left", left_at=NOW)
    make_cluster("unobserved", observed=False)
    asked_for = make_cluster("asked")
    day = timedelta(days=1)
    Readiness.objects.create(cluster=old, requested_at=NOW - day, tried_at=NOW - day)
    Readiness.objects.create(cluster=fresh, requested_at=NOW - day, tried_at=NOW - day + timedelta(seconds=1))
    Readiness.objects.create(cluster=asked_for, requested_at=NOW - timedelta(minutes=1))
    assert readiness.due(now=NOW) == [never.pk, old.pk]
    Readiness.objects.filter(cluster=asked_for).update(requested_at=NOW - timedelta(minutes=15))
    assert asked_for.pk in readiness.due(now=NOW)


def test_beat_asks_for_a_few_at_a_time() -> None:
    for _ in range(12):
        make_cluster()
    assert len(readiness.due(now=NOW)) == 10


def test_the_tasks_ask_for_what_is_due_and_check_it(asked_of_workers: Asked) -> None:
    with FakeCluster() as server:
        given = server.kubeconfig().encode()
        cluster = clusters.add(name="prod", ways=wiring.ways(), kubeconfig=given, store=True).cluster
        tasks.check_readiness_due()
        assert asked_of_workers == [("rollouts.tasks.check_readiness", {"cluster": cluster.pk})]
        tasks.check_readiness(cluster.pk)
    found = Readiness.objects.get(cluster=cluster)
    assert (found.problem, found.light) == ("", "lacking")
    assert found.checked_at is not None


@pytest.fixture
def asked_of_workers(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr("rollouts.wiring.enqueue", asking(asked))
    return asked
