"""The dialog of another value in the ConfigMaps of several clusters: what it waits for, asks, shows and requests."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Batch, Command, ObjectCopy, Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.configs import SETTING, TRACKED, keep_configs
from tests.support.scenes import NAMES
from tests.web.dialogs import button, page, sent_of_several

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    """In three clusters; nothing of them is read yet."""
    return [make_rollout(make_cluster(name), phase=Phase.SUCCEEDED, tracked_configs=TRACKED) for name in NAMES]


@pytest.fixture
def all_read(rollouts: list[Rollout]) -> None:
    for one, value in zip(rollouts, ("50", "60", "50"), strict=True):
        keep_configs(one, value)


def address(application: Application) -> str:
    return f"/applications/{application.pk}/acts/config-value/"


def shown(client: Client, application: Application, value: str = "80") -> str:
    response = client.post(address(application), {"go": "show", "setting": SETTING, "value": value})
    assert response.status_code == 200
    assert not Batch.objects.exists()
    return response.content.decode()


def sent(html: str) -> dict[str, Any]:
    told = re.findall(r'<input type="hidden" name="(setting|value)" value="([^"]*)"', html)
    return {**sent_of_several(html), **{name: unescape(value) for name, value in told}}


def row(html: str, cluster: str) -> str:
    found = [one for one in html.split('<tr class="choice')[1:] if cluster in one]
    return found[0].partition("</tr>")[0]


def test_it_is_offered_where_a_configmap_is_tracked_in_one_of_them_and_nowhere_else(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    html = page(operator, f"/applications/{application.pk}/")
    assert f'formaction="{address(application)}"' in button(html, "config-value")
    other = make_rollout(Rollout.objects.all()[0].cluster, name="other", phase=Phase.SUCCEEDED)
    assert other.application is not None
    assert 'id="act-config-value"' not in page(operator, f"/applications/{other.application.pk}/")


def test_while_releases_run_the_button_says_that_it_is_possible_nowhere(operator: Client, asked: list[Any]) -> None:
    one = make_rollout(make_cluster("eu-west"), phase=Phase.PROGRESSING, iterations=1, tracked_configs=TRACKED)
    assert "In no cluster is it possible now." in page(operator, f"/applications/{one.application_id}/")


def test_each_cluster_is_read_by_a_task_of_its_own_and_waited_for(
    operator: Client, application: Application, rollouts: list[Rollout], asked: list[Any]
) -> None:
    html = page(operator, address(application))
    assert (
        "The clusters are being asked what their ConfigMaps say. Still to answer: ap-south, eu-west, us-east." in html
    )
    assert f'<meta http-equiv="refresh" content="2; url={address(application)}?waited=1">' in html, "without scripts"
    copies = ObjectCopy.objects.order_by("pk").values_list("pk", flat=True)
    assert asked == [("rollouts.tasks.read_configs", {"copy": pk}) for pk in copies]
    assert len(copies) == 3


def test_who_gives_no_answer_is_named_and_not_waited_for_for_ever(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one, value in zip(rollouts[:2], ("50", "60"), strict=True):
        keep_configs(one, value)
    html = page(operator, f"{address(application)}?waited=12")
    assert "No answer yet from us-east." in html
    assert "Left out: Its ConfigMaps are being read." in row(shown(operator, application), "us-east")


def test_it_asks_once_and_names_the_values_of_all(operator: Client, application: Application, all_read: None) -> None:
    html = page(operator, address(application))
    assert f"{SETTING}, now 50 or 60</option>" in html
    assert "Not offered: checkout-settings/apiToken: it may be a secret." in html
    assert 'name="chosen"' not in html
    assert "aria-invalid" not in html


def test_then_it_says_of_each_cluster_what_its_value_becomes(
    operator: Client, application: Application, all_read: None
) -> None:
    html = shown(operator, application)
    for name, before in zip(NAMES, ("50", "60", "50"), strict=True):
        assert f"<b>{SETTING}</b> {before} → 80" in row(html, name)
    assert '<details class="places" open>' in html
    assert len(sent(html)["chosen"]) == 3, "all are chosen, as nobody has left one out"
    assert 'name="stops" checked' in html


def test_where_all_have_one_value_it_is_said_once(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one in rollouts:
        keep_configs(one, "50")
    html = shown(operator, application)
    assert html.count("<caption>What becomes another</caption>") == 1
    assert "→ 80" not in html


def test_the_click_requests_what_was_shown_each_bound_to_its_own_value(
    operator: Client, application: Application, all_read: None
) -> None:
    given = sent(shown(operator, application))
    assert operator.post(address(application), given).status_code == 302
    choices = Command.objects.order_by("id").values_list("choice", flat=True)
    assert [one["replaced"] for one in choices] == ["50", "60", "50"]
    assert {one["value"] for one in choices} == {"80"}
    html = page(operator, f"/applications/{application.pk}/")
    assert f'<span class="told">{SETTING}</span>' in html
    assert ">80<" not in html


def test_a_value_that_was_set_meanwhile_stops_it_everywhere(
    operator: Client, application: Application, rollouts: list[Rollout], all_read: None
) -> None:
    given = sent(shown(operator, application))
    keep_configs(rollouts[1], "70")
    answer = operator.post(address(application), given)
    assert answer.status_code == 409
    assert "70 → 80" in answer.content.decode()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(("value", "said"), [("", "Give the new value"), ("--token=opensesame", "looks like a secret")])
def test_what_cannot_be_used_is_said_at_its_field(
    operator: Client, application: Application, all_read: None, value: str, said: str
) -> None:
    html = shown(operator, application, value)
    assert said in html.partition('id="choice-value-wrong"')[2].partition("</p>")[0]
    assert 'name="chosen"' not in html


def test_what_is_typed_is_in_no_address_and_can_be_chosen_again(
    operator: Client, application: Application, all_read: None
) -> None:
    (again,) = {unescape(one) for one in re.findall(r'href="([^"]*again=1)"', shown(operator, application))}
    assert again == f"{address(application)}?setting=checkout-settings%2FpageSize&again=1"
    html = page(operator, again)
    assert f'<option value="{SETTING}" selected>' in html
    assert "aria-invalid" not in html
    assert "→ 80" not in page(operator, f"{address(application)}?setting={SETTING}&value=80")


def test_who_only_looks_is_not_shown_it(visitor: Client, application: Application, all_read: None) -> None:
    assert visitor.get(address(application)).status_code == 403
