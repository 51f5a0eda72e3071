"""A cluster is the UID of its namespace kube-system."""

from __future__ import annotations

import pytest
from django.utils import timezone

from rollouts.domain.errors import ClusterError
from rollouts.models import Cluster, ClusterSource, Rollout
from rollouts.services.clusters import WrongCluster, identify

pytestmark = pytest.mark.django_db


def plain(name: str, uid: str | None = None) -> Cluster:
    return Cluster.objects.create(name=name, uid=uid, source=ClusterSource.FILE)


def member(name: str, hub: Cluster, uid: str | None = None) -> Cluster:
    return Cluster.objects.create(
        name=name,
        uid=uid,
        source=ClusterSource.HUB,
        hub=hub,
        hub_kind="attachedclusters",
        hub_namespace="default",
        hub_name=name,
        fleets=["default/quickstart"],
        labels={"env": "test"},
    )


def test_the_uid_is_learnt_at_the_first_time() -> None:
    cluster = plain("prod")
    identify(cluster=cluster, uid="uid-1")
    assert Cluster.objects.get(name="prod").uid == "uid-1"
    identify(cluster=cluster, uid="uid-1")


def test_a_kubeconfig_that_leads_elsewhere_is_told_and_changes_nothing() -> None:
    cluster = plain("prod", "uid-1")
    with pytest.raises(WrongCluster, match="a cluster not known here"):
        identify(cluster=cluster, uid="uid-2")
    assert Cluster.objects.get(name="prod").uid == "uid-1"


def test_a_kubeconfig_that_leads_to_another_known_cluster_names_it() -> None:
    plain("staging", "uid-2")
    with pytest.raises(WrongCluster, match="leads to the cluster staging"):
        identify(cluster=plain("prod", "uid-1"), uid="uid-2")


def test_a_cluster_registered_under_two_names_is_observed_under_the_first() -> None:
    plain("prod", "uid-1")
    with pytest.raises(WrongCluster, match="the cluster prod"):
        identify(cluster=plain("again"), uid="uid-1")
    assert Cluster.objects.get(name="again").uid is None


def test_a_cluster_that_tells_no_uid_is_not_taken_for_a_known_one() -> None:
    with pytest.raises(ClusterError, match="does not tell"):
        identify(cluster=plain("prod"), uid="")


def test_a_member_that_was_registered_before_makes_the_registered_one_a_member() -> None:
    hub, known = plain("hub", "uid-hub"), plain("prod", "uid-1")
    with pytest.raises(WrongCluster, match="the cluster prod"):
        identify(cluster=member("member1", hub), uid="uid-1")
    known.refresh_from_db()
    assert (known.hub, known.hub_name, known.fleets, known.source) == (
        hub,
        "member1",
        ["default/quickstart"],
        ClusterSource.FILE,
    )
    assert not Cluster.objects.filter(name="member1").exists()


def test_a_hub_that_is_a_member_of_itself_is_observed_once() -> None:
    hub = plain("hub", "uid-hub")
    with pytest.raises(WrongCluster, match="the cluster hub"):
        identify(cluster=member("itself", hub), uid="uid-hub")
    hub.refresh_from_db()
    assert (hub.hub_id, hub.hub_name) == (hub.pk, "itself")
    assert Cluster.objects.count() == 1


def test_a_member_that_has_rollouts_already_is_not_dropped() -> None:
    hub = plain("hub", "uid-hub")
    plain("prod", "uid-1")
    doubled = member("member1", hub)
    Rollout.objects.create(cluster=doubled, namespace="shop", name="cart", first_seen_at=timezone.now())
    with pytest.raises(WrongCluster):
        identify(cluster=doubled, uid="uid-1")
    assert Cluster.objects.filter(name="member1").exists()


def test_a_member_that_left_and_came_back_under_another_name_takes_its_uid_along() -> None:
    hub = plain("hub", "uid-hub")
    old = member("old", hub, "uid-1")
    Cluster.objects.filter(pk=old.pk).update(left_at=timezone.now())
    identify(cluster=member("new", hub), uid="uid-1")
    assert Cluster.objects.get(name="new").uid == "uid-1"
    assert Cluster.objects.get(name="old").uid is None
