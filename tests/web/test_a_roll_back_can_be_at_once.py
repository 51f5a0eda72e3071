"""The dialog of a roll back offers to force the tick, where that can be done."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Command, Rollout
from tests.support.builders import make_command, make_reversal, make_rollout
from tests.support.governed import make_policy
from tests.web.dialogs import HTMX, fields, page

pytestmark = pytest.mark.django_db

SELECT = '<select id="choice-tick" name="tick"'


@pytest.fixture
def slow(db: None) -> Rollout:
    return running(interval=90, interval_text="90s")


def running(**given: Any) -> Rollout:
    return make_rollout(phase=Phase.PROGRESSING, iterations=1, **given)


def address(rollout: Rollout) -> str:
    return f"/rollouts/{rollout.pk}/acts/roll-back/"


def test_at_first_the_tick_comes_at_its_time(operator: Client, slow: Rollout) -> None:
    html = page(operator, address(slow))
    assert SELECT in html
    assert "within ten seconds" not in html
    assert "What is written: 1 patch<" in html


def test_forced_it_says_what_is_changed_and_put_back_and_that_ticks_are_added(operator: Client, slow: Rollout) -> None:
    html = page(operator, f"{address(slow)}?tick=at-once")
    assert "within ten seconds" in html
    assert "from 90s to 91s, and back when the release has ended" in html
    assert "up to two ticks are added" in html
    assert "What is written: 2 patches<" in html
    assert '<input type="hidden" name="tick" value="at-once">' in html


def test_the_click_requests_what_was_shown(operator: Client, slow: Rollout, asked: list[object]) -> None:
    shown = fields(page(operator, f"{address(slow)}?tick=at-once"))
    assert operator.post(address(slow), {**shown, "tick": "at-once"}, **HTMX).status_code == 204
    assert Command.objects.get().choice == {"tick": "at-once", "interval": "90s", "forced": "91s"}


@pytest.mark.parametrize("given", [{"interval": 10, "interval_text": "10s"}, {"interval": 90}])
def test_where_it_cannot_be_forced_it_is_not_offered(operator: Client, given: dict[str, Any]) -> None:
    assert SELECT not in page(operator, address(running(**given)))


def test_where_a_policy_puts_the_interval_back_it_is_not_offered(operator: Client) -> None:
    make_policy("eu-west", phase=Phase.PROGRESSING, iterations=1, interval=90, interval_text="90s")
    assert SELECT not in page(operator, address(Rollout.objects.get()))


def test_the_page_tells_that_the_interval_is_to_be_put_back(operator: Client, slow: Rollout) -> None:
    command = make_command(slow, choice={"tick": "at-once", "interval": "90s", "forced": "91s"})
    make_reversal(command, switch="interval")
    html = page(operator, f"/rollouts/{slow.pk}/")
    assert "The interval is 91s instead of 90s, by olga, to have Flagger tick at once." in html
