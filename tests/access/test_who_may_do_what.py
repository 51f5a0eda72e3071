from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from rollouts import access
from rollouts.models import Application, Cluster, Covers, Grant, Role, Rollout
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.people import anew, grant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cart() -> Application:
    """In two clusters, eu and us, beside loans in eu."""
    for name in ("eu", "us"):
        make_rollout(make_cluster(name), namespace="shop", name="cart")
    make_rollout(Cluster.objects.get(name="eu"), namespace="bank", name="loans")
    return make_application("cart", "shop")


def on(name: str) -> dict[str, Any]:
    return {"covers": Covers.CLUSTER, "cluster": Cluster.objects.get(name=name)}


def clusters(*names: str) -> list[int]:
    """All that there are, or these."""
    return list(Cluster.objects.filter(name__in=names or ("eu", "us")).values_list("pk", flat=True))


def operable(person: User) -> set[str]:
    both = {
        str(one.cluster): access.may_operate(person, one)
        for one in Rollout.objects.filter(name="cart").select_related("cluster")
    }
    found = {str(one.cluster) for one in access.operable_rollouts(person).filter(name="cart")}
    assert found == {name for name, may in both.items() if may}, "two ways to ask, one answer"
    return found


@pytest.mark.parametrize(
    ("role", "acts", "grants"), [("viewer", False, False), ("operator", True, False), ("admin", True, True)]
)
def test_each_role_may_also_do_what_the_one_before_it_may(
    cart: Application, role: str, acts: bool, grants: bool
) -> None:
    person = make_person("ann", Role(role))
    assert access.may_enter(person)
    assert operable(person) == ({"eu", "us"} if acts else set())
    assert access.may_operate(person, cart) is acts
    assert access.may_administer(person) is grants
    assert access.may_grant_something(person) is grants
    assert not access.may_edit_policy(person, cart, clusters())


def test_an_operator_of_one_cluster_acts_there_and_sees_as_granted_elsewhere(cart: Application) -> None:
    person = make_person("ann", Role.VIEWER)
    grant(person, Role.OPERATOR, **on("eu"))
    assert operable(person) == {"eu"}
    assert access.visible_rollouts(person).count() == 3


def test_an_act_on_an_application_needs_a_role_on_all_its_rollouts(cart: Application) -> None:
    person = make_person()
    grant(person, Role.OPERATOR, **on("eu"))
    assert not access.may_operate(person, cart)
    grant(person, Role.OPERATOR, **on("us"))
    assert access.may_operate(anew(person), cart)


def test_an_operator_of_an_application_acts_on_it_wherever_it_is(cart: Application) -> None:
    person = make_person()
    grant(person, Role.OPERATOR, Covers.APPLICATION, application=cart)
    assert operable(person) == {"eu", "us"}
    assert access.may_operate(person, cart)


def test_of_an_application_without_rollouts_none_is_covered() -> None:
    person = make_person()
    grant(person, Role.OPERATOR, Covers.NAMESPACE, namespace="shop")
    assert not access.may_operate(person, make_application("empty", "shop"))


def test_an_act_on_a_policy_needs_a_role_in_every_cluster_that_it_selects(cart: Application) -> None:
    """Also in one where nothing was seen of it yet: what is made there later is under it too."""
    eu, us, bare = (cluster.pk for cluster in (*Cluster.objects.filter(name__in=("eu", "us")), make_cluster("bare")))
    person = make_person()
    for name in ("eu", "us"):
        grant(person, Role.OPERATOR, **on(name))
    assert access.may_operate_policy(person, cart, [eu, us])
    assert not access.may_operate_policy(person, cart, [eu, us, bare])
    grant(person, Role.VIEWER, **on("bare"))
    assert not access.may_operate_policy(anew(person), cart, [eu, us, bare])
    assert access.may_see_policy(anew(person), cart, [eu, us, bare])


def test_an_operator_of_the_namespace_or_of_the_application_acts_on_its_policies(cart: Application) -> None:
    clusters = list(Cluster.objects.values_list("pk", flat=True))
    team, owner = make_person("team"), make_person("owner")
    grant(team, Role.OPERATOR, Covers.NAMESPACE, namespace="shop")
    grant(owner, Role.OPERATOR, Covers.APPLICATION, application=cart)
    assert access.may_operate_policy(team, cart, clusters)
    assert access.may_operate_policy(owner, cart, clusters)


def test_a_policy_that_selects_no_cluster_is_nobodys_but_of_who_has_the_application(cart: Application) -> None:
    team = make_person()
    grant(team, Role.OPERATOR, Covers.NAMESPACE, namespace="shop")
    assert not access.may_operate_policy(team, cart, [])


def test_the_right_to_edit_policies_is_apart_from_every_role(cart: Application) -> None:
    person = make_person()
    grant(person, Role.VIEWER, **on("eu"), edits_policies=True)
    assert access.may_edit_policy(person, cart, clusters("eu"))
    assert not access.may_edit_policy(person, cart, clusters()), "it governs the other cluster too"
    assert not access.may_operate(person, Rollout.objects.get(cluster__name="eu", name="cart"))


