"""Read with the real adapters, over TLS through the service proxy of an API server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.ranges import Range
from rollouts.models import Cluster, RangeCopy, Rollout
from rollouts.services import clusters, ranges
from tests.support.builders import CHECKS, make_rollout
from tests.support.exchange import Request
from tests.support.faults import Silence
from tests.support.measuring import RATE
from tests.support.metrics import SERVER
from tests.support.misbehaving import FakeCluster
from tests.support.prometheus import constant
from tests.support.waiting import until

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        yield running


def asked_for(server: FakeCluster, name: str) -> Rollout:
    """A rollout whose last hour somebody looks at."""
    server.metrics = constant
    cluster = clusters.add(name=name, ways=wiring.ways(), kubeconfig=server.kubeconfig().encode()).cluster
    Cluster.objects.filter(pk=cluster.pk).update(metrics_server=SERVER, flagger_namespace="istio-system")
    rollout = make_rollout(cluster, checks=CHECKS)
    ranges.request(rollout=rollout, range=Range("1h"), enqueue=lambda task, arguments: None, now=timezone.now())
    return rollout


def read(rollout: Rollout) -> int:
    return ranges.read(
        cluster=rollout.cluster_id,
        open_metrics=wiring.open_metrics,
        enqueue=lambda task, arguments: None,
        feed=wiring.change_feed(),
        now=timezone.now,
    )


def proxied(request: Request) -> bool:
    return "/proxy/" in request.path


def test_both_sides_are_read_through_the_api_server(server: FakeCluster) -> None:
    rollout = asked_for(server, "prod")
    assert read(rollout) == 1
    lines = {one["side"]: one for one in RangeCopy.objects.get().lines if one["check"] == RATE}
    assert {side: set(one["values"]) for side, one in lines.items()} == {"green": {99.5}, "blue": {99.75}}
    assert {len(one["values"]) for one in lines.values()} == {241}
    assert len([one for one in server.requests if proxied(one)]) == 4


def test_a_cluster_that_is_away_says_so_at_each_check() -> None:
    with FakeCluster() as gone:
        rollout = asked_for(gone, "prod")
    assert read(rollout) == 1
    notes = {one["note"] for one in RangeCopy.objects.get().lines}
    assert len(notes) == 1
    assert "127.0.0.1" in notes.pop()


@pytest.mark.django_db(transaction=True)
def test_a_prometheus_that_hangs_takes_one_worker_and_leaves_other_clusters_alone(server: FakeCluster) -> None:
    with FakeCluster() as hanging:
        slow, quick = asked_for(hanging, "slow"), asked_for(server, "quick")
        hanging.faults.append(Silence(when=proxied, times=None))

        def wait() -> None:
            read(slow)
            connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        until(lambda: [one for one in hanging.requests if proxied(one)])
        assert read(slow) == 0
        assert read(quick) == 1
        assert RangeCopy.objects.get(rollout=slow).pending
    thread.join(60)
    assert not thread.is_alive()
    assert {bool(one["note"]) for one in RangeCopy.objects.get(rollout=slow).lines} == {True}
