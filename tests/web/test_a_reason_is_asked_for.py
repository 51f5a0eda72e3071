"""Where a reason is required the dialog says so; that of a roll back is given afterwards, at its command."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Batch, Command, RequiredReason, Rollout
from tests.support.builders import make_command
from tests.support.governed import POLICY, make_policy
from tests.support.people import make_operator
from tests.web.dialogs import HTMX, ask, dialog, fields, page, version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_of_everybody(db: None) -> None:
    RequiredReason.objects.create()


def test_the_dialog_says_that_it_is_required_or_may_follow(operator: Client, running: Rollout) -> None:
    assert "(required; kept in the audit trail)" in page(operator, f"/rollouts/{running.pk}/acts/pause/")
    assert "(required, may follow after the click; kept" in page(operator, f"/rollouts/{running.pk}/acts/roll-back/")
    RequiredReason.objects.all().delete()
    assert "(may be empty; kept in the audit trail)" in page(operator, f"/rollouts/{running.pk}/acts/pause/")


def test_without_it_the_dialog_comes_again(operator: Client, running: Rollout) -> None:
    given = {**dialog(operator, running, "pause"), "reason": " "}
    response = operator.post(f"/rollouts/{running.pk}/acts/pause/", given, **HTMX)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'autofocus aria-invalid="true" aria-describedby="reason-wrong"' in html
    assert "Say why: a reason is required." in html
    assert not Command.objects.exists()


def test_a_roll_back_is_one_click_and_its_reason_follows(operator: Client, running: Rollout) -> None:
    operator.post(f"/rollouts/{running.pk}/acts/roll-back/", dialog(operator, running))
    command = Command.objects.get()
    html = page(operator, f"/rollouts/{running.pk}/")
    assert "operator still has to say why." in html
    address = f"/rollouts/{running.pk}/commands/{command.pk}/"
    assert f'action="{address}reason/"' in page(operator, address)
    answer = operator.post(f"{address}reason/", {"reason": " wrong colour "}, **HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "command-given")
    fresh = ask(operator, running, version(html))
    assert fresh.status_code == 200
    assert "Reason: wrong colour" in fresh.content.decode()
    assert "still has to say why" not in fresh.content.decode()
    assert f'action="{address}reason/"' not in page(operator, address)


def test_an_empty_one_is_no_reason(operator: Client, running: Rollout) -> None:
    operator.post(f"/rollouts/{running.pk}/acts/roll-back/", dialog(operator, running))
    command = Command.objects.get()
    response = operator.post(f"/rollouts/{running.pk}/commands/{command.pk}/reason/", {"reason": " "})
    assert response.status_code == 422
    assert 'id="reason-wrong" role="alert">Say why.' in response.content.decode()


def test_who_did_not_ask_for_it_cannot_say_why(running: Rollout, client: Client) -> None:
    command = make_command(running, state="accepted", person=make_operator("olga"), person_name="olga")
    client.force_login(make_operator("otto"))
    assert "/reason/" not in page(client, f"/rollouts/{running.pk}/commands/{command.pk}/")
    response: Any = client.post(f"/rollouts/{running.pk}/commands/{command.pk}/reason/", {"reason": "I guess"})
    assert response.status_code == 422
    assert "olga asked for it, and nobody else can say why." in response.content.decode()
    command.refresh_from_db()
    assert command.reason == ""


class TestOfSeveral:
    """Clusters of an application, and the policy that governs them."""

    @pytest.mark.parametrize(
        ("act", "said"),
        [("pause", "(required; kept"), ("roll-back", "(required, may follow after the click; kept")],
    )
    def test_the_dialog_says_that_it_is_required(self, operator: Client, running: Rollout, act: str, said: str) -> None:
        address = f"/applications/{running.application_id}/acts/{act}/"
        assert said in page(operator, address)
        RequiredReason.objects.update(role="admin")
        assert "(may be empty; kept in the audit trail)" in page(operator, address)

    def test_without_it_the_dialog_comes_again(self, operator: Client, running: Rollout) -> None:
        address = f"/applications/{running.application_id}/acts/pause/"
        chosen = re.search(r'name="chosen" value="([^"]+)"', page(operator, address))
        assert chosen is not None
        response = operator.post(address, {"chosen": chosen[1], "pace": "at-once", "reason": " "})
        html = response.content.decode()
        assert response.status_code == 422
        assert 'aria-required="true" autofocus aria-invalid="true" aria-describedby="reason-wrong"' in html
        assert not Batch.objects.exists()

    def test_that_of_a_policy_too(self, operator: Client, asked: list[Any]) -> None:
        one = make_policy("eu-west", phase=Phase.PROGRESSING)
        address = f"/applications/{one.pk}/policy/pause/"
        html = page(operator, f"{address}?policy={POLICY}")
        assert "(required; kept in the audit trail)" in html
        response = operator.post(address, {**fields(html), "policy": POLICY, "reason": " "})
        assert response.status_code == 422
        assert 'id="reason-wrong" role="alert">Say why: a reason is required.' in response.content.decode()
        assert (Command.objects.count(), asked) == (0, [])
