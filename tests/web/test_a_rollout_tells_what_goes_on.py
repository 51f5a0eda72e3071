from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.observations import Hook, Kind, Phase, Route, Strategy, Workload
from rollouts.models import Rollout
from tests.support.builders import BLUE, GREEN, Sides, make_event, make_release, make_rollout, make_transition
from tests.web.test_a_rollout_says_where_it_stands import page

pytestmark = pytest.mark.django_db


def test_what_one_tick_wrote_is_one_row_of_the_timeline(visitor: Client) -> None:
    begin = timezone.now() - timedelta(seconds=90)
    rollout = make_rollout(phase=Phase.FINALISING)
    make_release(rollout)
    told: tuple[tuple[int, dict[str, Any]], ...] = (
        (0, {"iterations": 3}),
        (30, {"iterations": 3, "live_side": "green", "weight": 100, "why": "all traffic routed to green"}),
        (30, {"iterations": 4, "live_side": "green", "weight": 100}),
        (60, {"phase": "Promoting", "iterations": 4, "live_side": "green", "weight": 100}),
        (89, {"phase": "Promoting", "iterations": 4, "live_side": "blue"}),
        (90, {"phase": "Finalising", "live_side": "blue", "why": "all traffic routed to blue"}),
    )
    for number, (second, facts) in enumerate(told, start=1):
        make_transition(rollout, number, at=begin + timedelta(seconds=second), **facts)
    html = page(visitor, rollout)
    assert re.findall(r'<tr id="t(\d+)"', html) == ["6", "4", "3", "1"]
    assert "Users on green</td>" in html
    assert "Finalising, users on blue</td>" in html
    assert "tatus changed" not in html


def test_a_tick_that_only_counts_beyond_the_iterations_says_what_it_is(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=4, provider="kubernetes")
    make_release(rollout)
    make_transition(rollout, 1, iterations=3)
    make_transition(rollout, 2, iterations=4)
    assert "Last check before the promotion" in page(visitor, rollout)


def test_a_closed_gate_is_one_row_however_often_it_is_asked(visitor: Client) -> None:
    hooks = (Hook("release-board", "confirm-promotion"),)
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION, iterations=2, hooks=hooks)
    make_release(rollout)
    make_transition(rollout, 1, iterations=3)
    for number in range(2, 12):
        facts: dict[str, Any] = {"iterations": 2 + number % 2, "why": f"iteration {2 + number % 2} of 3"}
        make_transition(rollout, number, phase="WaitingPromotion", **facts)
    html = page(visitor, rollout)
    assert "Still waits for approval, 9 checks later" in html
    assert "since <time" in html
    assert "green is checked on while the gate is closed" in html
    assert html.count("iteration 2 of 3") + html.count("iteration 3 of 3") <= 2
    assert "The promotion waits for approval by release-board." in html


def test_the_reason_of_a_step_by_weight_is_not_said_twice(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, strategy=Strategy.CANARY, weight=20, iterations_wanted=0)
    make_release(rollout)
    make_transition(rollout, 1)
    make_transition(rollout, 2, weight=20, live_side="split", why="20% of the traffic to green")
    html = page(visitor, rollout)
    assert "20 % of users on green" in html
    assert "20% of the traffic" not in html


def test_pods_that_are_not_ready_take_the_place_of_a_forecast(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, sides=Sides(ready=2), progress_deadline=600)
    state = replace(memory.load(rollout.state), green=Workload("Deployment", "shop", "checkout", (GREEN,), "x", 4, 0))
    Rollout.objects.filter(pk=rollout.pk).update(state=memory.dump(state))
    html = page(visitor, rollout)
    assert "users stay on blue until green is ready" in html
    assert "users move</span>" not in html
    assert "unless green becomes ready" in html
    assert "not ready for 10 min" in html


def test_a_failed_check_with_the_users_on_green_is_serious(visitor: Client) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100)
    html = page(visitor, make_rollout(phase=Phase.PROGRESSING, iterations=4, failed_checks=1, threshold=2, route=route))
    assert "<small>users on green</small>" in html
    assert "at the next failed check, or once it is promoted" in html
    assert "1 of 2 failed checks so far with the users on green: one more rolls back." in html
    html = page(visitor, make_rollout(phase=Phase.PROGRESSING, iterations=4, failed_checks=2, threshold=2, route=route))
    assert "the next check rolls back</span>" in html


def test_while_blue_is_overwritten_it_says_from_what_to_what(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROMOTING, iterations=4, sides=Sides(blue=(GREEN,)))
    make_release(rollout)
    Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
    html = page(visitor, rollout)
    assert "podinfo:6.5.0 <span" in html
    assert f'<span title="{GREEN}">6.6.0</span>' in html


def test_a_release_of_configuration_says_so(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1, sides=Sides(green=(BLUE,)))
    make_release(rollout, trigger="config", to_images=[BLUE])
    Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
    assert page(visitor, rollout).count("new configuration") >= 2


def test_a_release_that_is_over_says_when_it_ended(visitor: Client) -> None:
    now = timezone.now()
    rollout = make_rollout()
    make_release(rollout, outcome="succeeded", started_at=now - timedelta(minutes=50), ended_at=now)
    html = page(visitor, rollout)
    assert "s ago</time>, took 50 min" in html


class TestAFailure:
    def test_the_last_failed_check_is_the_reason(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.FAILED)
        make_release(rollout, outcome="failed")
        Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
        make_transition(rollout, 1, failed_checks=1, why="success rate 65.62% < 99%")
        make_transition(rollout, 2, phase="Failed", why="rolled back: failed checks threshold reached 1")
        assert "The last release failed: success rate 65.62% &lt; 99%." in page(visitor, rollout)

    def test_a_deadline_is_the_reason(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.FAILED)
        make_release(rollout, outcome="failed")
        Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
        make_transition(rollout, 1, phase="Failed", why="the deployment exceeded its progress deadline")
        assert "The last release failed: the deployment exceeded its progress deadline." in page(visitor, rollout)

    def test_of_a_failure_before_the_first_sight_the_events_tell(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.FAILED, age=timedelta(minutes=1))
        at = timezone.now() - timedelta(minutes=2)
        make_event(rollout, "Halt checkout.shop advancement success rate 12% < 99%", type="Warning", last_at=at)
        make_event(rollout, "Canary failed! Scaling down checkout.shop", type="Warning", last_at=at)
        stale = at - timedelta(hours=1)
        make_event(rollout, "Halt checkout.shop advancement of long ago", type="Warning", last_at=stale)
        assert "The last release failed: success rate 12% &lt; 99%." in page(visitor, rollout)
