"""The dialog of another value in a ConfigMap: whom it is offered, what it waits for, and what it says."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Command, ObjectCopy, Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.configs import SETTING, TRACKED, keep_configs
from tests.web.dialogs import button, page, sent

pytestmark = pytest.mark.django_db

Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def rollout(asked: Asked) -> Rollout:
    return make_rollout(make_cluster("eu-west"), phase=Phase.SUCCEEDED, tracked_configs=TRACKED)


@pytest.fixture
def read(rollout: Rollout) -> ObjectCopy:
    return keep_configs(rollout)


def address(rollout: Rollout) -> str:
    return f"/rollouts/{rollout.pk}/acts/config-value/"


def shown(client: Client, rollout: Rollout, value: str) -> str:
    """What the dialog says once the value was typed."""
    response = client.post(address(rollout), {"go": "show", "setting": SETTING, "value": value})
    assert response.status_code == 200
    assert not Command.objects.exists()
    return response.content.decode()


def test_it_is_offered_where_a_configmap_is_tracked_and_nowhere_else(operator: Client, rollout: Rollout) -> None:
    assert f'formaction="{address(rollout)}"' in button(page(operator, f"/rollouts/{rollout.pk}/"), "config-value")
    other = make_rollout(name="other", phase=Phase.SUCCEEDED)
    assert 'id="act-config-value"' not in page(operator, f"/rollouts/{other.pk}/")


def test_opened_it_is_read_by_a_task_and_waited_for(operator: Client, rollout: Rollout, asked: Asked) -> None:
    html = page(operator, address(rollout))
    assert "Its ConfigMaps are being read." in html
    assert asked == [("rollouts.tasks.read_configs", {"copy": ObjectCopy.objects.get().pk})]


def test_it_says_what_is_there_now_and_what_is_not_offered(operator: Client, read: ObjectCopy) -> None:
    html = page(operator, address(read.rollout))
    assert f"{SETTING}, now 50" in html
    assert "Not offered: checkout-settings/apiToken: it may be a secret." in html


def test_the_click_requests_what_was_shown(operator: Client, read: ObjectCopy) -> None:
    html = shown(operator, read.rollout, "80")
    assert "the image stays" in html
    response = operator.post(address(read.rollout), sent(html))
    assert response.status_code == 302
    command = Command.objects.get()
    assert command.choice == {"setting": SETTING, "value": "80", "replaced": "50"}


def test_what_looks_like_a_secret_is_said_at_its_field_and_not_requested(operator: Client, read: ObjectCopy) -> None:
    html = shown(operator, read.rollout, "--token=opensesame")
    assert 'id="choice-value-wrong"' in html
    assert "It looks like a secret" in html


def test_what_is_typed_is_in_no_address(operator: Client, read: ObjectCopy) -> None:
    asks = page(operator, address(read.rollout))
    form = asks[asks.index('name="go" value="show"') - 600 :].partition("</form>")[0]
    assert 'method="post"' in form
    assert "csrfmiddlewaretoken" in form
    assert "hx-get" not in form
    again = re.findall(r'href="([^"]*again=1)"', shown(operator, read.rollout, "80"))
    assert [unescape(one) for one in again] == [f"{address(read.rollout)}?setting=checkout-settings%2FpageSize&again=1"]
    assert "the image stays" not in page(operator, f"{address(read.rollout)}?setting={SETTING}&value=80")


def test_chosen_again_it_asks_for_the_value_without_calling_it_wrong(operator: Client, read: ObjectCopy) -> None:
    again = unescape(re.findall(r'href="([^"]*again=1)"', shown(operator, read.rollout, "80"))[0])
    html = page(operator, again)
    assert f'<option value="{SETTING}" selected>' in html
    assert "aria-invalid" not in html
    assert 'role="alert"' not in html
    assert "aria-invalid" in shown(operator, read.rollout, "")


def test_a_value_is_taken_as_it_was_typed(operator: Client, read: ObjectCopy) -> None:
    assert "It begins or ends with a space." in shown(operator, read.rollout, "80 ")
    assert "at most 1000 can be given" in shown(operator, read.rollout, "x" * 1200)


def test_who_only_looks_is_not_shown_it(visitor: Client, read: ObjectCopy) -> None:
    assert visitor.get(address(read.rollout)).status_code == 403
