"""What `clusters test` finds out about the values of checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from rollouts import wiring
from rollouts.domain import memory
from rollouts.domain.observations import Canary, Check
from rollouts.domain.rollout import RolloutState
from rollouts.models import Cluster, Rollout
from rollouts.services import clusters
from rollouts.services.clusters import MetricsReport
from tests.support.builders import make_cluster
from tests.support.exchange import Request
from tests.support.faults import Answer
from tests.support.misbehaving import NOTHING, FakeCluster

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = "http://prometheus:9090, through the API server (Service prometheus in mesh)"
DURATION = Check("request-duration", 60, maximum=500, interval_text="1m")


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        running.metrics = lambda request: values(request, "1515")
        yield running


@pytest.fixture
def cluster(server: FakeCluster) -> Cluster:
    added = clusters.add(name="prod", ways=wiring.ways(), kubeconfig=server.kubeconfig().encode()).cluster
    added.flagger_namespace = "mesh"
    return added


def values(request: Request, value: str) -> tuple[int, Any]:
    text = "1" if request.query["query"] == "vector(1)" else value
    return 200, {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, text]}]}}


def tried(cluster: Cluster) -> MetricsReport:
    cluster.save()
    found = clusters.try_metrics(cluster=cluster, open_metrics=wiring.open_metrics)
    assert found is not None
    return found


def rollout(cluster: Cluster, *checks: Check, **canary: Any) -> None:
    given = {"target_name": "cart", "service_name": "cart", **canary}
    state = RolloutState(canary=Canary("shop", "cart", "uid", "1", checks=checks, **given))
    Rollout.objects.create(cluster=cluster, namespace="shop", name="cart", first_seen_at=NOW, state=memory.dump(state))


def test_a_query_that_works_is_told_with_its_source(cluster: Cluster) -> None:
    assert tried(cluster) == MetricsReport(SOURCE)


def test_a_check_of_a_rollout_is_asked_for_on_blue(cluster: Cluster, server: FakeCluster) -> None:
    rollout(cluster, DURATION)
    assert tried(cluster).check == "request-duration of shop/cart on blue: 1.515s"
    assert 'destination_workload=~"cart-primary"' in server.requests[-1].query["query"]


def test_a_check_without_values_is_told(cluster: Cluster, server: FakeCluster) -> None:
    rollout(cluster, DURATION)
    server.metrics = lambda request: values(request, "NaN")
    assert tried(cluster).check.endswith("on blue: no values")
    server.metrics = lambda request: values(request, "1") if request.query["query"] == "vector(1)" else (200, NOTHING)
    assert tried(cluster).check.endswith("on blue: no values")


def test_a_check_that_goes_elsewhere_is_not_asked_for(cluster: Cluster) -> None:
    rollout(cluster, DURATION, metrics_server="http://own.shop:9090")
    assert tried(cluster) == MetricsReport(SOURCE)


def test_a_source_that_does_not_answer_is_told(cluster: Cluster, server: FakeCluster) -> None:
    server.faults.append(Answer(503, 'no endpoints available for service "http:prometheus:9090"'))
    report = tried(cluster)
    assert report.source == SOURCE
    assert "no endpoints available" in report.problem
    server.metrics = lambda request: (200, NOTHING)
    assert "does not answer vector(1) with 1" in tried(cluster).problem


def test_a_clock_that_is_wrong_is_told(cluster: Cluster, server: FakeCluster) -> None:
    server.clock_offset = 3600
    report = tried(cluster)
    assert (report.problem, report.doubts[:12]) == ("", "Its clock is")


def test_where_no_source_is_known_the_reason_is_told(cluster: Cluster) -> None:
    cluster.flagger_namespace = ""
    assert "Flagger's own namespace" in tried(cluster).problem


def test_a_password_that_cannot_be_used_is_told(cluster: Cluster) -> None:
    cluster.prometheus_url, cluster.prometheus_secret = "http://127.0.0.1:1", "nonsense"
    report = tried(cluster)
    assert report.source == "http://127.0.0.1:1, directly"
    assert "cannot be decrypted" in report.problem


def test_a_hub_without_flagger_has_nothing_to_try() -> None:
    hub = make_cluster("hub", is_hub=True)
    assert clusters.try_metrics(cluster=hub, open_metrics=wiring.open_metrics) is None
