"""A member that has left its Fleet can be registered by itself, under its old name or another one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollouts.domain.errors import InvalidInput
from rollouts.models import Cluster, ClusterSource
from rollouts.services import clusters
from rollouts.services.clusters import Ways
from tests.support.misbehaving import FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


def member(server: FakeCluster, left_at: datetime | None) -> Cluster:
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)
    return Cluster.objects.create(
        name="m1",
        uid=server.uid,
        source=ClusterSource.HUB,
        hub=hub,
        hub_kind="attachedclusters",
        hub_name="m1",
        secret_name="m1",
        left_at=left_at,
    )


def test_under_its_old_name_it_goes_on_with_its_history(server: FakeCluster, ways: Ways) -> None:
    old = member(server, NOW)
    added = clusters.add(name="m1", ways=ways, kubeconfig=server.kubeconfig().encode())
    assert added.cluster.pk == old.pk
    assert (added.cluster.source, added.cluster.hub, added.cluster.left_at) == (ClusterSource.STORED, None, None)


def test_under_another_name_the_history_stays_under_the_old_one(server: FakeCluster, ways: Ways) -> None:
    old = member(server, NOW)
    added = clusters.add(name="own", ways=ways, kubeconfig=server.kubeconfig().encode())
    assert added.cluster.pk != old.pk
    old.refresh_from_db()
    assert (added.cluster.uid, old.uid, old.left_at) == (server.uid, None, NOW)


def test_a_present_member_is_given_no_kubeconfig_of_its_own(server: FakeCluster, ways: Ways) -> None:
    member(server, None)
    with pytest.raises(InvalidInput, match="which gives its kubeconfig"):
        clusters.add(name="m1", ways=ways, kubeconfig=server.kubeconfig().encode())
