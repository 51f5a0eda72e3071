"""Which application a rollout belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rollouts.domain import kurator, memory
from rollouts.domain.kurator import Policy, Trouble, TroubleKind
from rollouts.models import Application, Cluster, ClusterSource, Rollout
from rollouts.services import applications

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Counted = Callable[..., Any]


@pytest.fixture
def hub() -> Cluster:
    return Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)


def member(hub: Cluster, name: str, namespace: str = "default") -> Cluster:
    return Cluster.objects.create(
        name=name,
        source=ClusterSource.HUB,
        hub=hub,
        hub_kind="attachedclusters",
        hub_namespace=namespace,
        hub_name=name,
    )


def application(name: str, *policies: tuple[str, str], namespace: str = "default") -> kurator.Application:
    """Policies as (name, workload); all workloads are in namespace shop."""
    return kurator.Application(
        namespace,
        name,
        f"uid-{name}",
        "1",
        policies=tuple(
            Policy(index, policy, "shop", workload, workload, "f") for index, (policy, workload) in enumerate(policies)
        ),
    )


def sync(hub: Cluster, *found: kurator.Application) -> None:
    applications.sync_applications(hub=hub.pk, applications=found, now=NOW)


def seen(cluster: Cluster, name: str, policy: str = "", namespace: str = "shop") -> Rollout:
    """As the observer makes it: linked, then saved."""
    owner = {"owner_kind": "kurator", "owner_name": policy} if policy else {}
    row = Rollout(cluster=cluster, namespace=namespace, name=name, first_seen_at=NOW, **owner)
    applications.link(cluster=cluster.pk, rollouts=[row])
    row.save()
    return row


def group(rollout: Rollout) -> tuple[bool, str]:
    """Whether it is an Application of Kurator, and its name."""
    found = Rollout.objects.select_related("application").get(pk=rollout.pk).application
    assert found is not None
    return found.hub_id is not None, found.name


def test_the_same_release_in_several_clusters_is_one_application(hub: Cluster) -> None:
    sync(hub, application("store", ("store-0", "cart")))
    one, two = (seen(member(hub, name), "cart", "store-0") for name in ("m1", "m2"))
    assert one.application_id == two.application_id
    assert group(one) == (True, "store")


def test_policies_without_a_rollout_have_a_row_of_their_own_until_they_have_one(hub: Cluster) -> None:
    found = application("store", ("store-0", "cart"))
    bare = [Policy(at, f"store-{at}", "", "", "", "f", bare=True) for at in (1, 2)]
    sync(hub, replace(found, bare=tuple(bare)))
    row = Application.objects.get(workload="")
    assert [memory.load_policy(one) for one in row.policies] == bare
    assert Application.objects.count() == 2
    sync(hub, replace(application("store", ("store-0", "cart"), ("store-1", "basket")), bare=(bare[1],)))
    row.refresh_from_db()
    assert [memory.load_policy(one) for one in row.policies] == [bare[1]]
    sync(hub, found)
    row.refresh_from_db()
    assert row.deleted_at == NOW


def test_plain_rollouts_of_the_same_namespace_and_name_are_one_application() -> None:
    clusters = [Cluster.objects.create(name=name, source=ClusterSource.FILE) for name in ("a", "b")]
    one, two = (seen(cluster, "cart") for cluster in clusters)
    assert one.application_id == two.application_id
    assert group(one) == (False, "cart")
    assert seen(clusters[0], "cart", namespace="other").application_id != one.application_id


def test_a_canary_that_kurator_did_not_make_stays_plain_beside_an_application_for_its_workload(hub: Cluster) -> None:
    sync(hub, application("store", ("store-0", "cart")))
    assert group(seen(member(hub, "m1"), "cart")) == (False, "cart")


def test_an_application_that_is_read_after_its_rollouts_claims_them(hub: Cluster) -> None:
    rollout = seen(member(hub, "m1"), "cart", "store-0")
    assert group(rollout) == (False, "cart")
    before = Rollout.objects.get(pk=rollout.pk).version
    sync(hub, application("store", ("store-0", "cart")))
    assert group(rollout) == (True, "store")
    assert Rollout.objects.get(pk=rollout.pk).version == before + 1


def test_a_canary_that_is_left_behind_by_its_policy_joins_the_plain_group_and_is_known_as_unclaimed(
    hub: Cluster,
) -> None:
    sync(hub, application("store", ("store-0", "cart")))
    rollout = seen(member(hub, "m1"), "cart", "store-0")
    assert not applications.unclaimed(Rollout.objects.get(pk=rollout.pk))
    sync(hub, application("store", ("store-0", "another")))
    assert group(rollout) == (False, "cart")
    assert applications.unclaimed(Rollout.objects.get(pk=rollout.pk))
    assert Application.objects.get(hub=hub, workload="cart").deleted_at == NOW


def test_an_application_that_comes_back_takes_its_rollouts_again(hub: Cluster) -> None:
    sync(hub, application("store", ("store-0", "cart")))
    rollout = seen(member(hub, "m1"), "cart", "store-0")
    sync(hub)
    sync(hub, application("store", ("store-0", "cart")))
    assert group(rollout) == (True, "store")
    assert Application.objects.filter(hub=hub).count() == 1


def test_a_policy_for_each_cluster_still_makes_one_application(hub: Cluster) -> None:
    sync(hub, application("store", ("store-east", "cart"), ("store-west", "cart")))
    east = seen(member(hub, "m1"), "cart", "store-east")
    west = seen(member(hub, "m2"), "cart", "store-west")
    assert east.application_id == west.application_id
    assert Application.objects.get(hub=hub).policy == "store-east"


def test_among_two_applications_for_one_workload_the_policy_decides(hub: Cluster) -> None:
    sync(hub, application("old", ("old-0", "cart")), application("new", ("new-0", "cart")))
    cluster = member(hub, "m1")
    assert group(seen(cluster, "cart", "new-0")) == (True, "new")


def test_applications_of_another_namespace_or_hub_claim_nothing(hub: Cluster) -> None:
    sync(hub, application("store", ("store-0", "cart"), namespace="elsewhere"))
    assert group(seen(member(hub, "m1"), "cart", "store-0")) == (False, "cart")
    alone = Cluster.objects.create(name="alone", source=ClusterSource.FILE)
    assert group(seen(alone, "cart", "store-0")) == (False, "cart")


def test_linking_a_thousand_rollouts_takes_a_dozen_queries(
    hub: Cluster, django_assert_max_num_queries: Counted
) -> None:
    cluster = member(hub, "m1")
    sync(hub, application("store", *((f"store-{number}", f"w{number}") for number in range(500))))
    rows = [
        Rollout(
            cluster=cluster,
            namespace="shop",
            name=f"w{number}",
            owner_kind="kurator" if number < 500 else "",
            owner_name=f"store-{number}",
            first_seen_at=NOW,
        )
        for number in range(1000)
    ]
    with django_assert_max_num_queries(12):
        applications.link(cluster=cluster.pk, rollouts=rows)
    assert len({row.application_id for row in rows}) == 1000


def test_an_application_keeps_the_troubles_of_its_policy_until_they_are_over(hub: Cluster) -> None:
    member(hub, "one")
    own = Trouble(TroubleKind.INCOMPLETE, "spec.x", "missing", policy="prod")
    other = Trouble(TroubleKind.INCOMPLETE, "spec.y", "missing", policy="test")
    of_all = Trouble(TroubleKind.SYNC_FAILED, "status.sourceStatus", "no such branch", at=NOW)
    made = application("checkout", ("prod", "checkout"))
    sync(hub, replace(made, troubles=(own, other, of_all)))
    assert [memory.load_trouble(one) for one in Application.objects.get().troubles] == [own, of_all]
    sync(hub, made)
    assert Application.objects.get().troubles == []


def test_all_policies_for_a_workload_are_kept_with_it_and_who_keeps_the_application(hub: Cluster) -> None:
    found = application("store", ("a", "cart"), ("b", "cart"), ("c", "loans"))
    flux = {"kustomize.toolkit.fluxcd.io/name": "apps"}
    sync(hub, replace(found, labels=flux))
    row = Application.objects.get(workload="cart")
    assert [memory.load_policy(one) for one in row.policies] == list(found.policies[:2])
    assert (row.owner_kind, row.owner_name) == ("flux", "apps")
    paused = replace(found.policies[1], suspended=True)
    sync(hub, replace(found, policies=(found.policies[0], paused)))
    row.refresh_from_db()
    assert [memory.load_policy(one).suspended for one in row.policies] == [False, True]
    assert row.owner_kind == ""
