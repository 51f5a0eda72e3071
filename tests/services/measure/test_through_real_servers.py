"""Measured with the real adapters: over TLS through the service proxy of an API server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from rollouts import wiring
from rollouts.models import Cluster, Curve, Measurement, Release
from rollouts.services import clusters
from rollouts.services.measure import due, measure
from tests.support.exchange import Request
from tests.support.faults import Silence
from tests.support.measuring import RATE, run
from tests.support.metrics import SERVER
from tests.support.misbehaving import FakeCluster
from tests.support.prometheus import constant
from tests.support.waiting import until

pytestmark = pytest.mark.django_db


def proxied(request: Request) -> bool:
    return "/proxy/" in request.path


def registered(server: FakeCluster, name: str) -> Cluster:
    server.metrics = constant
    added = clusters.add(name=name, ways=wiring.ways(), kubeconfig=server.kubeconfig().encode()).cluster
    Cluster.objects.filter(pk=added.pk).update(metrics_server=SERVER, flagger_namespace="istio-system")
    return added


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        yield running


def read(cluster: Cluster) -> int:
    releases = due(now=timezone.now()).get(cluster.pk, [])
    return measure(
        cluster=cluster.pk,
        releases=releases,
        open_metrics=wiring.open_metrics,
        feed=wiring.change_feed(),
        now=timezone.now,
    )


def running(cluster: Cluster, started_at: datetime | None = None) -> Release:
    return run(cluster, started_at=started_at or timezone.now())


def test_both_sides_are_read_through_the_api_server(server: FakeCluster) -> None:
    cluster = registered(server, "prod")
    release = running(cluster)
    assert read(cluster) == 1
    curves = {one.side: one for one in Curve.objects.filter(release=release, check_name=RATE)}
    assert {side: set(one.values) for side, one in curves.items()} == {"green": {99.5}, "blue": {99.75}}
    asked = [one for one in server.requests if proxied(one)]
    assert len(asked) == 4
    assert {one.path for one in asked} == {
        "/api/v1/namespaces/istio-system/services/http:prometheus:9090/proxy/api/v1/query_range"
    }


@pytest.mark.django_db(transaction=True)
def test_a_prometheus_that_hangs_in_one_cluster_leaves_the_others_on_time(server: FakeCluster) -> None:
    with FakeCluster() as hanging:
        slow, quick = registered(hanging, "slow"), registered(server, "quick")
        hanging.faults.append(Silence(when=proxied, times=None))
        stuck, release = running(slow), running(quick)

        def wait() -> None:
            read(slow)
            connection.close()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        until(lambda: [one for one in hanging.requests if proxied(one)])
        assert list(due(now=timezone.now())) == [quick.pk]
        assert read(quick) == 1
        assert Curve.objects.filter(release=release).count() == 4
        assert not Curve.objects.filter(release=stuck).exists()
    thread.join(60)
    assert not thread.is_alive()
    assert {bool(one.note) for one in Curve.objects.filter(release=stuck)} == {True}


def test_a_cluster_that_is_away_says_so_on_its_curves_and_is_not_waited_for_again_soon() -> None:
    with FakeCluster() as gone:
        cluster = registered(gone, "prod")
    release = running(cluster)
    assert read(cluster) == 1
    notes = set(Curve.objects.filter(release=release).values_list("note", flat=True))
    assert len(notes) == 1
    assert "127.0.0.1" in notes.pop()
    assert not Measurement.objects.exists()
    assert due(now=timezone.now()) == {}
