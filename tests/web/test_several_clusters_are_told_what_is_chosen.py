"""What may be chosen beside the plan of an act in several clusters: the same for all."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Command, Rollout
from tests.web.dialogs import HTMX, becomes, page, sent_of_several

pytestmark = pytest.mark.django_db


def address(application: Application, act: str = "roll-back") -> str:
    return f"/applications/{application.pk}/acts/{act}/"


def test_a_pause_is_given_a_time_for_all(operator: Client, application: Application) -> None:
    html = page(operator, address(application, "pause"))
    assert '<option value="" selected>until somebody resumes it' in html
    html = page(operator, f"{address(application, 'pause')}?for=60&then=resume")
    assert "by itself 1 hour after it is paused" in html
    given = {**sent_of_several(html), "for": "60", "then": "resume"}
    assert '<input type="hidden" name="for" value="60">' in html
    assert operator.post(address(application, "pause"), given, **HTMX).status_code == 204
    assert [one.choice for one in Command.objects.all()] == [{"for": "60", "then": "resume"}] * 3
    assert "for 1 hour, then resumed by itself" in page(operator, f"/applications/{application.pk}/")


def test_a_choice_that_draws_the_dialog_anew_keeps_boxes_turns_and_pace(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    first, second, third = (one.pk for one in rollouts)
    kept = {
        "for": "60", "kept": "1", "chosen": [f"{first}:old", f"{third}:old"], f"turn-{first}": "7", "pace": "in-turn",
        "pause": "30",
    }  # fmt: skip
    html = page(operator, f"{address(application, 'pause')}?{urlencode(kept, doseq=True)}")
    boxes = dict(re.findall(r'name="chosen" value="(\d+):\w+"( checked)?', html))
    assert boxes == {str(first): " checked", str(second): "", str(third): " checked"}
    assert f'name="turn-{first}" value="7"' in html
    assert 'name="pause" value="30"' in html
    assert 'name="stops" checked' not in html
    assert ">for 1 hour" in html
    none = page(operator, f"{address(application, 'pause')}?for=60&kept=1&pace=at-once")
    assert 'name="chosen" value="' in none
    assert re.findall(r'name="chosen" value="[^"]+" checked', none) == []


def test_a_forced_tick_is_offered_where_it_can_be_had_somewhere(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    assert 'id="choice-tick"' not in page(operator, address(application))
    becomes(rollouts[1], phase=Phase.PROGRESSING, iterations=1, interval=90, interval_text="90s")
    assert 'id="choice-tick"' in page(operator, address(application))
    html = page(operator, f"{address(application)}?tick=at-once")
    assert html.count("That tick is forced") == 1
    assert html.count("No tick is forced.") == 2
