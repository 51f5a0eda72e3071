"""Green to 0 in several clusters: offered only where green is not ready, and left out where nothing is rolled back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.rollout import Live, LiveSide, LiveSource
from rollouts.models import Application, Command, Rollout
from rollouts.services.observe import storage
from tests.support.scenes import application_of, running_everywhere
from tests.web.dialogs import button, page, sent_of_several

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    return running_everywhere()


@pytest.fixture
def application(rollouts: list[Rollout]) -> Application:
    return application_of(rollouts)


def never_ready(rollout: Rollout, *, rolled_back: bool = True) -> None:
    state = memory.load(rollout.state)
    assert state.green is not None
    canary = replace(state.canary, failed_checks=state.canary.threshold if rolled_back else 0)
    live = Live(LiveSide.BLUE, LiveSource.ROUTING, 0)
    storage.fill(rollout, replace(state, canary=canary, green=replace(state.green, ready=0), live=live))
    rollout.save()


def address(application: Application) -> str:
    return f"/applications/{application.pk}/acts/green-to-zero/"


def test_there_is_no_button_while_green_is_ready_everywhere(operator: Client, application: Application) -> None:
    assert 'id="act-green-to-zero"' not in page(operator, f"/applications/{application.pk}/")


def test_before_a_roll_back_it_cannot_be_done_anywhere(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    never_ready(rollouts[0], rolled_back=False)
    html = button(page(operator, f"/applications/{application.pk}/"), "green-to-zero")
    assert 'aria-disabled="true"' in html
    assert "Roll back first." in page(operator, address(application))


def test_then_it_is_asked_for_where_green_is_not_ready(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one in rollouts[:2]:
        never_ready(one)
    html = button(page(operator, f"/applications/{application.pk}/"), "green-to-zero")
    assert f'formaction="{address(application)}"' in html
    html = page(operator, address(application))
    assert "Scale green to 0 replicas, of checkout in several clusters?" in html
    assert html.count("Left out:") == 1
    assert html.count("such as KEDA, may scale") == 1, "what holds everywhere is said once"
    assert "What is written: 2 patches" in html
    assert operator.post(address(application), sent_of_several(html)).status_code == 302
    found = Command.objects.order_by("id").values_list("rollout", "act", "choice__replicas")
    assert [(id, act) for id, act, _ in found] == [(one.pk, "green-to-zero") for one in rollouts[:2]]
