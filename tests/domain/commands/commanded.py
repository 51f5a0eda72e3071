"""A rollout for tests of commands: three iterations, threshold 2, a tick every ten seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rollouts.domain import changes
from rollouts.domain.commands import Act, Plan, Refusal, Wanted, judge
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from tests.support.seen import at, canary, route

TO_BLUE = {"/spec/http/0/route/0/weight": 100, "/spec/http/0/route/1/weight": 0}


def running(phase: Phase = Phase.PROGRESSING, *, green: int | None = 0, **given: Any) -> RolloutState:
    """A release that began after ten seconds, seen as it is after forty."""
    return _fold(phase, green, {"last_applied": "bbb", **given}, before=(Phase.INITIALIZED, Phase.PROGRESSING))


def idle(phase: Phase = Phase.INITIALIZED, *, green: int | None = 0, **given: Any) -> RolloutState:
    return _fold(phase, green, given, before=())


def _fold(phase: Phase, green: int | None, given: dict[str, Any], before: tuple[Phase, ...]) -> RolloutState:
    earlier = [canary(10 * n, one, last_applied="bbb" if n else "aaa") for n, one in enumerate(before)]
    seen: list[Any] = [*earlier, canary(40, phase, **given)]
    if green is not None:
        seen.append(replace(route(green, version=70), to_blue=TO_BLUE if green else {}))
    state: RolloutState | None = None
    for number, one in enumerate(seen):
        step = changes.observe(state, one, seen_at=at(10 * number), listed=False)
        assert step is not None
        state = step.state
    assert state is not None
    return state


def judged(act: Act, state: RolloutState) -> Plan | Refusal:
    return judge(Wanted(act, "mark-1"), state, at(45))


def planned(act: Act, state: RolloutState) -> Plan:
    found = judged(act, state)
    assert isinstance(found, Plan), str(found)
    return found


def refused(act: Act, state: RolloutState) -> str:
    found = judged(act, state)
    assert isinstance(found, Refusal), found
    return str(found)
