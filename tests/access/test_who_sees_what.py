from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from pytest_django.fixtures import Settings

from rollouts import access
from rollouts.models import Cluster, Covers, DayOfReleases, Grant, Role, Rollout
from tests.support.builders import make_application, make_cluster, make_release, make_rollout
from tests.support.people import anew, grant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet() -> None:
    """A hub with two members, and a plain cluster; `shop/cart` and `bank/loans` in each of the three."""
    hub = make_cluster("hub", is_hub=True)
    members = {"hub": hub, "hub_kind": "attachedclusters", "hub_namespace": "default"}
    make_cluster("eu", **members, hub_name="eu", fleets=["default/prod"])
    make_cluster("us", **members, hub_name="us", fleets=["default/prod", "default/test"])
    make_cluster("plain")
    for name in ("eu", "us", "plain"):
        cluster = Cluster.objects.get(name=name)
        for namespace, workload in (("shop", "cart"), ("bank", "loans")):
            make_release(make_rollout(cluster, namespace=namespace, name=workload))


def cluster(name: str) -> Cluster:
    return Cluster.objects.get(name=name)


def seen(person: Any) -> set[str]:
    return {f"{one.cluster.name}/{one.name}" for one in access.visible_rollouts(person).select_related("cluster")}


def clusters(person: Any) -> set[str]:
    return set(access.visible_clusters(person).values_list("name", flat=True))


EVERYWHERE = {f"{name}/{workload}" for name in ("eu", "us", "plain") for workload in ("cart", "loans")}
GRANTS: dict[str, tuple[Callable[[], dict[str, Any]], set[str], set[str]]] = {
    "everything": (lambda: {"covers": Covers.EVERYTHING}, EVERYWHERE, {"hub", "eu", "us", "plain"}),
    "a fleet": (
        lambda: {"covers": Covers.FLEET, "fleet": "default/prod"},
        {"eu/cart", "eu/loans", "us/cart", "us/loans"},
        {"eu", "us"},
    ),
    "a fleet of its hub": (
        lambda: {"covers": Covers.FLEET, "fleet": "default/test", "cluster": cluster("hub")},
        {"us/cart", "us/loans"},
        {"us"},
    ),
    "a fleet of another hub": (
        lambda: {"covers": Covers.FLEET, "fleet": "default/test", "cluster": cluster("plain")},
        set(),
        set(),
    ),
    "a cluster": (
        lambda: {"covers": Covers.CLUSTER, "cluster": cluster("plain")},
        {"plain/cart", "plain/loans"},
        {"plain"},
    ),
    "a namespace": (
        lambda: {"covers": Covers.NAMESPACE, "namespace": "shop"},
        {"eu/cart", "us/cart", "plain/cart"},
        {"eu", "us", "plain"},
    ),
    "a namespace of a cluster": (
        lambda: {"covers": Covers.NAMESPACE, "namespace": "shop", "cluster": cluster("eu")},
        {"eu/cart"},
        {"eu"},
    ),
    "a namespace that is nowhere": (lambda: {"covers": Covers.NAMESPACE, "namespace": "moon"}, set(), set()),
    "an application": (
        lambda: {"covers": Covers.APPLICATION, "application": make_application("loans", "bank")},
        {"eu/loans", "us/loans", "plain/loans"},
        {"eu", "us", "plain"},
    ),
}
every_grant = pytest.mark.parametrize(("thing", "rollouts", "names"), GRANTS.values(), ids=GRANTS.keys())


@every_grant
def test_a_grant_shows_what_it_is_on_and_nothing_else(
    thing: Callable[[], dict[str, Any]], rollouts: set[str], names: set[str]
) -> None:
    person = make_person()
    grant(person, **thing())
    assert seen(person) == rollouts
    assert clusters(person) == names
    releases = access.visible_releases(person).select_related("rollout__cluster")
    assert {f"{one.rollout.cluster.name}/{one.rollout.name}" for one in releases} == rollouts
    applications = access.visible_applications(person)
    assert {one.name for one in applications} == {name.partition("/")[2] for name in rollouts}


@every_grant
def test_members_of_a_group_see_what_the_group_may(
    thing: Callable[[], dict[str, Any]], rollouts: set[str], names: set[str]
) -> None:
    group = Group.objects.create(name="team")
    grant(group, **thing())
    member, other = make_person("member"), make_person("other")
    member.groups.add(group)
    assert seen(member) == rollouts
    assert not access.may_enter(other)


def test_grants_add_up() -> None:
    person = make_person()
    grant(person, covers=Covers.CLUSTER, cluster=cluster("plain"))
    grant(person, covers=Covers.NAMESPACE, namespace="shop", cluster=cluster("eu"))
    grant(person, covers=Covers.APPLICATION, application=make_application("loans", "bank"))
    assert seen(person) == {"plain/cart", "plain/loans", "eu/cart", "eu/loans", "us/loans"}


