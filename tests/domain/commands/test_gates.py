"""Open and close a gate: what is asked of the load tester, what follows, and when it cannot work (proven 17)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.changes import observe
from rollouts.domain.commands import Act, Call, Plan, Refusal, Unsaid, Wanted, bind, fields, follow, has_gates, judge
from rollouts.domain.commands.following import Followed
from rollouts.domain.observations import Hook, Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, planned, refused, running
from tests.support.seen import at, canary, workload

AT = "http://flagger-loadtester.test"
START = Hook("start", "confirm-rollout", f"{AT}/gate/check")
BOARD = Hook("board", "confirm-promotion", f"{AT}/gate/check")
STOP = Hook("stop", "rollback", f"{AT}/rollback/check")
GATE, ROLLBACK = "flagger-loadtester.test/gate", "flagger-loadtester.test/rollback"


def waiting(*hooks: Hook, phase: Phase = Phase.WAITING_PROMOTION, **given: Any) -> RolloutState:
    return running(phase, iterations=2, hooks=hooks or (BOARD,), promoted_at=at(10), **given)


def call(plan: Plan) -> Call:
    assert not plan.patches
    (found,) = plan.calls
    return found


def opened(state: RolloutState, gate: str) -> Plan:
    found = judge(Wanted(Act.OPEN_GATE, "mark", {"gate": gate}), state, at(45))
    assert isinstance(found, Plan), found
    return found


def test_it_is_asked_of_the_load_tester_with_the_name_of_the_canary() -> None:
    asked = call(planned(Act.OPEN_GATE, waiting()))
    assert (asked.service.reference, asked.service.namespace) == ("http:flagger-loadtester:80", "test")
    assert (asked.path, asked.check, asked.yes) == ("/gate/open", "/gate/check", True)
    assert asked.body == {"name": "checkout", "namespace": "shop"}
    asked = call(planned(Act.CLOSE_GATE, waiting()))
    assert (asked.path, asked.check, asked.yes) == ("/gate/close", "/gate/check", False)
    asked = call(planned(Act.OPEN_GATE, running(iterations=1, hooks=(STOP,))))
    assert (asked.path, asked.check) == ("/rollback/open", "/rollback/check")


def test_at_the_start_the_release_begins_at_the_next_tick() -> None:
    plan = planned(Act.OPEN_GATE, waiting(START, phase=Phase.WAITING))
    assert f"It opens {GATE}, asked by start before a release starts." in plan.effect
    assert "at its next tick, and the release begins" in plan.effect
    assert plan.next_at == at(50)
    assert plan.meant == {"gate": GATE, "waits": "Waiting", "approves": ""}


def test_before_the_promotion_it_says_that_flagger_asks_every_second_tick_and_once_more() -> None:
    plan = planned(Act.OPEN_GATE, waiting())
    assert "one of its next two ticks, and moves all users to green" in plan.effect
    assert "asks once more, and promotes" in plan.effect
    assert "moved to green" in plan.users


def test_with_users_on_green_it_is_promoted() -> None:
    plan = planned(Act.OPEN_GATE, running(Phase.WAITING_PROMOTION, iterations=4, green=100, hooks=(BOARD,)))
    assert "moves all users" not in plan.effect
    assert "promotes green" in plan.effect


def test_it_says_that_it_stays_open_and_who_closes_it() -> None:
    plan = planned(Act.OPEN_GATE, waiting())
    assert "stays open for later releases" in plan.effect
    assert "restarts" in plan.undone_by[0]


def test_while_nothing_waits_at_it_nothing_is_waited_for() -> None:
    for state in (idle(hooks=(BOARD,)), running(iterations=1, hooks=(BOARD,)), waiting(suspended=True)):
        plan = planned(Act.OPEN_GATE, state)
        assert plan.next_at is None
        assert plan.meant["waits"] == ""


def test_other_hooks_that_must_agree_are_named() -> None:
    other = Hook("security", "confirm-promotion", "https://approvals.example.com/")
    assert "security must agree too." in planned(Act.OPEN_GATE, waiting(BOARD, other)).warnings


def test_a_gate_that_is_asked_twice_approves_both() -> None:
    plan = planned(Act.OPEN_GATE, waiting(START, BOARD, phase=Phase.WAITING))
    assert any("this approves both" in warning for warning in plan.warnings)


def test_closing_it_under_users_on_green_warns_that_they_stay() -> None:
    state = running(iterations=4, green=100, hooks=(BOARD,))
    assert any("stay there" in warning for warning in planned(Act.CLOSE_GATE, state).warnings)
    assert planned(Act.CLOSE_GATE, waiting()).warnings == ()


def test_an_open_gate_for_rolling_back_rolls_back_and_so_does_every_later_release() -> None:
    plan = planned(Act.OPEN_GATE, running(iterations=4, green=100, hooks=(STOP,)))
    assert "rolls back at its next tick" in plan.effect
    assert any("Every later release" in warning for warning in plan.warnings)
    assert any("Roll back moves them at once" in warning for warning in plan.warnings)
    unready = replace(running(hooks=(STOP,)), green=workload("checkout", "app:2", ready=0))
    assert any("not ready" in warning for warning in planned(Act.OPEN_GATE, unready).warnings)


def test_it_is_not_opened_where_it_would_roll_back_the_next_release_or_nothing() -> None:
    assert "the next one would be rolled back" in refused(Act.OPEN_GATE, idle(hooks=(STOP,)))
    assert "promotes before it asks" in refused(Act.OPEN_GATE, running(hooks=(STOP,), skip_analysis=True))
    assert "Resume it first" in refused(Act.OPEN_GATE, running(hooks=(STOP,), suspended=True))
    assert planned(Act.CLOSE_GATE, idle(hooks=(STOP,))).calls


@pytest.mark.parametrize("act", [Act.OPEN_GATE, Act.CLOSE_GATE])
def test_without_one_it_is_refused_with_the_reason(act: Act) -> None:
    assert "so it has no gate" in refused(act, running(iterations=1))
    assert not has_gates(canary())
    away = Hook("board", "confirm-promotion", "https://approvals.example.com/")
    assert "approvals.example.com" in refused(act, waiting(away))
    assert has_gates(canary(hooks=(away,)))


def test_of_several_one_has_to_be_chosen_and_the_one_it_waits_at_comes_first() -> None:
    state = waiting(STOP, BOARD)
    found = judge(Wanted(Act.OPEN_GATE, "mark"), state, at(45))
    assert isinstance(found, Unsaid)
    assert (found.field, found.reason) == ("gate", f"Choose a gate: {ROLLBACK}, {GATE}.")
    (field,) = fields(Act.OPEN_GATE, state)
    assert (field.name, field.value) == ("gate", GATE)
    assert [option.value for option in field.options] == [ROLLBACK, GATE]
    assert call(opened(state, ROLLBACK)).path == "/rollback/open"
    assert fields(Act.OPEN_GATE, waiting()) == ()


def test_a_gate_that_it_has_not_is_named_with_those_that_it_has() -> None:
    found = judge(Wanted(Act.OPEN_GATE, "mark", {"gate": "other"}), waiting(), at(45))
    assert isinstance(found, Refusal)
    assert str(found) == f"It has no gate “other”, but {GATE}."


def after(state: RolloutState, seconds: float, phase: Phase, **given: Any) -> RolloutState:
    same = {"last_applied": "bbb", "hooks": state.canary.hooks, "promoted_at": at(10)}
    step = observe(state, canary(seconds, phase, **{**same, **given}), seen_at=at(seconds), listed=False)
    assert step is not None
    return step.state


def followed(act: Act, before: RolloutState, after: RolloutState) -> Followed | None:
    plan = planned(act, before)
    return follow(act, bind(before), after, choice=plan.meant)


def test_it_is_observed_when_the_release_has_moved_on() -> None:
    before = waiting()
    assert followed(Act.OPEN_GATE, before, before) is None
    assert followed(Act.OPEN_GATE, before, after(before, 60, Phase.PROMOTING, iterations=4)) == Followed(
        True, "The release has moved on."
    )


def test_it_has_failed_when_the_release_failed_or_the_next_one_began_before_it_was_asked() -> None:
    before = waiting()
    failed = followed(Act.OPEN_GATE, before, after(before, 60, Phase.FAILED))
    assert failed == Followed(False, "The release failed first.")
    later = replace(before, releases=before.releases + 1)
    assert followed(Act.OPEN_GATE, before, later) == Followed(False, "The next release has begun.")


def test_where_nothing_waits_it_is_observed_by_what_the_gate_says() -> None:
    state = running(iterations=1, hooks=(BOARD,))
    assert followed(Act.OPEN_GATE, state, state) == Followed(True, "The gate is open.")
    assert followed(Act.CLOSE_GATE, state, state) == Followed(True, "The gate is closed.")


def test_a_gate_for_rolling_back_is_observed_when_the_release_is_rolled_back() -> None:
    before = running(iterations=2, hooks=(STOP,))
    assert followed(Act.OPEN_GATE, before, before) is None
    assert followed(Act.OPEN_GATE, before, after(before, 60, Phase.WAITING_PROMOTION, iterations=2)) is None
    rolled_back = followed(Act.OPEN_GATE, before, after(before, 60, Phase.FAILED))
    assert rolled_back == Followed(True, "The release is rolled back.")
    finalising = after(after(before, 60, Phase.PROMOTING), 70, Phase.FINALISING)
    promoted = followed(Act.OPEN_GATE, before, after(finalising, 80, Phase.SUCCEEDED, last_promoted="bbb"))
    assert promoted == Followed(False, "The release was promoted first.")
