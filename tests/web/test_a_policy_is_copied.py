"""From a policy of one application to the form of another's."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.domain import memory
from rollouts.models import Application, Covers, Role
from rollouts.web.views.policy_copy import MOST
from tests.support.bare import NAME as BARE
from tests.support.bare import make_bare
from tests.support.definitions import ALL, hub_knows
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_another_policy, make_policy
from tests.support.people import grant, make_person
from tests.support.policies import GREEN, policy

pytestmark = pytest.mark.django_db
INTERVAL = "rolloutPolicy__trafficAnalysis__checkIntervalSeconds"


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


def says(one: Application, **changed: Any) -> None:
    found = {**memory.dump(memory.load_policy(one.policies[0])), "rollout": policy(**changed)}
    Application.objects.filter(pk=one.pk).update(policies=[found])


def choose(client: Client, one: Application, **given: str) -> Any:
    return client.get(f"/applications/{one.pk}/policy/copy/", {"policy": NAME, **given})


def form(client: Client, one: Application, other: Application, **given: str) -> Any:
    chosen = choose(client, one, to=f"{other.pk}:{other.name}-prod", **given)
    assert chosen.status_code == 302
    return client.get(chosen["Location"])


def sent(html: str) -> dict[str, str]:
    """What a browser sends of the form."""
    of_form = html.partition('id="policy-form"')[2]
    boxes = re.findall(r'<input type="checkbox"[^>]* name="([^"]+)" value="on" checked', of_form)
    inputs = re.findall(r'<input (?!type="checkbox")[^>]*name="([^"]+)" value="([^"]*)"', of_form)
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)<', of_form)
    choices = re.findall(r'<select[^>]* name="([^"]+)".*?<option value="([^"]*)" selected', of_form)
    found = [*inputs, *areas, *choices, *((name, "on") for name in boxes)]
    return {name: unescape(value) for name, value in found}


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_it_stands_beside_the_revisions_and_lists_what_may_be_edited(editor: Client, one: Application) -> None:
    make_another_policy("cart")
    make_bare(workload="")
    address = f"/applications/{one.pk}/policy/copy/?policy={NAME}"
    assert address in editor.get(f"/applications/{one.pk}/").content.decode()
    said = words(choose(editor, one))
    assert "cart-prod of shop/cart on hub, 2 clusters workload shop/cart Copy to it" in said
    assert f"{BARE} of shop/cart on hub, 2 clusters no rollout yet: its workload is chosen next" in said
    assert f"Copy to {NAME}" not in choose(editor, one).content.decode(), "not to itself"


def test_the_targets_form_opens_with_the_copy_and_says_what_stays(editor: Client, one: Application) -> None:
    says(one, **{INTERVAL: 45, "primary.labels": {"a": "b"}})
    other = make_another_policy("cart")
    response = form(editor, one, other)
    html, said = response.content.decode(), words(response)
    assert "Edit policy cart-prod" in said
    assert 'name="interval" value="45"' in html
    assert 'name="workload" value="cart"' in html
    assert "http://cart-canary.shop:8080/" in html
    assert GREEN not in html.partition("policy-groups")[2]
    assert f"Filled with what policy {NAME} of checkout says." in said
    assert "Nor what has no field in the form: primary.labels" in said
    assert json.loads(re.findall(r'name="base" value="([^"]+)"', html)[0].replace("&quot;", '"')) == policy(
        workload__name="cart", serviceName="cart"
    )


def test_the_review_of_the_copy_changes_the_target_alone(editor: Client, one: Application) -> None:
    says(one, **{INTERVAL: 45})
    other = make_another_policy("cart")
    html = form(editor, one, other).content.decode()
    response = editor.post(f"/applications/{other.pk}/policy/edit/", {**sent(html), "go": "review"})
    assert response.status_code == 200
    assert "checkIntervalSeconds 90 45" in words(response)
    assert f"/applications/{other.pk}/policy/drafts/" in response.content.decode()


def test_the_strategy_comes_with_it(editor: Client, one: Application) -> None:
    routing = "rolloutPolicy__trafficRouting"
    says(one, **{f"{routing}__canaryStrategy": {"stepWeight": 10}, f"{routing}__analysisTimes": 0})
    html = form(editor, one, make_another_policy("cart")).content.decode()
    assert '<option value="canary" selected' in html
    assert 'name="step" value="10"' in html


def test_hosts_come_with_it_only_where_asked_for(editor: Client, one: Application) -> None:
    says(one, rolloutPolicy__trafficRouting__hosts=["shop.example.test"])
    other = make_another_policy("cart")
    assert "shop.example.test" not in form(editor, one, other).content.decode()
    assert "shop.example.test" in form(editor, one, other, addresses="on").content.decode()


def test_what_the_hub_does_not_know_or_is_hidden_is_said(editor: Client, one: Application) -> None:
    commands = "rolloutPolicy__trafficAnalysis__webhooks__command"
    says(one, rolloutPolicy__trafficRouting__retries={"attempts": 3}, **{commands: ["hey --token=(hidden) <b>"]})
    other = make_another_policy("cart")
    hub_knows(other, [place for place in ALL if "retries" not in place])
    response = form(editor, one, other)
    assert "Attempts : the Kurator of this hub does not know it." in words(response)
    assert "Command hey --token=(hidden) &lt;b&gt; : what may be a secret is hidden in it." in words(response)


def test_a_policy_without_a_rollout_is_set_up_with_the_copy(editor: Client, one: Application) -> None:
    says(one, **{INTERVAL: 45})
    bare = make_bare()
    response = choose(editor, one, to=f"{bare.pk}:{BARE}")
    first = editor.get(response["Location"])
    assert first.status_code == 302
    assert "/policy/set-up/" in first["Location"]
    page = editor.get(first["Location"]).content.decode()
    assert f'name="from" value="{one.pk}"' in page
    picked = {"kind": "Deployment", "namespace": "shop", "workload": "cart", "port": "9090"}
    given = {"policy": BARE, "from": str(one.pk), "copied": NAME, **picked}
    opened = editor.get(f"/applications/{bare.pk}/policy/edit/", given).content.decode()
    assert 'name="interval" value="45"' in opened
    assert 'name="port" value="9090"' in opened
    assert "http://cart-canary.shop:9090/" in opened
    assert "shop.test" not in opened


def test_a_name_narrows_the_list_and_a_limit_ends_it(editor: Client, one: Application) -> None:
    for number in range(MOST + 1):
        make_another_policy(f"cart-{number:02}")
    said = words(choose(editor, one))
    assert said.count("Copy to it") == MOST
    assert f"There are more than the {MOST} that are shown" in said
    assert words(choose(editor, one, named="CART-07")).count("Copy to it") == 1
    assert "No other policy of this name is yours to edit." in words(choose(editor, one, named="nothing"))


def test_it_costs_as_many_statements_however_many_there_are(editor: Client, one: Application) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            choose(editor, one)
        return len(found)

    make_another_policy("cart")
    choose(editor, one)
    few = statements()
    for number in range(10):
        make_another_policy(f"more-{number}")
    assert statements() == few


def test_what_may_not_be_edited_is_not_listed_nor_opened(client: Client, one: Application) -> None:
    cart, stock = make_another_policy("cart"), make_another_policy("stock")
    person = make_person("of-cart", Role.VIEWER)
    grant(person, Role.VIEWER, Covers.APPLICATION, application=cart, edits_policies=True)
    client.force_login(person)
    said = words(choose(client, one))
    assert "cart-prod" in said
    assert "stock-prod" not in said
    assert form(client, one, cart).status_code == 200
    assert form(client, one, stock).status_code == 403


def test_what_the_person_does_not_see_cannot_be_copied(client: Client, one: Application) -> None:
    cart = make_another_policy("cart")
    person = make_person("of-cart")
    grant(person, Role.VIEWER, Covers.APPLICATION, application=cart, edits_policies=True)
    client.force_login(person)
    assert choose(client, one).status_code == 404
    given = {"policy": "cart-prod", "from": str(one.pk), "copied": NAME}
    assert client.get(f"/applications/{cart.pk}/policy/edit/", given).status_code == 404


def test_who_edits_nothing_is_not_led_there(visitor: Client, one: Application) -> None:
    make_another_policy("cart")
    assert "/policy/copy/" not in visitor.get(f"/applications/{one.pk}/").content.decode()
    assert choose(visitor, one).status_code == 403


@pytest.mark.parametrize("given", ["", "x", "9" * 40, "²"])
def test_a_source_that_is_none_is_not_found(editor: Client, one: Application, given: str) -> None:
    asked = {"policy": NAME, "from": given, "copied": NAME}
    assert editor.get(f"/applications/{one.pk}/policy/edit/", asked).status_code == 404
