"""Whoever administers everything sees and revokes anybody's tokens; nobody sees what they are."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.models import AuditEntry, Covers, Role, Token
from rollouts.services import tokens
from tests.support.builders import make_cluster
from tests.support.people import grant, make_person, make_token

pytestmark = pytest.mark.django_db
LIST = "/admin/rollouts/token/"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_person("root", Role.ADMIN))
    return client


def test_they_are_listed_and_shown_without_what_they_are(admin: Client) -> None:
    made = make_token(make_person("zoe"), name="deploy job")
    for address in (LIST, f"{LIST}{made.token.pk}/change/"):
        html = admin.get(address).content.decode()
        assert "deploy job" in html
        assert "zoe" in html
        assert made.secret not in html
        assert made.token.digest not in html


def test_one_that_is_deleted_is_revoked_and_in_the_trail(admin: Client) -> None:
    made = make_token(make_person("zoe"), "operate", name="deploy job")
    assert admin.post(f"{LIST}{made.token.pk}/delete/", {"post": "yes"}).status_code == 302
    assert tokens.use(secret=made.secret, now=timezone.now()) is None
    entry = AuditEntry.objects.get(kind="token", act="remove")
    assert (entry.person, entry.name) == ("root", "deploy job")
    assert '"person":"zoe"' in entry.patch


def test_of_several_at_once_each_is_in_the_trail(admin: Client) -> None:
    found = [make_token(make_person(name)).token.pk for name in ("zoe", "bob")]
    given = {"action": "delete_selected", "_selected_action": found, "post": "yes"}
    assert admin.post(LIST, given).status_code == 302
    assert not Token.objects.exists()
    assert AuditEntry.objects.filter(kind="token", act="remove", person="root").count() == 2


def test_nobody_makes_or_changes_one_there(admin: Client) -> None:
    made = make_token(make_person("zoe"))
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{made.token.pk}/change/", {"scope": "operate"}).status_code == 403
    made.token.refresh_from_db()
    assert made.token.scope == "read"


def test_an_admin_of_a_part_sees_none() -> None:
    made, ann = make_token(make_person("zoe")), make_person("ann")
    grant(ann, Role.ADMIN, Covers.CLUSTER, cluster=make_cluster())
    client = Client()
    client.force_login(ann)
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{made.token.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Token.objects.exists()