def test_another_workload_takes_the_right_to_edit_all_of_its_namespace_in_every_cluster(cart: Application) -> None:
    team, owner, of_eu = make_person("team"), make_person("owner"), make_person("of-eu")
    grant(team, covers=Covers.NAMESPACE, namespace="shop", edits_policies=True)
    grant(owner, covers=Covers.APPLICATION, application=cart, edits_policies=True)
    grant(of_eu, **on("eu"), edits_policies=True)
    assert access.may_edit_namespace(team, "shop", clusters())
    assert access.may_edit_namespace(team, "shop", [])
    assert not access.may_edit_namespace(team, "bank", clusters())
    assert not access.may_edit_namespace(owner, "shop", clusters())
    assert not access.may_edit_namespace(owner, "shop", []), "of no cluster today, perhaps of one tomorrow"
    assert access.may_edit_namespace(of_eu, "bank", clusters("eu"))
    assert not access.may_edit_namespace(of_eu, "bank", clusters())


def test_a_new_application_takes_the_right_on_the_whole_of_each_cluster(cart: Application) -> None:
    team, of_eu, everywhere = make_person("team"), make_person("eu"), make_person("all")
    grant(team, covers=Covers.NAMESPACE, namespace="shop", edits_policies=True)
    grant(of_eu, **on("eu"), edits_policies=True)
    grant(everywhere, edits_policies=True)
    assert not access.may_edit_whole_clusters(team, clusters("eu"))
    assert access.may_edit_whole_clusters(of_eu, clusters("eu"))
    assert not access.may_edit_whole_clusters(of_eu, clusters())
    assert not access.may_edit_whole_clusters(of_eu, []), "of no cluster today, perhaps of one tomorrow"
    assert access.may_edit_whole_clusters(everywhere, clusters())


def test_a_superuser_may_everything(cart: Application) -> None:
    root = User.objects.create_superuser("root")
    assert access.may_operate(root, cart)
    assert access.may_edit_policy(root, cart, clusters())
    assert access.may_grant(root, Grant(covers=Covers.EVERYTHING, edits_policies=True))


def test_a_revoked_role_is_gone_for_who_loads_the_person_anew(cart: Application) -> None:
    person = make_person("ann", Role.OPERATOR)
    assert operable(person)
    Grant.objects.all().delete()
    assert not operable(anew(person))


def things(cart: Application) -> dict[str, Grant]:
    eu = Cluster.objects.get(name="eu")
    return {
        "everything": Grant(covers=Covers.EVERYTHING),
        "fleet": Grant(covers=Covers.FLEET, fleet="default/prod"),
        "cluster": Grant(covers=Covers.CLUSTER, cluster=eu),
        "other cluster": Grant(covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="us")),
        "namespace here": Grant(covers=Covers.NAMESPACE, namespace="shop", cluster=eu),
        "namespace": Grant(covers=Covers.NAMESPACE, namespace="shop"),
        "application": Grant(covers=Covers.APPLICATION, application=cart),
    }


@pytest.mark.parametrize(
    ("own", "within"),
    [
        ("fleet", {"fleet"}),
        ("cluster", {"cluster", "namespace here"}),
        ("namespace", {"namespace", "namespace here"}),
        ("namespace here", {"namespace here"}),
        ("application", {"application"}),
    ],
)
def test_an_admin_of_a_part_grants_within_it_and_manages_no_clusters(
    cart: Application, own: str, within: set[str]
) -> None:
    person = make_person()
    held = things(cart)[own]
    held.person, held.role = person, Role.ADMIN
    held.save()
    may = {name for name, one in things(cart).items() if access.may_grant(person, one)}
    assert may == within
    assert not access.may_administer(person)


def test_an_admin_of_everything_grants_all_but_the_right_to_edit_policies(cart: Application) -> None:
    person = make_person("ann", Role.ADMIN)
    assert all(access.may_grant(person, one) for one in things(cart).values())
    policies = Grant(covers=Covers.EVERYTHING, edits_policies=True)
    assert not access.may_grant(person, policies)
    grant(person, Role.ADMIN, edits_policies=True)
    assert access.may_grant(anew(person), policies)


def test_an_admin_of_a_fleet_grants_on_its_clusters() -> None:
    person = make_person()
    member = make_cluster("member", fleets=["default/prod"])
    grant(person, Role.ADMIN, Covers.FLEET, fleet="default/prod")
    assert access.may_grant(person, Grant(covers=Covers.CLUSTER, cluster=member))


def test_whoever_lacks_a_right_is_told_whom_to_ask(settings: Settings) -> None:
    assert access.whom_to_ask() == "Ask somebody who administers this dashboard."
    assert access.whom_to_ask("eu-west") == "Ask somebody who administers eu-west."
    settings.CONTACT = "the platform team (#rollouts)"
    assert access.whom_to_ask("eu-west") == "Ask the platform team (#rollouts)."
