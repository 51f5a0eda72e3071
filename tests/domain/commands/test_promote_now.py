"""Promote now, and what is put back afterwards (proven 8; flagger.md 5.2, 10.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.commands import Act, Switch, bind, waited_for
from rollouts.domain.commands.promoting import off_for
from rollouts.domain.commands.reversal import has_ended, left_alone, time_words
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, planned, refused, running
from tests.support.seen import canary

ONE, MANY = timedelta(seconds=10), timedelta(hours=1)


def test_the_analysis_is_switched_off_guarded_and_put_back_with_the_release() -> None:
    plan = planned(Act.PROMOTE_NOW, running(iterations=1, version=555))
    assert plan.patches[0].body == {"metadata": {"resourceVersion": "555"}, "spec": {"skipAnalysis": True}}
    assert plan.reversal is not None
    assert (plan.reversal.switch, plan.reversal.with_release, plan.reversal.by_itself) == ("skipAnalysis", True, True)
    assert plan.typed == "checkout"
    assert plan.next_at is not None


def test_it_is_said_that_the_next_version_may_go_live_unchecked() -> None:
    assert "goes live unchecked" in planned(Act.PROMOTE_NOW, running(iterations=1)).warnings[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"iterations": 4, "green": 100}, "At that tick all are on blue, which has the old version at first"),
        ({"iterations": 1, "green": 0}, "They stay on blue"),
    ],
)
def test_users_are_on_blue_while_it_is_rolled(given: dict[str, Any], words: str) -> None:
    assert words in planned(Act.PROMOTE_NOW, running(**given)).users


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (running(iterations=1, failed_checks=1), "One check has failed"),
        (running(iterations=1, failed_checks=2), "Without it the next tick rolls back."),
        (running(Phase.WAITING_PROMOTION, iterations=2), "Nobody waits for the answer."),
    ],
)
def test_what_is_passed_over_is_said(state: RolloutState, words: str) -> None:
    assert any(words in one for one in planned(Act.PROMOTE_NOW, state).warnings)


@pytest.mark.parametrize(("side", "words"), [("green", "Green is not ready"), ("blue", "Blue is not ready now")])
def test_a_side_that_is_not_ready_is_said(side: str, words: str) -> None:
    workload = Workload("Deployment", "shop", "checkout", ("app:2",), "digest", wanted=2, ready=1)
    sides: dict[str, Any] = {side: workload}
    state = replace(running(iterations=1), **sides)
    assert any(words in one for one in planned(Act.PROMOTE_NOW, state).warnings)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (idle(Phase.SUCCEEDED), "the next version would go live unchecked"),
        (idle(Phase.FAILED), "the next version would go live unchecked"),
        (running(Phase.PROMOTING, green=100), "all checks are done"),
        (running(Phase.FINALISING), "all checks are done"),
        (running(Phase.WAITING), "waits for approval to start"),
        (running(iterations=1, suspended=True), "Resume it first"),
        (running(iterations=1, skip_analysis=True), "the next tick promotes anyway"),
        (running(iterations=1, policy="checkout-prod"), "Kurator puts the spec"),
    ],
)
def test_it_is_refused_with_the_reason(state: RolloutState, words: str) -> None:
    assert words in refused(Act.PROMOTE_NOW, state)


@pytest.mark.parametrize(("interval", "minutes"), [(10, 10), (60, 10), (90, 15), (95, 16), (86400, 120)])
def test_it_is_off_for_ten_ticks_within_bounds(interval: int, minutes: int) -> None:
    assert off_for(timedelta(seconds=interval)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("interval", [ONE, MANY])
def test_it_is_waited_for_longer_than_the_analysis_is_off(interval: timedelta) -> None:
    assert waited_for(Act.PROMOTE_NOW, interval) > off_for(interval)


def test_a_release_has_ended_when_it_failed_when_another_began_and_when_it_is_gone() -> None:
    state = running(iterations=1)
    binding = bind(state)
    assert not has_ended(binding, state)
    assert has_ended(replace(binding, release=binding.release - 1), state)
    assert has_ended(replace(binding, uid="another"), state)
    assert has_ended(binding, replace(state, deleted_at=state.changed_at))
    assert has_ended(bind(idle(Phase.SUCCEEDED)), idle(Phase.SUCCEEDED))


@pytest.mark.parametrize(
    ("switch", "given", "words"),
    [
        (Switch.SKIP_ANALYSIS, {"skip_analysis": True}, ""),
        (Switch.SKIP_ANALYSIS, {"skip_analysis": False}, "switched on again by somebody else"),
        (Switch.SUSPEND, {"suspended": True, "suspended_by": "kurator-ui"}, ""),
        (Switch.SUSPEND, {"suspended": True}, ""),
        (Switch.SUSPEND, {"suspended": True, "suspended_by": "kubectl-edit"}, "suspended again by kubectl-edit"),
        (Switch.SUSPEND, {"suspended": False}, "resumed by somebody else"),
    ],
)
def test_only_what_is_ours_is_put_back(switch: Switch, given: dict[str, Any], words: str) -> None:
    found = left_alone(switch, canary(40, Phase.PROGRESSING, **given), {})
    assert words in found if words else found == ""


@pytest.mark.parametrize(
    ("minutes", "words"), [(1, "1 minute"), (90, "90 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day")]
)
def test_times_are_said_in_the_largest_whole_unit(minutes: int, words: str) -> None:
    assert time_words(timedelta(minutes=minutes)) == words
