"""Which clusters the Fleets of a hub have."""

from __future__ import annotations

from rollouts.domain.kurator import Fleet, FleetMember
from rollouts.domain.members import Member, members_of
from rollouts.domain.observations import Kind, MemberCluster


def fleet(name: str, *members: tuple[str, str], namespace: str = "default") -> Fleet:
    return Fleet(namespace, name, f"uid-{name}", tuple(FleetMember(kind, cluster) for kind, cluster in members))


def attached(name: str, namespace: str = "default", **labels: str) -> MemberCluster:
    return MemberCluster(
        Kind.ATTACHED_CLUSTER, namespace, name, f"uid-{name}", f"{name}-secret", "value", labels, ready=True
    )


def made_by_kurator(name: str) -> MemberCluster:
    return MemberCluster(Kind.KURATOR_CLUSTER, "default", name, f"uid-{name}", f"{name}-kubeconfig", "value")


def test_a_listed_cluster_is_a_member_with_its_secret_and_labels() -> None:
    found = members_of([fleet("quickstart", ("AttachedCluster", "m1"))], [attached("m1", env="test"), attached("m2")])
    assert found.members == (
        Member(Kind.ATTACHED_CLUSTER, "default", "m1", "m1-secret", "value", {"env": "test"}, ("default/quickstart",)),
    )


def test_a_cluster_in_two_fleets_is_one_member() -> None:
    fleets = [fleet("b", ("AttachedCluster", "m1")), fleet("a", ("AttachedCluster", "m1"))]
    (member,) = members_of(fleets, [attached("m1")]).members
    assert member.fleets == ("default/a", "default/b")


def test_a_fleet_finds_clusters_in_its_own_namespace_only() -> None:
    found = members_of([fleet("f", ("AttachedCluster", "m1"), namespace="one")], [attached("m1", namespace="two")])
    assert found.members == ()
    assert found.without_object == {(Kind.ATTACHED_CLUSTER, "one", "m1")}


def test_a_member_without_a_kind_is_a_cluster_that_kurator_made() -> None:
    (member,) = members_of([fleet("f", ("", "m1"))], [attached("m1"), made_by_kurator("m1")]).members
    assert member.kind is Kind.KURATOR_CLUSTER


def test_kinds_that_kurator_does_not_support_in_fleets_are_passed_over() -> None:
    found = members_of([fleet("f", ("CustomCluster", "m1"), ("AttachedCluster", "m2"))], [attached("m2")])
    assert [member.name for member in found.members] == ["m2"]
    assert not found.without_object


def test_a_cluster_that_no_fleet_lists_is_no_member() -> None:
    assert members_of([fleet("f")], [attached("m1")]).members == ()
