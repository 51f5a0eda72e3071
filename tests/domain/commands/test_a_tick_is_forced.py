"""Roll back at once: the tick that rolls back is forced by another interval, which is put back (proven 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.commands import Act, Form, Plan, Switch, Wanted, judge
from rollouts.domain.commands.reversal import left_alone
from rollouts.domain.commands.switches import is_on, turned_back
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import planned, running
from tests.support.seen import at


def slow(**given: Any) -> RolloutState:
    return running(iterations=2, **{"interval": 90, "interval_text": "1m30s", **given})


def at_once(state: RolloutState, **choice: str) -> Plan:
    found = judge(Wanted(Act.ROLL_BACK, "mark", {"tick": "at-once", **choice}), state, at(45))
    assert isinstance(found, Plan), found
    return found


def test_it_is_not_forced_unless_that_was_asked_for() -> None:
    plan = planned(Act.ROLL_BACK, slow())
    assert (plan.then, plan.reversal, plan.meant) == ((), None, {})
    assert plan.next_at == at(130)


def test_the_interval_is_changed_by_a_second_once_the_failed_checks_are_written() -> None:
    plan = at_once(slow())
    (abort,), (change,) = plan.patches, plan.then
    assert abort.subresource == "status"
    assert (change.form, change.subresource, change.says) == (Form.JSON, "", "interval to 91s")
    assert change.body == (
        {"op": "test", "path": "/spec/analysis/interval", "value": "1m30s"},
        {"op": "replace", "path": "/spec/analysis/interval", "value": "91s"},
    )
    assert plan.written == (abort, change)
    assert plan.next_at == at(55)
    assert "within ten seconds" in plan.effect
    assert any("from 1m30s to 91s" in warning and "two ticks" in warning for warning in plan.warnings)


def test_it_is_put_back_as_it_was_written_when_the_release_has_ended() -> None:
    plan = at_once(slow())
    assert plan.reversal is not None
    assert (plan.reversal.switch, plan.reversal.after) == (Switch.INTERVAL, timedelta(minutes=1))
    assert plan.reversal.with_release
    forced = slow(interval=91, interval_text="91s").canary
    assert is_on(Switch.INTERVAL, forced, plan.meant)
    assert left_alone(Switch.INTERVAL, forced, plan.meant) == ""
    back = turned_back(Switch.INTERVAL, forced, plan.meant)
    assert isinstance(back.body, tuple)
    assert [one["value"] for one in back.body] == ["91s", "1m30s"]
    assert not back.done


def test_an_interval_that_is_not_ours_is_left_alone() -> None:
    meant = at_once(slow()).meant
    for text in ("1m30s", "2m", ""):
        seen = slow(interval_text=text).canary
        assert not is_on(Switch.INTERVAL, seen, meant)
        assert left_alone(Switch.INTERVAL, seen, meant) != ""
    assert not is_on(Switch.INTERVAL, slow(interval_text="").canary, {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"interval": 10, "interval_text": "10s"}, "every ten seconds as it is"),
        ({"interval_text": ""}, "not written in spec.analysis"),
        ({"suspended": True}, "suspended"),
        ({"policy": "p", "labels": {"kurator.dev/managed-by": "x"}}, "Kurator puts the interval back"),
    ],
)
def test_where_it_cannot_be_forced_it_is_rolled_back_all_the_same(given: dict[str, Any], said: str) -> None:
    plan = at_once(slow(**given))
    assert plan.patches
    assert (plan.then, plan.reversal, plan.meant) == ((), None, {"interval": "", "forced": ""})
    assert "No tick is forced. " in plan.effect
    assert said in plan.effect
    assert not any("tick" in warning for warning in plan.warnings)


def test_a_patch_that_has_been_made_is_recognised() -> None:
    meant = at_once(slow()).meant
    plan = at_once(slow(interval=91, interval_text="91s"), **meant)
    assert plan.then[0].done
    assert plan.meant == meant


def test_an_interval_that_somebody_has_changed_meanwhile_is_not_touched() -> None:
    plan = at_once(slow(interval=120, interval_text="2m"), **at_once(slow()).meant)
    assert plan.then == ()
    assert "changed the interval" in plan.effect


def test_what_was_not_forced_when_it_was_asked_for_is_not_forced_later() -> None:
    state = slow()
    kept = at_once(replace(state, canary=replace(state.canary, interval_text=""))).meant
    assert at_once(state, **kept).then == ()
