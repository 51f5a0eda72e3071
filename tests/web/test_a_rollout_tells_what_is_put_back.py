"""A switch that is on for a while is told of on the page of its rollout, with when it goes off and why not yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Kind, Phase, Route
from rollouts.models import Reversal, Rollout
from rollouts.web.fragments import fragments
from tests.support.builders import make_command, make_reversal, make_rollout
from tests.web.dialogs import ask, page, version

pytestmark = pytest.mark.django_db


def told(client: Client, rollout: Rollout, row: Reversal) -> str:
    html = page(client, f"/rollouts/{rollout.pk}/")
    return html.partition(f'id="reversal-{row.pk}"')[2].partition("</div>")[0]


def soon(minutes: int = 10) -> dict[str, Any]:
    return {"until": timezone.now() + timedelta(minutes=minutes)}


def test_that_the_analysis_is_off_and_until_when(visitor: Client, running: Rollout) -> None:
    row = make_reversal(make_command(running, act="promote-now", state="accepted"), **soon())
    said = told(visitor, running, row)
    assert "The analysis is switched off by olga until <time" in said
    assert "; on again as soon as release 1 has ended." in said


def test_why_it_could_not_be_put_back_yet(visitor: Client, running: Rollout) -> None:
    command = make_command(running, act="promote-now", state="accepted")
    row = make_reversal(command, attempts=3, sentence="eu-west gave no <answer>.", **soon(-30))
    said = told(visitor, running, row)
    assert "The analysis is still switched off, by olga. It should be on again since <time" in said
    assert "eu-west gave no &lt;answer&gt;. Tried again <time" in said


def test_nothing_is_told_of_what_is_put_back(visitor: Client, running: Rollout) -> None:
    make_reversal(make_command(running, act="promote-now"), state="done", **soon())
    assert 'id="reversal-' not in page(visitor, f"/rollouts/{running.pk}/")


def test_nothing_is_told_of_what_as_far_as_is_known_was_never_turned_on(visitor: Client, running: Rollout) -> None:
    row = make_reversal(make_command(running, act="promote-now", state="requested"), **soon())
    assert 'id="reversal-' not in page(visitor, f"/rollouts/{running.pk}/")
    Reversal.objects.update(seen_at=timezone.now())
    assert told(visitor, running, row)


def paused(rollout: Rollout, **fields: Any) -> Reversal:
    command = make_command(rollout, act="pause", state="observed")
    return make_reversal(command, switch="suspend", with_release=False, **fields)


def test_that_it_goes_on_by_itself_and_when(visitor: Client, running: Rollout) -> None:
    said = told(visitor, running, paused(running, **soon()))
    assert "Paused by olga. It goes on by itself at <time" in said
    assert "warn" not in said


def test_that_somebody_wants_to_be_reminded_and_then_that_the_time_is_over(visitor: Client, running: Rollout) -> None:
    row = paused(running, by_itself=False, seen_at=timezone.now(), **soon())
    assert "Paused by olga, who wants to be reminded at <time" in told(visitor, running, row)
    Reversal.objects.update(until=timezone.now() - timedelta(minutes=1))
    fragments.clear()
    html = page(visitor, f"/rollouts/{running.pk}/")
    assert f'<div class="note warn" id="reversal-{row.pk}"' in html
    assert ", and somebody has to resume it." in told(visitor, running, row)


def test_the_fleet_reminds_of_a_pause_whose_time_is_over(
    visitor: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1, suspended=True)
    row = paused(rollout, by_itself=False, seen_at=timezone.now(), **soon())
    reminder = "Paused by olga for longer than was meant. Somebody has to resume it."
    assert reminder not in page(visitor, "/")
    Reversal.objects.filter(pk=row.pk).update(until=timezone.now() - timedelta(minutes=1))
    fragments.clear()
    with django_assert_max_num_queries(12):
        assert reminder in page(visitor, "/")


def test_the_fleet_reminds_nobody_of_what_was_resumed(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1, suspended=True)
    paused(rollout, by_itself=False, seen_at=timezone.now(), state="left", **soon(-30))
    assert "for longer than was meant" not in page(visitor, "/")


def test_an_open_page_hears_of_it(visitor: Client, running: Rollout) -> None:
    row = make_reversal(make_command(running, act="promote-now", state="accepted"), **soon())
    held = version(page(visitor, f"/rollouts/{running.pk}/"))
    assert ask(visitor, running, held).status_code == 204
    Reversal.objects.filter(pk=row.pk).update(attempts=1, sentence="No answer.")
    assert ask(visitor, running, held).status_code == 200


@pytest.mark.parametrize(("green", "warned"), [(100, True), (0, False)])
def test_users_who_meet_green_unchecked_are_told_of(visitor: Client, green: int, warned: bool) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", green_weight=green, resource_version="7")
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=4, suspended=True, route=route)
    assert ("Users are on green and stay there, unchecked" in page(visitor, f"/rollouts/{rollout.pk}/")) is warned


def test_a_fast_earlier_version_has_its_analysis_back_when_the_release_that_it_begins_has_ended(
    visitor: Client, running: Rollout
) -> None:
    command = make_command(running, act="earlier-version", state="accepted")
    assert "; on again as soon as release 2 has ended." in told(visitor, running, make_reversal(command, **soon()))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (10, "Flux leaves the target alone, as olga wanted, until <time"),
        (-10, "Flux still leaves the target alone, as olga wanted. It should keep it again since <time"),
    ],
)
def test_for_how_long_flux_leaves_the_target_alone(visitor: Client, running: Rollout, minutes: int, words: str) -> None:
    command = make_command(running, act="earlier-version", state="observed")
    row = make_reversal(command, switch="reconcile", with_release=False, seen_at=timezone.now(), **soon(minutes))
    assert words in told(visitor, running, row)
