"""What is offered for several clusters at once."""

from __future__ import annotations

import pytest

from rollouts.domain.commands import OFFERED, Act, Plan, to_type, works_in
from rollouts.domain.observations import Phase
from tests.domain.commands.commanded import idle, judged, planned, running


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("act", OFFERED)
def test_where_the_phase_rules_an_act_out_it_is_refused_whatever_else_holds(act: Act, phase: Phase) -> None:
    states = [made(phase, iterations=2, failed_checks=failed) for made in (idle, running) for failed in (0, 1)]
    works = [state for state in states if isinstance(judged(act, state), Plan)]
    assert works_in(act, phase.value) or not works


def test_only_a_promotion_of_several_has_to_be_confirmed_by_the_name() -> None:
    promotion, roll_back = (planned(act, running(iterations=1)) for act in (Act.SKIP_ITERATIONS, Act.ROLL_BACK))
    assert to_type([promotion, promotion], "shop-front") == "shop-front"
    assert to_type([promotion], "shop-front") == to_type([roll_back] * 3, "shop-front") == ""
