from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from rollouts.models import Cluster, Covers, Grant, Role
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
ADD = "/admin/rollouts/grant/add/"
EMPTY = {"person": "", "group": "", "role": "viewer", "fleet": "", "cluster": "", "namespace": "", "application": ""}


@pytest.fixture
def ben() -> User:
    return make_person("ben")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def giving(client: Client, **fields: Any) -> str:
    response = client.post(ADD, {**EMPTY, **fields})
    return "" if response.status_code == 302 else response.content.decode()


def test_an_admin_of_everything_gives_a_role(ben: User) -> None:
    ann = make_person("ann", Role.ADMIN)
    assert giving(signed_in(ann), person=ben.pk, role="operator", covers="namespace", namespace="shop") == ""
    made = Grant.objects.get(person=ben)
    assert (made.role, made.namespace, made.given_by) == ("operator", "shop", ann)
    assert LogEntry.objects.get().user == ann


def test_an_admin_of_a_cluster_gives_roles_there_and_nowhere_else(ben: User) -> None:
    ann, here, there = make_person("ann"), make_cluster("here"), make_cluster("there")
    grant(ann, Role.ADMIN, Covers.CLUSTER, cluster=here)
    client = signed_in(ann)
    assert giving(client, person=ben.pk, covers="cluster", cluster=here.pk) == ""
    assert giving(client, person=ben.pk, covers="namespace", namespace="shop", cluster=here.pk) == ""
    assert "You may grant only what you administer" in giving(client, person=ben.pk, covers="everything")
    assert "You may grant only what you administer" in giving(
        client, person=ben.pk, covers="namespace", namespace="shop"
    )
    assert "Select a valid choice" in giving(client, person=ben.pk, covers="cluster", cluster=there.pk)
    assert "there" not in client.get(ADD).content.decode().partition('name="cluster"')[2].partition("</select>")[0]
    assert Grant.objects.filter(person=ben).count() == 2


def test_nobody_gives_the_right_to_edit_policies_who_lacks_it(ben: User) -> None:
    ann = make_person("ann", Role.ADMIN)
    given = {"person": ben.pk, "covers": "everything", "edits_policies": "on"}
    assert "only where you have it" in giving(signed_in(ann), **given)
    grant(ann, Role.ADMIN, edits_policies=True)
    assert giving(signed_in(ann), **given) == ""


def test_a_grant_without_a_thing_or_with_two_holders_is_explained(ben: User) -> None:
    client = signed_in(make_person("ann", Role.ADMIN))
    assert "Fill in what the grant is on, and nothing else." in giving(client, person=ben.pk, covers="cluster")
    assert "Choose a person or a group, one of them." in giving(client, covers="everything")
    assert giving(client, person=ben.pk, covers="everything") == ""
    assert "There is such a grant already" in giving(client, person=ben.pk, covers="everything", role="operator")


def test_a_change_leaves_holder_and_thing_as_they_are(ben: User) -> None:
    held = grant(ben)
    ann = make_person("ann", Role.ADMIN)
    changed = {"role": "operator", "person": ann.pk, "covers": "cluster"}
    assert signed_in(ann).post(f"/admin/rollouts/grant/{held.pk}/change/", changed).status_code == 302
    held.refresh_from_db()
    assert (held.role, held.person, held.covers) == ("operator", ben, "everything")


def test_an_admin_of_a_part_sees_and_takes_away_grants_of_that_part_only(ben: User) -> None:
    ann, here = make_person("ann"), make_cluster("here")
    grant(ann, Role.ADMIN, Covers.CLUSTER, cluster=here)
    inside = grant(ben, covers=Covers.NAMESPACE, namespace="shop", cluster=here)
    outside = grant(ben)
    client = signed_in(ann)
    listed = client.get("/admin/rollouts/grant/").content.decode()
    assert f"/grant/{inside.pk}/" in listed
    assert f"/grant/{outside.pk}/" not in listed
    assert client.get(f"/admin/rollouts/grant/{outside.pk}/change/").status_code == 302
    assert client.post(f"/admin/rollouts/grant/{outside.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Grant.objects.filter(pk=outside.pk).exists()
    several = {"action": "delete_selected", "_selected_action": [inside.pk, outside.pk], "post": "yes"}
    client.post("/admin/rollouts/grant/", several)
    assert not Grant.objects.filter(pk=inside.pk).exists()
    assert Grant.objects.filter(pk=outside.pk).exists()


def test_a_grant_with_the_right_to_edit_policies_is_left_to_who_has_it(ben: User) -> None:
    held = grant(ben, edits_policies=True)
    client = signed_in(make_person("ann", Role.ADMIN))
    page = f"/admin/rollouts/grant/{held.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}change/", {"role": "viewer"}).status_code == 403
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403


def test_an_admin_of_a_part_looks_at_that_part_and_manages_no_clusters() -> None:
    ann = make_person("ann")
    here, there = make_rollout(make_cluster("here"), name="cart"), make_rollout(make_cluster("there"), name="loans")
    grant(ann, Role.ADMIN, Covers.CLUSTER, cluster=here.cluster)
    client = signed_in(ann)
    for kind in ("rollout", "application"):
        listed = client.get(f"/admin/rollouts/{kind}/").content.decode()
        assert "cart" in listed
        assert "loans" not in listed
        assert "there" not in listed.partition("changelist-filter")[2].partition("</nav>")[0]
    assert client.get(f"/admin/rollouts/rollout/{there.pk}/change/").status_code == 302
    assert client.get("/admin/rollouts/cluster/").status_code == 403
    assert client.post(f"/admin/rollouts/cluster/{here.cluster_id}/delete/", {"post": "yes"}).status_code == 403
    assert Cluster.objects.count() == 2
    asked = "/admin/autocomplete/?app_label=rollouts&model_name=grant&field_name=application&term=s"
    assert [one["text"] for one in client.get(asked).json()["results"]] == ["shop/cart"]
    assert make_application("loans").pk


def test_lists_of_grants_take_no_more_queries_for_more(ben: User, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        grant(ben, covers=Covers.CLUSTER, cluster=make_cluster(f"c-{number}"))
    client = signed_in(make_person("ann", Role.ADMIN))
    with django_assert_max_num_queries(8):
        assert client.get("/admin/rollouts/grant/").status_code == 200
