"""What becomes of a cluster is in the audit trail, in the transaction of the change, and without its credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollouts.domain.errors import InvalidInput
from rollouts.models import AuditEntry, Cluster, ClusterSource
from rollouts.services import clusters
from rollouts.services.clusters import MetricsGiven, Ways
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
PASSWORD = "for-prometheus-alone"


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def prod(server: FakeCluster, ways: Ways) -> Cluster:
    return clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode(), namespaces=["shop"]).cluster


def last() -> tuple[str, str, Any]:
    """Of a cluster; also that it names no credential."""
    entry = AuditEntry.objects.order_by("-number")[0]
    assert (entry.kind, entry.cluster) == ("cluster", entry.name)
    assert TOKEN not in entry.patch
    assert PASSWORD not in entry.patch
    for secret in Cluster.objects.values_list("secret", "prometheus_secret"):
        assert not any(one and one in entry.patch for one in secret)
    return entry.act, entry.name, json.loads(entry.patch)


def test_to_add_one_is_recorded_with_what_was_given(prod: Cluster) -> None:
    given = {"name": "prod", "namespaces": ["shop"], "source": "stored", "secret": "(hidden)", "observed": True}
    assert last() == ("add", "prod", given)


def test_what_was_refused_is_not_there(prod: Cluster, server: FakeCluster, ways: Ways) -> None:
    with pytest.raises(InvalidInput):
        clusters.add(name="again", ways=ways, kubeconfig=server.kubeconfig().encode())
    assert AuditEntry.objects.count() == 1


def test_another_kubeconfig_is_recorded(prod: Cluster, server: FakeCluster, ways: Ways) -> None:
    path = ways.folder / "prod.yaml"
    path.write_text(server.kubeconfig())
    clusters.replace_kubeconfig(cluster=prod, ways=ways, kubeconfig=path)
    act, name, patch = last()
    assert (act, name) == ("change", "prod")
    assert patch["before"] == {"source": "stored", "path": "", "secret": "(hidden)"}
    assert patch["after"] == {"source": "file", "path": str(path), "secret": ""}


def test_the_address_of_metrics_is_recorded_and_its_password_is_not(prod: Cluster, ways: Ways) -> None:
    metrics = MetricsGiven("https://prometheus.example.com", "me", PASSWORD)
    clusters.set_metrics(cluster=prod, cipher=ways.cipher, metrics=metrics)
    act, _, patch = last()
    assert act == "change"
    assert patch["after"] == {
        "prometheus_url": "https://prometheus.example.com",
        "prometheus_user": "me",
        "prometheus_secret": "(hidden)",
    }
    assert patch["before"] == {"prometheus_url": "", "prometheus_user": "", "prometheus_secret": ""}


def test_what_changes_nothing_is_not_recorded(prod: Cluster, ways: Ways) -> None:
    clusters.set_metrics(cluster=prod, cipher=ways.cipher, metrics=MetricsGiven())
    clusters.change(cluster=prod, columns={"observed": True})
    assert AuditEntry.objects.count() == 1


def test_to_remove_one_is_recorded_with_what_went_with_it(prod: Cluster) -> None:
    Cluster.objects.create(name="member", source=ClusterSource.HUB, hub=prod, hub_name="m")
    Cluster.objects.create(name="own", source=ClusterSource.FILE, hub=prod, hub_name="o")
    clusters.remove(cluster=prod)
    assert last() == ("remove", "prod", {"rollouts": 0, "members": ["member"]})


def test_a_change_that_cannot_be_recorded_is_not_made(prod: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("rollouts.services.clusters.telling.audit.record", fail)
    for act in (
        lambda: clusters.remove(cluster=Cluster.objects.get()),
        lambda: clusters.change(cluster=prod, columns={"observed": False}),
    ):
        with pytest.raises(RuntimeError):
            act()
    assert Cluster.objects.get().observed
