"""Whatever becomes of people and groups is in the trail, by whichever way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from rollouts.models import AuditEntry, Cluster, Covers, Role
from tests.support.builders import make_cluster
from tests.support.people import grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben", password="a-long-password")


def told() -> list[tuple[str, str, str, Any]]:
    """Since the last one that was asked for."""
    entries = AuditEntry.objects.order_by("number")
    return [(one.act, one.kind, one.name, json.loads(one.patch)) for one in entries]


def last() -> tuple[str, str, str, Any]:
    return told()[-1]


def test_somebody_new_is_told_with_what_they_may_and_without_a_password(ben: User) -> None:
    ((act, kind, name, patch),) = told()
    assert (act, kind, name) == ("add", "person", "ben")
    assert (patch["is_superuser"], patch["password"]) == (False, "(hidden)")
    assert ben.password not in AuditEntry.objects.get().patch


def test_only_what_changed_is_told(ben: User) -> None:
    ben.is_superuser = True
    ben.save()
    assert last() == ("change", "person", "ben", {"before": {"is_superuser": False}, "after": {"is_superuser": True}})
    ben.first_name = "Ben"
    ben.save()
    assert len(told()) == 2


def test_a_new_password_is_told_and_not_shown(ben: User) -> None:
    ben.set_password("another-long-password")
    ben.save()
    assert last()[3] == {"before": {"password": "(hidden)"}, "after": {"password": "(hidden)"}}


def test_to_sign_in_is_no_change(client: Client, ben: User) -> None:
    assert client.login(username="ben", password="a-long-password")
    assert len(told()) == 1


def test_a_group_that_is_given_or_taken_is_told_from_either_side(ben: User) -> None:
    group = Group.objects.create(name="release managers")
    assert last()[:3] == ("add", "group", "release managers")
    ben.groups.add(group)
    assert last() == ("change", "person", "ben", {"groups": {"added": ["release managers"]}})
    ben.groups.add(group)
    group.user_set.remove(ben)
    assert last() == ("change", "person", "ben", {"groups": {"removed": ["release managers"]}})
    group.user_set.add(ben)
    ben.groups.clear()
    assert last() == ("change", "person", "ben", {"groups": {"removed": ["release managers"]}})
    group.user_set.set([ben])
    group.user_set.clear()
    assert last() == ("change", "person", "ben", {"groups": {"removed": ["release managers"]}})
    assert len(told()) == 8


def test_permissions_are_told_of_people_and_groups(ben: User) -> None:
    permission = Permission.objects.get(codename="change_cluster")
    ben.user_permissions.add(permission)
    assert last() == ("change", "person", "ben", {"user_permissions": {"added": [str(permission)]}})
    group = Group.objects.create(name="owners")
    group.permissions.set([permission])
    assert last() == ("change", "group", "owners", {"permissions": {"added": [str(permission)]}})


def test_who_is_deleted_is_told(ben: User) -> None:
    ben.delete()
    assert last()[:3] == ("remove", "person", "ben")
    Group.objects.create(name="owners")
    Group.objects.all().delete()
    assert last()[:3] == ("remove", "group", "owners")


def test_a_role_that_is_given_changed_or_taken_away_is_told(ben: User) -> None:
    held = grant(ben, covers=Covers.NAMESPACE, namespace="shop")
    given = {"holder": "ben", "role": "viewer", "edits_policies": False, "thing": "the namespace shop of all clusters"}
    assert last() == ("add", "grant", "ben", given)
    held.role = Role.OPERATOR
    held.save()
    assert last() == ("change", "grant", "ben", {"before": {"role": "viewer"}, "after": {"role": "operator"}})
    held.delete()
    assert last() == ("remove", "grant", "ben", given | {"role": "operator"})


def test_a_role_that_goes_with_its_cluster_is_told_as_what_it_was(ben: User) -> None:
    cluster = make_cluster("eu")
    grant(ben, covers=Covers.CLUSTER, cluster=cluster)
    Cluster.objects.get(pk=cluster.pk).delete()
    act, kind, name, patch = last()
    assert (act, kind, name, patch["thing"]) == ("remove", "grant", "ben", "the cluster eu")
