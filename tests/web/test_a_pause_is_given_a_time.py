"""The dialog of a pause: for how long, and what happens when the time is over."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from rollouts.models import Command, Rollout
from tests.web.dialogs import HTMX, fields, page

pytestmark = pytest.mark.django_db


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(mark|digest|for|then)" value="([^"]*)"', html))


def chosen(html: str, name: str) -> list[str]:
    select = html.partition(f'<select id="choice-{name}"')[2].partition("</select>")[0]
    return re.findall(r'<option value="([^"]*)" selected>', select)


@pytest.fixture
def address(running: Rollout) -> str:
    return f"/rollouts/{running.pk}/acts/pause/"


def test_at_first_it_is_without_end(operator: Client, address: str) -> None:
    html = page(operator, address)
    assert chosen(html, "for") == [""]
    assert 'id="choice-then"' not in html
    assert "until it is resumed." in html


def test_what_is_chosen_is_what_the_dialog_tells(operator: Client, address: str) -> None:
    html = page(operator, f"{address}?for=60&then=resume")
    assert (chosen(html, "for"), chosen(html, "then")) == (["60"], ["resume"])
    assert "by itself 1 hour after it is paused" in html
    html = page(operator, f"{address}?for=60")
    assert chosen(html, "then") == ["remind"]
    assert "after 1 hour its page and the fleet remind of it" in html


def test_it_is_kept_with_the_command(operator: Client, address: str, asked: list[Any]) -> None:
    given = hidden(page(operator, f"{address}?for=60&then=resume"))
    assert operator.post(address, given).status_code == 302
    assert Command.objects.get().choice == {"for": "60", "then": "resume"}


def test_another_choice_than_was_shown_is_shown_first(operator: Client, address: str) -> None:
    given = {**hidden(page(operator, f"{address}?for=60&then=remind")), "then": "resume"}
    response = operator.post(address, given)
    assert response.status_code == 409
    assert "by itself 1 hour after it is paused" in response.content.decode()
    assert not Command.objects.exists()


def test_who_has_changed_a_field_stays_there(operator: Client, address: str) -> None:
    headers = {**HTMX["headers"], "HX-Trigger-Name": "for"}
    html = operator.get(address, {"for": "60"}, headers=headers).content.decode()
    assert re.search(r'<select id="choice-for"[^>]* autofocus>', html)
    assert html.count("autofocus") == 1


def test_a_time_of_a_link_is_offered_too(operator: Client, address: str) -> None:
    assert chosen(page(operator, f"{address}?for=45"), "for") == ["45"]


@pytest.mark.parametrize("minutes", ["0", "<b>", "10081", "an hour"])
def test_a_time_that_is_none_is_explained(operator: Client, address: str, minutes: str) -> None:
    html = operator.get(address, {"for": minutes}).content.decode()
    assert "whole minutes" in html
    assert "<b>”" not in html
    assert fields(html) == {}


def test_other_acts_are_told_nothing(operator: Client, running: Rollout, asked: list[Any]) -> None:
    address = f"/rollouts/{running.pk}/acts/roll-back/"
    given = hidden(page(operator, f"{address}?for=60"))
    assert "for" not in given
    assert operator.post(address, {**given, "for": "60"}).status_code == 302
    assert Command.objects.get().choice == {}
