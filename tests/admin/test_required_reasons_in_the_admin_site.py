from __future__ import annotations

import pytest
from django.test import Client

from rollouts.models import AuditEntry, Covers, RequiredReason, Role
from tests.support.builders import make_cluster
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/rollouts/requiredreason/"


def test_an_admin_of_everything_says_of_whom_a_reason_is_asked() -> None:
    client = Client()
    client.force_login(make_person("ann", Role.ADMIN))
    assert client.post(f"{LIST}add/", {"role": "operator", "act": "skip-iterations"}).status_code == 302
    assert RequiredReason.objects.filter(role="operator", act="skip-iterations").exists()
    assert "of operators for skip iterations" in client.get(LIST).content.decode()
    entry = AuditEntry.objects.latest("number")
    assert (entry.person, entry.act, entry.kind) == ("ann", "add", "required-reason")


def test_what_is_asked_already_and_acts_that_there_are_not_are_explained() -> None:
    client = Client()
    client.force_login(make_person("ann", Role.ADMIN))
    RequiredReason.objects.create()
    assert "This is asked already." in client.post(f"{LIST}add/", {"role": "", "act": ""}).content.decode()
    assert "Select a valid choice" in client.post(f"{LIST}add/", {"role": "", "act": "delete"}).content.decode()
    assert RequiredReason.objects.count() == 1


def test_an_admin_of_a_part_has_no_say_in_it() -> None:
    ann = make_person("ann")
    grant(ann, Role.ADMIN, Covers.CLUSTER, cluster=make_cluster())
    client = Client()
    client.force_login(ann)
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}add/", {"role": "", "act": ""}).status_code == 403
    assert not RequiredReason.objects.exists()
