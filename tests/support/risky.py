"""Acts that add risk, for tests of what is asked before them: which acts do so is for the rules to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Wanted, judging
from rollouts.domain.rollout import RolloutState


def make_risky(patcher: pytest.MonkeyPatch, act: Act) -> None:
    """From now on the name has to be typed for this act."""
    usual = judging.JUDGES[act]

    def judge(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
        found = usual(wanted, state, now)
        return replace(found, typed=wanted.name(state.canary)) if isinstance(found, Plan) else found

    patcher.setitem(judging.JUDGES, act, judge)
