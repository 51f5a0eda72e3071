"""What `test` finds out about a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollouts.domain.errors import Unauthenticated
from rollouts.domain.metrics import ClusterMetrics
from rollouts.domain.observations import Hook
from rollouts.models import Cluster, ClusterSource, Rollout
from rollouts.services import clusters
from rollouts.services.clusters import Ways
from tests.support.builders import make_rollout
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(server: FakeCluster, ways: Ways) -> Cluster:
    return clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode()).cluster


def test_versions_are_found_and_kept(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    server.set(deployment("istio-system", "flagger", "ghcr.io/fluxcd/flagger:1.44.0"))
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert not report.problem
    assert report.facts is not None
    assert (report.facts.server_version, report.facts.flagger_version) == ("v1.33.4", "1.44.0")
    cluster.refresh_from_db()
    assert (cluster.server_version, cluster.flagger_version, cluster.probed_at) == ("v1.33.4", "1.44.0", NOW)


def test_where_flagger_is_and_what_it_asks_is_kept(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    found = deployment("flagger-system", "flagger", "ghcr.io/fluxcd/flagger:1.44.0")
    found["spec"]["template"]["spec"]["containers"][0]["args"] = ["-metrics-server=http://prom.mon:9090"]
    server.set({**found, "status": {"readyReplicas": 1}})
    clusters.test(cluster=cluster, ways=ways, now=NOW)
    cluster.refresh_from_db()
    assert (cluster.flagger_namespace, cluster.metrics_server) == ("flagger-system", "http://prom.mon:9090")
    assert cluster.flagger_ready is True
    assert clusters.metrics_of(cluster) == ClusterMetrics(
        flag="http://prom.mon:9090", flagger_namespace="flagger-system", provider="istio", flagger_version="1.44.0"
    )


def test_rights_to_read_the_values_of_checks_are_asked_for(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    server.set(deployment("mesh", "flagger", "ghcr.io/fluxcd/flagger:1.44.0"))
    server.denied |= {("get", "services/proxy"), ("get", "metrictemplates")}
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == (
        "get metrictemplates.flagger.app",
        "get services/proxy http:prometheus:9090 in namespace mesh",
    )


@pytest.mark.parametrize("arguments", [["-mesh-provider=knative"], []])
def test_the_right_to_read_knative_services_is_asked_for_where_one_is_a_target(
    server: FakeCluster, cluster: Cluster, ways: Ways, arguments: list[str]
) -> None:
    found = deployment("mesh", "flagger", "ghcr.io/fluxcd/flagger:1.44.0")
    found["spec"]["template"]["spec"]["containers"][0]["args"] = arguments
    server.set(found)
    server.denied.add(("get", "services"))
    if not arguments:
        assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == ()
        make_rollout(cluster, provider="knative")
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == ("get services.serving.knative.dev",)


def test_with_a_prometheus_of_its_own_no_service_has_to_be_reached(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    server.set(deployment("mesh", "flagger", "ghcr.io/fluxcd/flagger:1.44.0"))
    server.denied.add(("get", "services/proxy"))
    cluster.prometheus_url = "http://prometheus.example:9090"
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == ()


def test_missing_permissions_are_named_as_a_role_would_name_them(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    server.denied |= {("watch", "canaries"), ("list", "events")}
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == ("watch canaries.flagger.app", "list events")
    cluster.refresh_from_db()
    assert cluster.missing_permissions == ["watch canaries.flagger.app", "list events"]


def test_with_some_namespaces_rights_are_asked_for_there(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    cluster.namespaces = ["shop", "billing"]
    server.denied.add(("list", "canaries"))
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == (
        "list canaries.flagger.app in namespace shop",
        "list canaries.flagger.app in namespace billing",
    )


def test_of_routing_kinds_only_those_in_use_are_asked_for(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    server.denied |= {("*", "virtualservices"), ("*", "ingresses")}
    for kind in ("list", "watch", "get"):
        server.denied |= {(kind, "virtualservices"), (kind, "ingresses")}
    Rollout.objects.create(
        cluster=cluster, namespace="shop", name="cart", routing_kind="virtualservices", first_seen_at=NOW
    )
    missing = clusters.test(cluster=cluster, ways=ways, now=NOW).missing
    assert missing == tuple(f"{verb} virtualservices.networking.istio.io" for verb in ("get", "list", "watch"))


def test_a_hub_is_asked_for_its_own_kinds_and_the_secrets_of_its_members(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(is_hub=True)
    Cluster.objects.create(
        name="m1", source=ClusterSource.HUB, hub=cluster, hub_namespace="default", hub_name="m1", secret_name="m1"
    )
    cluster.refresh_from_db()
    server.denied |= {("get", "secrets"), ("watch", "fleets")}
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing == (
        "watch fleets.fleet.kurator.dev",
        "get secrets m1 in namespace default",
    )


def test_a_cluster_without_flagger_is_told(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    del server.served["canaries"]
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).absent == ("canaries.flagger.app",)


def test_a_cluster_that_is_away_is_a_finding_and_no_failure(ways: Ways) -> None:
    with FakeCluster() as server:
        cluster = clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode()).cluster
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert "nothing listens there" in report.problem
    assert report.facts is None


def test_another_cluster_behind_the_address_is_told_and_nothing_is_kept(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(uid="another")
    cluster.refresh_from_db()
    assert "leads to a cluster not known" in clusters.test(cluster=cluster, ways=ways, now=NOW).problem
    cluster.refresh_from_db()
    assert cluster.probed_at is None


def test_a_probe_of_a_cluster_that_went_away_changes_nothing(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    connection = ways.connect(cluster)
    server.tokens.clear()
    with pytest.raises(Unauthenticated):
        clusters.probe(cluster=cluster.pk, connection=connection, now=NOW)
    clusters.probe(cluster=cluster.pk + 1, connection=connection, now=NOW)
    connection.close()
    cluster.refresh_from_db()
    assert cluster.probed_at is None


def test_rights_to_act_are_told_apart_from_those_to_see(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    server.denied |= {("patch", "canaries/status"), ("patch", "virtualservices")}
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert report.missing == ()
    assert report.missing_for_acting == (
        "patch canaries/status.flagger.app",
        "patch virtualservices.networking.istio.io",
    )
    cluster.refresh_from_db()
    assert cluster.missing_permissions == []


def test_a_hub_without_rollouts_needs_no_right_to_act(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    Cluster.objects.update(is_hub=True)
    cluster.refresh_from_db()
    server.denied.add(("patch", "canaries"))
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing_for_acting == ()


def test_load_testers_that_may_not_be_called_are_told_apart_too(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    hooks = (Hook("board", "confirm-promotion", "http://flagger-loadtester.test/gate/check"),)
    make_rollout(cluster=cluster, hooks=hooks)
    server.denied.add(("create", "services/proxy"))
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert report.missing_for_gates == ("create services/proxy http:flagger-loadtester:80 in namespace test",)
    assert (report.missing, report.missing_for_acting) == ((), ())
    server.denied.clear()
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing_for_gates == ()


def test_rights_to_remove_and_to_set_up_are_told_apart_too(server: FakeCluster, cluster: Cluster, ways: Ways) -> None:
    server.denied |= {("delete", "canaries"), ("list", "services"), ("list", "horizontalpodautoscalers")}
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert report.missing_for_removing == ("delete canaries.flagger.app",)
    assert report.missing_for_setting_up == ("list services", "list horizontalpodautoscalers.autoscaling")
    assert (report.missing, report.missing_for_acting) == ((), ())
    Cluster.objects.update(is_hub=True)
    cluster.refresh_from_db()
    assert not clusters.test(cluster=cluster, ways=ways, now=NOW).is_missing_something


def test_rights_on_whole_applications_are_asked_of_a_hub_alone(
    server: FakeCluster, cluster: Cluster, ways: Ways
) -> None:
    server.denied |= {("create", "applications"), ("delete", "applications")}
    assert clusters.test(cluster=cluster, ways=ways, now=NOW).missing_for_applications == ()
    Cluster.objects.update(is_hub=True)
    cluster.refresh_from_db()
    report = clusters.test(cluster=cluster, ways=ways, now=NOW)
    assert report.missing_for_applications == (
        "create applications.apps.kurator.dev",
        "delete applications.apps.kurator.dev",
    )
    assert report.is_missing_something
