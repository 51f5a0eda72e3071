"""From what a plain Canary says to the form of another."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.models import Covers, Rollout
from rollouts.services import revisions
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import made_by_kurator, read_by_a_task, spec
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    says(made, analysis__interval="45s")
    return made


@pytest.fixture
def other(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("west"), name="cart")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    says(made, targetRef=target, service__port=9090, service__hosts=["cart.example.test"], analysis__webhooks=[])
    return made


def says(one: Rollout, **changes: Any) -> None:
    found = spec(**changes)
    read_by_a_task(one, found)
    revisions.note_spec(rollout=one, spec=found, now=timezone.now())


def choose(client: Client, one: Rollout, **given: str) -> Any:
    return client.get(f"/rollouts/{one.pk}/policy/copy/", given)


def form(client: Client, one: Rollout, other: Rollout, **given: str) -> Any:
    chosen = choose(client, one, to=str(other.pk), **given)
    assert chosen.status_code == 302
    return client.get(chosen["Location"])


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_its_page_leads_to_the_others_that_may_be_edited(editor: Client, one: Rollout, other: Rollout) -> None:
    made_by_kurator(make_rollout(make_cluster("north"), name="made"))
    assert f'href="/rollouts/{one.pk}/policy/copy/"' in editor.get(f"/rollouts/{one.pk}/").content.decode()
    html = choose(editor, one).content.decode()
    assert re.findall(r'aria-label="Copy to ([^"]+)"', html) == ["shop/cart in west"]
    assert "Copy to it" not in words(choose(editor, one, named="nobody"))


def test_the_form_of_the_other_opens_with_the_copy_and_keeps_its_own(
    editor: Client, one: Rollout, other: Rollout
) -> None:
    response = form(editor, one, other)
    html, said = unescape(response.content.decode()), words(response)
    assert "Filled with what the Canary checkout in edge says." in said
    stays = re.search(r"As they were here stay: ([^.]*)", said)
    assert stays is not None
    assert "Port of the pods" in stays[1]
    assert "Route of APISIX" not in stays[1], "neither says anything of that"
    assert 'name="interval" value="45"' in html
    assert "cart.example.test" in html
    assert "checkout.example.test" not in html
    assert "http://cart-canary.shop:9090/" in html
    assert 'name="port" value="9090"' in html
    assert "checkout.example.test" in form(editor, one, other, addresses="on").content.decode()


def test_what_may_be_a_secret_is_not_copied(editor: Client, one: Rollout, other: Rollout) -> None:
    says(one, analysis__webhooks__0__metadata__cmd="hey --token=(hidden) x")
    said = words(form(editor, one, other))
    assert "Webhook load : what may be a secret is hidden in it." in said


def test_one_that_was_not_read_yet_says_so(editor: Client, one: Rollout, other: Rollout) -> None:
    one.revisions.all().delete()
    assert "What this Canary says is not known here yet" in words(choose(editor, one))
    assert form(editor, one, other).status_code == 404


def test_only_who_sees_the_one_and_edits_the_other_copies(client: Client, one: Rollout, other: Rollout) -> None:
    person = make_person("editor")
    grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster=other.cluster)
    client.force_login(person)
    assert choose(client, one).status_code == 404
    assert client.get(f"/rollouts/{other.pk}/policy/edit/?from={one.pk}").status_code == 404
    grant(person, covers=Covers.CLUSTER, cluster=one.cluster)
    assert form(client, one, other).status_code == 200
    assert form(client, other, one).status_code == 403
