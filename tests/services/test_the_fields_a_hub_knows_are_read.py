from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollouts.models import Cluster, FieldsOfCanaries, FieldsOfPolicies
from rollouts.services import clusters
from rollouts.services.clusters import Ways
from tests.support.definitions import (
    definition,
    definition_of_canaries,
    schema_of_application,
    schema_of_canary,
    schema_of_rollout,
)
from tests.support.exchange import Request
from tests.support.faults import Answer, Fault, NotJSON, Reset
from tests.support.misbehaving import FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = schema_of_application(schema_of_rollout(["port", "workload.name"]))


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def hub(server: FakeCluster, ways: Ways) -> Cluster:
    added = clusters.add(name="hub", ways=ways, kubeconfig=server.kubeconfig().encode()).cluster
    Cluster.objects.filter(pk=added.pk).update(is_hub=True)
    added.refresh_from_db()
    FieldsOfPolicies.objects.all().delete()
    return added


def probe(hub: Cluster, ways: Ways) -> None:
    connection = ways.connect(hub)
    clusters.probe(cluster=hub.pk, connection=connection, now=NOW)
    connection.close()


def test_they_are_read_with_the_versions_of_the_hub(server: FakeCluster, hub: Cluster, ways: Ways) -> None:
    server.set(definition(KNOWN))
    probe(hub, ways)
    found = FieldsOfPolicies.objects.get(hub=hub)
    assert (found.places, found.read_at) == (["port", "workload", "workload.name"], NOW)
    server.set(definition(schema_of_application(schema_of_rollout(["port"]))))
    assert not clusters.test(cluster=hub, ways=ways, now=NOW).problem
    found.refresh_from_db()
    assert found.places == ["port"], "another Kurator was installed"


def test_without_the_right_nothing_is_known_and_no_right_is_called_missing(
    server: FakeCluster, hub: Cluster, ways: Ways
) -> None:
    server.set(definition(KNOWN))
    probe(hub, ways)
    server.denied.add(("get", "customresourcedefinitions"))
    probe(hub, ways)
    assert not FieldsOfPolicies.objects.exists()
    hub.refresh_from_db()
    assert hub.missing_permissions == []


def of_definitions(request: Request) -> bool:
    return request.plural == "customresourcedefinitions"


FAULTS: list[Fault] = [
    Answer(code=500, when=of_definitions, times=None),
    NotJSON(when=of_definitions, times=None),
    Reset(when=of_definitions, times=None),
]


@pytest.mark.parametrize("fault", FAULTS, ids=["failure", "nonsense", "no answer"])
def test_no_answer_loses_neither_what_was_known_nor_the_versions(
    server: FakeCluster, hub: Cluster, ways: Ways, fault: Fault
) -> None:
    server.set(definition(KNOWN))
    probe(hub, ways)
    before = FieldsOfPolicies.objects.get(hub=hub).places
    Cluster.objects.update(server_version="", probed_at=None)
    server.faults.append(fault)
    probe(hub, ways)
    hub.refresh_from_db()
    assert (hub.server_version != "", hub.probed_at) == (True, NOW)
    assert FieldsOfPolicies.objects.get(hub=hub).places == before
    assert not clusters.test(cluster=hub, ways=ways, now=NOW).problem


def test_a_definition_that_cannot_be_understood_hides_no_field(server: FakeCluster, hub: Cluster, ways: Ways) -> None:
    server.set({**definition(KNOWN), "spec": {"versions": "all"}})
    probe(hub, ways)
    assert not FieldsOfPolicies.objects.exists()


def asked_for(server: FakeCluster) -> list[str]:
    return [one.name for one in server.requests if one.plural == "customresourcedefinitions"]


def test_a_cluster_that_is_no_hub_is_asked_for_canaries_only(server: FakeCluster, hub: Cluster, ways: Ways) -> None:
    server.set(definition(KNOWN))
    server.set(definition_of_canaries(schema_of_canary(["service.port", "analysis.alerts.name"])))
    Cluster.objects.update(is_hub=False)
    server.requests.clear()
    probe(hub, ways)
    assert not FieldsOfPolicies.objects.exists()
    assert FieldsOfCanaries.objects.get(cluster=hub).places == [
        *("analysis", "analysis.alerts", "analysis.alerts.name", "service", "service.port"),
    ]
    assert asked_for(server) == ["canaries.flagger.app"]
    server.denied.add(("get", "customresourcedefinitions"))
    probe(hub, ways)
    assert not FieldsOfCanaries.objects.exists()


def test_a_hub_without_flagger_is_not_asked_for_canaries(server: FakeCluster, hub: Cluster, ways: Ways) -> None:
    server.set(definition(KNOWN))
    server.set(definition_of_canaries(schema_of_canary()))
    server.requests.clear()
    probe(hub, ways)
    assert asked_for(server) == ["applications.apps.kurator.dev"]
    assert not FieldsOfCanaries.objects.exists()
