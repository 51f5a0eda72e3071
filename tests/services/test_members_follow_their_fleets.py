"""Members of a hub appear, change and leave as its Fleets do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rollouts.domain.kurator import Fleet, FleetMember
from rollouts.domain.observations import Kind, MemberCluster
from rollouts.models import Application, Cluster, ClusterSource, Rollout
from rollouts.services.members import Changes, sync_members

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNCHANGED = Changes((), (), ())


@pytest.fixture
def hub() -> Cluster:
    return Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)


def attached(name: str, *, secret: str = "secret", namespace: str = "default", **labels: str) -> MemberCluster:
    return MemberCluster(Kind.ATTACHED_CLUSTER, namespace, name, f"uid-{name}", secret, "value", labels)


def made_by_kurator(name: str) -> MemberCluster:
    return MemberCluster(Kind.KURATOR_CLUSTER, "default", name, f"uid-{name}", "secret", "value")


def sync(hub: Cluster, *objects: MemberCluster, listed: tuple[tuple[str, str], ...] | None = None) -> Changes:
    """Every namespace has a Fleet `f`, which lists all objects there unless told otherwise."""
    kinds = {Kind.ATTACHED_CLUSTER: "AttachedCluster", Kind.KURATOR_CLUSTER: "Cluster"}
    fleets = []
    for namespace in sorted({one.namespace for one in objects} | {"default"}):
        own = tuple((kinds[one.kind], one.name) for one in objects if one.namespace == namespace)
        chosen = own if listed is None else listed
        fleets.append(Fleet(namespace, "f", "uid", tuple(FleetMember(kind, name) for kind, name in chosen)))
    return sync_members(hub=hub.pk, fleets=fleets, objects=objects, now=NOW)


def test_a_member_appears_with_the_way_to_its_secret(hub: Cluster) -> None:
    assert sync(hub, attached("m1", env="test")) == Changes(("m1",), (), ())
    row = Cluster.objects.get(name="m1")
    assert (row.source, row.hub, row.hub_kind, row.hub_namespace, row.hub_name) == (
        ClusterSource.HUB,
        hub,
        "attachedclusters",
        "default",
        "m1",
    )
    assert (row.secret_name, row.secret_key, row.labels, row.fleets) == (
        "secret",
        "value",
        {"env": "test"},
        ["default/f"],
    )


def test_the_same_again_changes_nothing(hub: Cluster) -> None:
    sync(hub, attached("m1"))
    assert sync(hub, attached("m1")) == UNCHANGED


def test_another_secret_and_other_labels_are_taken_over(hub: Cluster) -> None:
    sync(hub, attached("m1"))
    assert sync(hub, attached("m1", secret="renewed", env="prod")) == Changes((), ("m1",), ())
    row = Cluster.objects.get(name="m1")
    assert (row.secret_name, row.labels) == ("renewed", {"env": "prod"})


def test_a_member_that_left_keeps_its_rollouts_and_comes_back_as_the_same(hub: Cluster) -> None:
    sync(hub, attached("m1"))
    row = Cluster.objects.get(name="m1")
    Rollout.objects.create(cluster=row, namespace="shop", name="cart", first_seen_at=NOW)
    assert sync(hub, attached("m1"), listed=()) == Changes((), (), ("m1",))
    row.refresh_from_db()
    assert (row.left_at, row.fleets) == (NOW, [])
    assert sync(hub, attached("m1"), listed=()) == UNCHANGED
    assert sync(hub, attached("m1")) == Changes((), ("m1",), ())
    row.refresh_from_db()
    assert row.left_at is None
    assert row.rollouts.count() == 1


def test_a_member_whose_object_was_deleted_has_left(hub: Cluster) -> None:
    sync(hub, attached("m1"))
    assert sync(hub, listed=(("AttachedCluster", "m1"),)).left == ("m1",)


def test_clusters_made_by_kurator_do_not_leave_because_their_kind_was_not_read_yet(hub: Cluster) -> None:
    sync(hub, made_by_kurator("k1"))
    assert sync(hub, listed=(("Cluster", "k1"),)) == UNCHANGED
    assert sync(hub, listed=()).left == ("k1",)


def test_a_name_that_is_taken_gets_the_hubs_name_and_then_the_namespace(hub: Cluster) -> None:
    Cluster.objects.create(name="m1", source=ClusterSource.FILE)
    assert sync(hub, attached("m1"), attached("m1", namespace="two")).joined == ("m1@hub", "two.m1@hub")


def test_members_of_another_hub_are_not_touched(hub: Cluster) -> None:
    other = Cluster.objects.create(name="other", source=ClusterSource.FILE, is_hub=True)
    sync(other, attached("m1"))
    sync(hub)
    assert Cluster.objects.get(name="m1").left_at is None


def test_a_registered_cluster_that_leaves_goes_on_as_a_plain_one(hub: Cluster) -> None:
    own = Cluster.objects.create(
        name="prod",
        source=ClusterSource.FILE,
        hub=hub,
        hub_kind="attachedclusters",
        hub_namespace="default",
        hub_name="m1",
        fleets=["default/f"],
    )
    governed = Application.objects.create(
        hub=hub, namespace="default", name="shop", workload_namespace="shop", workload="cart", policy="p"
    )
    rollout = Rollout.objects.create(
        cluster=own, namespace="shop", name="cart", owner_kind="kurator", application=governed, first_seen_at=NOW
    )
    assert sync(hub).left == ("prod",)
    own.refresh_from_db()
    rollout.refresh_from_db()
    assert (own.hub, own.left_at, own.fleets) == (None, None, [])
    assert rollout.application is not None
    assert rollout.application.hub is None
