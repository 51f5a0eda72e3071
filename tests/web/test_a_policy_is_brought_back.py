"""The dialog of an earlier version through a policy: read in each cluster, chosen once, then the click."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Command, Rollout
from tests.support.earlier import OLD, keep_versions, make_idle_policy
from tests.support.governed import POLICY, make_policy
from tests.web.dialogs import HTMX, button, page

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def application(asked: Asked) -> Application:
    return make_idle_policy("eu-west", "us-east")


@pytest.fixture
def read(application: Application) -> Application:
    for one in application.rollouts.all():
        keep_versions(one)
    return application


def address(application: Application, **choice: str) -> str:
    at = f"/applications/{application.pk}/policy/earlier-version/"
    return f"{at}?{urlencode({'policy': POLICY, **choice})}"


def sent(html: str, typed: str = "checkout") -> dict[str, str]:
    form = html.partition('<form method="post"')[2]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {**{name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}, "typed": typed}


def test_the_policy_has_a_button_and_each_rollout_keeps_its_own(operator: Client, application: Application) -> None:
    html = page(operator, f"/applications/{application.pk}/")
    assert f'formaction="{address(application).partition("?")[0]}"' in html
    assert "Earlier version, fast" in html
    rollout = application.rollouts.all()[0]
    assert f"/rollouts/{rollout.pk}/acts/earlier-version/" in button(
        page(operator, f"/rollouts/{rollout.pk}/"), "earlier-version"
    )


def test_the_clusters_are_asked_and_the_dialog_asks_again_with_the_policy(
    operator: Client, application: Application, asked: Asked
) -> None:
    html = unescape(page(operator, address(application)))
    assert "Still to answer: eu-west, us-east." in html
    assert [task for task, _ in asked] == ["rollouts.tasks.read_versions"] * 2
    again = re.findall(r'hx-get="([^"]+waited[^"]+)"', html)[0]
    assert "waited=2" in page(operator, again)


def test_a_version_is_chosen_by_its_images(operator: Client, read: Application) -> None:
    html = page(operator, address(read))
    assert f'<input type="hidden" name="policy" value="{POLICY}">' in html
    assert f'<input type="radio" name="images" value="{OLD}"' in html
    assert "promoted in 2, known in 2 of 2 clusters" in html


def test_before_the_click_each_cluster_says_what_happens_there(operator: Client, read: Application) -> None:
    one = Rollout.objects.get(cluster__name="us-east")
    keep_versions(one, found=())
    html = unescape(page(operator, address(read, images=OLD)))
    for said in (
        f"Earlier version, fast, policy {POLICY}?", "It is put on the target.", "Left out: No earlier version is known",
        "in whichever cluster of the policy: eu-west and us-east.", "skipTrafficAnalysis", "eu-west: deployments",
        '<b class="to-type">checkout</b>',
    ):  # fmt: skip
        assert said in html, said
    assert f"policy={POLICY}&images=" in html, "choose again"


def test_the_click_makes_a_command_of_the_policy_with_one_for_each_cluster(
    operator: Client, read: Application, asked: Asked
) -> None:
    given = sent(page(operator, address(read, images=OLD)))
    asked.clear()
    answer = operator.post(address(read).partition("?")[0], {**given, "reason": "errors"}, **HTMX)
    assert answer.status_code == 204
    command = Command.objects.get(rollout=None)
    assert asked == [("rollouts.tasks.carry_out", {"command": command.pk})]
    parts = list(command.parts.order_by("rollout__cluster__name"))
    assert [(one.state, one.reason, one.choice["images"]) for one in parts] == [("waiting", "errors", OLD)] * 2
    html = page(operator, f"/rollouts/{parts[0].rollout_id}/")
    assert "waiting for its turn" in html
    assert "nothing is put on the target" in html


def test_without_the_name_nothing_is_requested_and_the_choice_stays(operator: Client, read: Application) -> None:
    given = sent(page(operator, address(read, images=OLD)), typed="chekout")
    answer = operator.post(address(read).partition("?")[0], given)
    assert (answer.status_code, Command.objects.exists()) == (422, False)
    html = answer.content.decode()
    assert OLD in html
    assert "is not the name. Type checkout." in unescape(html)


def test_where_a_release_runs_it_says_so(operator: Client, asked: Asked) -> None:
    running = make_policy("eu-west", phase=Phase.PROGRESSING, iterations=1)
    html = page(operator, f"/applications/{running.pk}/")
    assert "A release is on its way in eu-west, and would be promoted without checks." in html
    assert "Roll it back there first" in page(operator, address(running))


def test_an_accepted_one_can_be_stopped_while_a_part_waits(operator: Client, read: Application) -> None:
    given = sent(page(operator, address(read, images=OLD)))
    operator.post(address(read).partition("?")[0], given, **HTMX)
    command = Command.objects.get(rollout=None)
    Command.objects.filter(pk=command.pk).update(state="accepted", accepted_at=command.requested_at)
    details = re.findall(
        rf'href="(/applications/{read.pk}/[^"]*{command.pk}/)"', page(operator, f"/applications/{read.pk}/")
    )
    at = details[0]
    assert "Cancel this command" in page(operator, at)
    assert operator.post(at, **HTMX).status_code == 204
    assert {one.state for one in command.parts.all()} == {"cancelled"}
    assert "Cancel this command" not in page(operator, at)
