"""A step is what a person would call one, however often the status was written meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Rollout
from rollouts.web.steps_chart import steps_of
from tests.support.builders import make_release, make_rollout, make_transition

pytestmark = pytest.mark.django_db


def steps(rollout: Rollout, *told: dict[str, Any]) -> list[tuple[str, float]]:
    """Label and seconds of each step, ten seconds after another told."""
    begin = timezone.now()
    facts: dict[str, Any] = {}
    for number, change in enumerate(told, start=1):
        facts |= change
        make_transition(rollout, number, at=begin + timedelta(seconds=10 * number), **facts)
    last = begin + timedelta(seconds=10 * (len(told) + 1))
    spans = steps_of(list(rollout.transitions.order_by("number")), last, make_release(rollout))
    return [(span.label, (span.end - span.begin).total_seconds()) for span in spans]


def test_a_closed_gate_is_one_step_although_iterations_are_taken_back_and_made_again() -> None:
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION)
    waiting = [{"phase": "WaitingPromotion", "iterations": 2 + number % 2} for number in range(4)]
    assert steps(rollout, {"iterations": 3}, *waiting) == [("iteration 3", 10), ("waits for approval", 40)]


def test_users_on_green_during_the_wait_are_a_step_of_their_own() -> None:
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION)
    waiting = {"phase": "WaitingPromotion", "iterations": 3}
    moved = {"iterations": 4, "live_side": "green"}
    assert steps(rollout, waiting, moved) == [("waits for approval", 10), ("waits for approval", 10)]


@pytest.mark.parametrize(
    ("provider", "label"), [("istio", "users on green"), ("kubernetes", "last check"), ("nginx", "users on green")]
)
def test_the_check_after_the_last_iteration_is_not_called_one_more(provider: str, label: str) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, provider=provider)
    told = steps(rollout, {"iterations": 3}, {"live_side": "green"}, {"iterations": 4}, {"phase": "Promoting"})
    assert told == [("iteration 3", 20), (label, 10), ("Promoting", 10)]