@pytest.mark.parametrize("who", ["stranger", "nobody", "inactive"])
def test_whoever_was_granted_nothing_sees_nothing(who: str) -> None:
    people: dict[str, Any] = {"stranger": AnonymousUser(), "nobody": make_person("nobody")}
    people["inactive"] = make_person("inactive", is_active=False)
    grant(people["inactive"])
    person = people[who]
    assert not access.may_enter(person)
    assert (seen(person), clusters(person)) == (set(), set())
    for visible in (access.visible_applications, access.visible_days, access.visible_copies, access.visible_releases):
        assert not visible(person).exists()
    assert access.audible(person, ["fleet", "rollout-1"]) == frozenset()


def test_a_superuser_needs_no_grant() -> None:
    person = User.objects.create_superuser("root")
    assert seen(person) == EVERYWHERE
    assert access.may_administer(person)


def test_where_everybody_views_a_sign_in_is_enough_for_seeing(settings: Settings) -> None:
    settings.EVERYBODY_VIEWS = True
    person = make_person()
    assert seen(person) == EVERYWHERE
    assert not access.operable_rollouts(person).exists()
    assert not access.may_grant_something(person)
    assert not access.may_enter(AnonymousUser())
    assert not access.may_enter(make_person("inactive", is_active=False))


def test_a_cluster_that_leaves_its_fleet_is_not_seen_by_way_of_it() -> None:
    person = make_person()
    grant(person, covers=Covers.FLEET, fleet="default/prod")
    before = access.scope(person)
    Cluster.objects.filter(name="us").update(fleets=["default/test"])
    assert seen(anew(person)) == {"eu/cart", "eu/loans"}
    assert access.scope(anew(person)) != before


def test_who_sees_a_part_of_a_cluster_does_not_see_it_whole() -> None:
    person = make_person()
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    grant(person, covers=Covers.CLUSTER, cluster=cluster("eu"))
    assert access.sees_whole_cluster(person, cluster("eu").pk)
    assert not access.sees_whole_cluster(person, cluster("us").pk)
    assert not access.sees_whole_clusters(person)
    assert {one.cluster.name for one in access.visible_days(person)} == {"eu"}
    assert DayOfReleases.objects.count() == 3


def test_people_share_a_scope_only_if_they_see_and_may_do_the_same() -> None:
    one, two, three = (make_person(name) for name in ("one", "two", "three"))
    group = Group.objects.create(name="team")
    two.groups.add(group)
    grant(one, covers=Covers.CLUSTER, cluster=cluster("eu"))
    grant(group, covers=Covers.CLUSTER, cluster=cluster("eu"))
    grant(three, covers=Covers.CLUSTER, cluster=cluster("us"))
    assert access.scope(one) == access.scope(two)
    assert access.scope(one) != access.scope(three)
    grant(one, Role.OPERATOR, covers=Covers.CLUSTER, cluster=cluster("eu"))
    assert access.scope(anew(one)) != access.scope(two)


def test_grants_are_read_once_for_each_person_object(django_assert_num_queries: Callable[..., Any]) -> None:
    person = make_person()
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    grant(person, covers=Covers.FLEET, fleet="default/prod")
    person = anew(person)
    with django_assert_num_queries(2):
        for _ in range(3):
            access.scope(person)
            access.may_enter(person)
            access.may_operate(person, Rollout(cluster_id=1, namespace="shop"))


def test_the_stream_tells_only_of_what_may_be_seen(django_assert_num_queries: Callable[..., Any]) -> None:
    person = make_person()
    grant(person, covers=Covers.NAMESPACE, namespace="shop", cluster=cluster("eu"))
    mine = Rollout.objects.get(cluster__name="eu", namespace="shop")
    other = Rollout.objects.get(cluster__name="eu", namespace="bank")
    kinds = ("rollout", "measured", "commands", "application", "compared", "cluster")

    def topics(one: Rollout) -> list[str]:
        numbers = (one.pk, one.pk, one.pk, one.application_id, one.application_id, one.cluster_id)
        return [f"{kind}-{number}" for kind, number in zip(kinds, numbers, strict=True)]

    asked = [*topics(mine), *topics(other), "fleet", "access-1", "nonsense-1", "rollout-x", "rollout"]
    access.scope(person)
    with django_assert_num_queries(6):
        heard = access.audible(person, asked)
    assert heard == {*topics(mine), "fleet"}  # both rollouts are in one cluster


def test_a_copy_of_an_object_is_heard_of_by_who_sees_its_rollout() -> None:
    person = make_person()
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    at = cluster("eu").created_at
    mine, other = (
        Rollout.objects.get(cluster__name="eu", namespace=namespace).copies.create(
            kind="pod", name="p", requested_at=at
        )
        for namespace in ("shop", "bank")
    )
    assert access.audible(person, [f"object-{mine.pk}", f"object-{other.pk}"]) == {f"object-{mine.pk}"}


def test_nothing_is_asked_for_who_sees_everything(django_assert_num_queries: Callable[..., Any]) -> None:
    person = make_person()
    grant(person)
    access.scope(person)
    with django_assert_num_queries(0):
        assert access.audible(person, ["rollout-4711", "fleet", "nonsense-1", "access-1"]) == {"rollout-4711", "fleet"}
    assert str(access.visible_rollouts(person).query) == str(Rollout.objects.all().query)
    assert Grant.objects.count() == 1
