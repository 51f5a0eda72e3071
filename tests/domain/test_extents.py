from __future__ import annotations

import pytest

from rollouts.domain.extents import EVERYTHING, NOTHING, Extent, Reach, together

HERE, THERE = 1, 2


def rollout(extent: Extent, *, cluster: int = HERE, namespace: str = "shop", application: int | None = 7) -> bool:
    return extent.covers_rollout(cluster=cluster, namespace=namespace, application=application)


@pytest.mark.parametrize(
    ("extent", "covered"),
    [
        (NOTHING, False),
        (EVERYTHING, True),
        (Extent(clusters=frozenset({HERE})), True),
        (Extent(clusters=frozenset({THERE})), False),
        (Extent(namespaces=frozenset({(None, "shop")})), True),
        (Extent(namespaces=frozenset({(HERE, "shop")})), True),
        (Extent(namespaces=frozenset({(THERE, "shop")})), False),
        (Extent(namespaces=frozenset({(HERE, "bank"), (None, "bank")})), False),
        (Extent(applications=frozenset({7})), True),
        (Extent(applications=frozenset({8})), False),
        (Extent(fleets=frozenset({(None, "default/prod")})), False),
    ],
)
def test_a_rollout_is_covered_by_its_cluster_its_namespace_or_its_application(extent: Extent, covered: bool) -> None:
    assert rollout(extent) is covered


def test_a_rollout_of_no_application_is_covered_by_none() -> None:
    assert not rollout(Extent(applications=frozenset({7})), application=None)


def test_a_namespace_of_all_clusters_needs_more_than_that_of_one() -> None:
    one = Extent(namespaces=frozenset({(HERE, "shop")}))
    assert one.covers_namespace(HERE, "shop")
    assert not one.covers_namespace(None, "shop")
    assert not Extent(clusters=frozenset({HERE})).covers_namespace(None, "shop")
    assert Extent(namespaces=frozenset({(None, "shop")})).covers_namespace(HERE, "shop")


def test_a_fleet_of_one_hub_is_not_that_of_another() -> None:
    one = Extent(fleets=frozenset({(HERE, "default/prod")}))
    assert one.covers_fleet(HERE, "default/prod")
    assert not one.covers_fleet(THERE, "default/prod")
    assert not one.covers_fleet(None, "default/prod")
    assert Extent(fleets=frozenset({(None, "default/prod")})).covers_fleet(HERE, "default/prod")


def test_together_they_cover_what_any_of_them_covers() -> None:
    both = together([Extent(clusters=frozenset({HERE})), Extent(namespaces=frozenset({(None, "shop")}))])
    assert rollout(both, namespace="bank")
    assert rollout(both, cluster=THERE)
    assert not rollout(both, cluster=THERE, namespace="bank")
    assert not both.whole_clusters
    assert together([]) == NOTHING
    assert together([Extent(clusters=frozenset({HERE})), EVERYTHING]) == EVERYTHING


def test_reaches_have_equal_names_only_where_they_are_equal() -> None:
    shop = Extent(namespaces=frozenset({(None, "shop"), (HERE, "bank")}))
    names = [
        Reach().name,
        Reach(EVERYTHING).name,
        Reach(EVERYTHING, EVERYTHING).name,
        Reach(shop).name,
        Reach(shop, shop).name,
        Reach(Extent(clusters=frozenset({HERE, 12}))).name,
        Reach(Extent(clusters=frozenset({HERE, 2}))).name,
        Reach(Extent(applications=frozenset({HERE, 2}))).name,
        Reach(Extent(namespaces=frozenset({(HERE, "shop")}))).name,
        Reach(Extent(namespaces=frozenset({(None, "shop")}))).name,
    ]
    assert len(set(names)) == len(names)
    assert Reach(Extent(namespaces=frozenset({(HERE, "bank"), (None, "shop")}))).name == Reach(shop).name
