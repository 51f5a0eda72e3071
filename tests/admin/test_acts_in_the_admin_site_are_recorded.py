"""Who did what in the admin site, from where, and with which request."""

from __future__ import annotations

import json

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group, User
from django.test import Client

from rollouts.models import AuditEntry, Cluster, ClusterSource
from tests.support.misbehaving import FakeCluster

pytestmark = pytest.mark.django_db
CLUSTERS, PEOPLE = "/admin/rollouts/cluster/", "/admin/auth/user/"
PLAIN = {"name": "prod", "prometheus_url": "", "namespaces": "", "observed": "on"}


@pytest.fixture(autouse=True)
def known(client: Client) -> User:
    return User.objects.get(username="root")


def last() -> AuditEntry:
    return AuditEntry.objects.order_by("-number")[0]


def test_a_cluster_that_is_added_changed_and_removed_names_the_person(
    client: Client, server: FakeCluster, known: User
) -> None:
    client.post(f"{CLUSTERS}add/", {**PLAIN, "paste": server.kubeconfig()}, REMOTE_ADDR="192.0.2.7")
    cluster = Cluster.objects.get()
    entry = last()
    assert (entry.act, entry.cluster, entry.person, entry.person_id) == ("add", "prod", "root", known.pk)
    assert entry.address == "192.0.2.7"
    client.post(f"{CLUSTERS}{cluster.pk}/change/", {**PLAIN, "observed": "", "namespaces": "shop"})
    entry = last()
    assert (entry.act, entry.person) == ("change", "root")
    assert json.loads(entry.patch)["after"] == {"observed": False, "namespaces": ["shop"]}
    client.post(f"{CLUSTERS}{cluster.pk}/delete/", {"post": "yes"})
    entry = last()
    assert (entry.act, entry.cluster, entry.person) == ("remove", "prod", "root")


def test_several_that_are_removed_at_once_have_an_entry_each_and_one_request(client: Client) -> None:
    made = [Cluster.objects.create(name=name, source=ClusterSource.FILE) for name in ("one", "two")]
    before = AuditEntry.objects.count()
    chosen = {"action": "delete_selected", "_selected_action": [one.pk for one in made], "post": "yes"}
    client.post(CLUSTERS, chosen)
    entries = AuditEntry.objects.filter(number__gt=before)
    assert {entry.cluster for entry in entries} == {"one", "two"}
    assert len({entry.request for entry in entries}) == 1
    assert len(last().request) == 32


def test_somebody_who_is_made_and_given_rights_names_who_gave_them(client: Client) -> None:
    group = Group.objects.create(name="owners")
    password = {"password1": "a-very-long-password", "password2": "a-very-long-password"}
    client.post(f"{PEOPLE}add/", {"username": "ben", "usable_password": "true", **password})
    ben = User.objects.get(username="ben")
    entry = last()
    assert (entry.act, entry.kind, entry.name, entry.person) == ("add", "person", "ben", "root")
    form = {"username": "ben", "is_active": "on", "is_staff": "on", "groups": [group.pk]}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    assert client.post(f"{PEOPLE}{ben.pk}/change/", {**form, **joined}).status_code == 302
    staff, member = AuditEntry.objects.order_by("-number")[:2][::-1]
    assert json.loads(staff.patch)["after"] == {"is_staff": True}
    assert json.loads(member.patch) == {"groups": {"added": ["owners"]}}
    assert {staff.person, member.person} == {"root"}
    client.post(f"{PEOPLE}{ben.pk}/delete/", {"post": "yes"})
    assert (last().act, last().name, last().person) == ("remove", "ben", "root")


def rename(client: Client, name: str, **headers: str) -> AuditEntry:
    cluster = Cluster.objects.create(name=f"{name}-before", source=ClusterSource.FILE)
    client.post(f"{CLUSTERS}{cluster.pk}/change/", {**PLAIN, "name": name}, REMOTE_ADDR="192.0.2.1", headers=headers)
    return last()


FORWARDED = {"X-Forwarded-For": "198.51.100.9, 192.0.2.7", "X-Request-ID": "4f1c-of-the-proxy"}


def test_what_a_proxy_says_is_believed_behind_one(client: Client, settings: LazySettings) -> None:
    settings.BEHIND_PROXY = True
    entry = rename(client, "prod", **FORWARDED)
    assert (entry.address, entry.request) == ("192.0.2.7", "4f1c-of-the-proxy")
    assert len(rename(client, "two", **{"X-Request-ID": "<b>"}).request) == 32


def test_what_a_browser_says_is_not(client: Client) -> None:
    entry = rename(client, "prod", **FORWARDED)
    assert entry.address == "192.0.2.1"
    assert entry.request != "4f1c-of-the-proxy"
