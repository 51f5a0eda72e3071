"""A live element asks for what is newer than the version it holds. A right that changes is newer than any."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Covers, Grant, Role
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.people import grant, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]
HTMX = {"HX-Request": "true"}
LISTS = ("/", "/?view=applications", "/clusters/")
VERSION = re.compile(r"hx-vals='\{\"v\": \"([^\"]+)\"\}'")


@pytest.fixture
def person(client: Client) -> User:
    person = make_person()
    client.force_login(person)
    return person


def held(client: Client, address: str) -> str:
    found = VERSION.search(client.get(address, headers=HTMX).content.decode())
    assert found is not None
    return found[1]


def look_of(person: User, address: str) -> str:
    client = Client()
    client.force_login(person)
    return client.get(address, headers=HTMX).content.decode()


def test_the_fleet_of_who_was_moved_to_another_cluster_is_made_anew(client: Client, person: User) -> None:
    """Both clusters have changed equally often."""
    one, another = make_cluster("one"), make_cluster("another")
    make_rollout(one, name="of-one")
    make_rollout(another, name="of-another")
    given = grant(person, covers=Covers.CLUSTER, cluster=one)
    version = held(client, "/")
    assert client.get(f"/?v={version}", headers=HTMX).status_code == 204
    Grant.objects.filter(pk=given.pk).update(cluster=another)
    shown = client.get(f"/?v={version}", headers=HTMX).content.decode()
    assert "of-another" in shown
    assert "of-one" not in shown


@pytest.mark.parametrize("address", [*LISTS, "/applications/{}/", "/applications/{}/charts/"])
def test_what_lists_showed_of_a_namespace_goes_with_the_right_to_it(client: Client, person: User, address: str) -> None:
    cluster, application = make_cluster(), make_application("checkout", "shop")
    make_rollout(cluster, application=application, namespace="shop", name="checkout", phase=Phase.FAILED)
    make_rollout(cluster, application=application, namespace="hidden", name="secret-checkout", phase=Phase.FAILED)
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    lost = grant(person, covers=Covers.NAMESPACE, namespace="hidden")
    address = address.format(application.pk)
    version = held(client, address)
    separator = "&" if "?" in address else "?"
    lost.delete()
    answer = client.get(f"{address}{separator}v={version}", headers=HTMX)
    assert answer.status_code == 200
    assert "secret-checkout" not in answer.content.decode()


def test_the_buttons_of_a_rollout_go_with_the_right_to_use_them(client: Client, person: User) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING)
    grant(person, Role.OPERATOR)
    address = f"/rollouts/{rollout.pk}/"
    version = held(client, address)
    before = client.get(address, headers=HTMX).content.decode()
    grant(person, Role.VIEWER)
    after = client.get(f"{address}?v={version}", headers=HTMX)
    assert after.status_code == 200
    assert "Ask somebody" in after.content.decode()
    assert "Ask somebody" not in before


@pytest.mark.parametrize("address", LISTS)
def test_equal_rights_share_what_is_made_and_others_never_do(person: User, address: str) -> None:
    mine, other = make_cluster("mine"), make_cluster("other")
    make_rollout(mine, name="of-mine")
    make_rollout(other, name="of-other")
    grant(person, covers=Covers.CLUSTER, cluster=mine)
    equal, stranger = make_person("equal"), make_person("stranger")
    grant(equal, covers=Covers.CLUSTER, cluster=mine)
    grant(stranger, covers=Covers.CLUSTER, cluster=other)
    first, second, third = (look_of(one, address) for one in (person, equal, stranger))
    assert first == second
    assert "mine" in first
    assert "mine" not in third
    assert "other" in third
    assert "other" not in first
