"""An earlier version through a policy: what the hub is told, where it is refused, and what each cluster is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted, judge, said_from_outside
from rollouts.domain.commands.binding import bind
from rollouts.domain.commands.earlier_version import UNDER
from rollouts.domain.commands.following import as_promotion, skips_analysis, waited_for
from rollouts.domain.commands.policy_earlier import as_part, told_to_each, told_to_the_policy, with_parts
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.policied import governed, judged, planned, refused
from tests.support.builders import make_state
from tests.support.seen import at

ACT = Act.EARLIER_VERSION


def idle(**fields: Any) -> RolloutState:
    return make_state(**{"phase": Phase.SUCCEEDED, "policy": "prod", **fields})


def a_plan(effect: str = "It begins.") -> Plan:
    return Plan(ACT, (), effect, None, "Nothing.", undone_by=("Flux",), warnings=("Mind it.",))


def test_the_analysis_is_switched_off_in_the_policy_and_named_where_that_holds() -> None:
    plan = planned(ACT, governed(idle(), idle()))
    (patch,) = plan.patches
    assert isinstance(patch.body, tuple)
    assert patch.body[-1] == {
        "op": "add", "path": "/spec/syncPolicies/1/rollout/rolloutPolicy/skipTrafficAnalysis", "value": True,
    }  # fmt: skip
    assert (plan.typed, plan.reversal is not None and plan.reversal.with_release) == ("checkout", True)
    assert "in whichever cluster of the policy: c1 and c2." in plan.warnings[0]


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.WAITING_PROMOTION, Phase.WAITING])
def test_a_release_that_would_be_promoted_unchecked_stands_against_it(phase: Phase) -> None:
    assert "A release is on its way in c2, and would be promoted" in refused(
        ACT, governed(idle(), make_state(phase=phase))
    )


def test_one_that_is_promoted_already_does_not() -> None:
    assert planned(ACT, governed(idle(), make_state(phase=Phase.FINALISING)))


def test_it_is_refused_where_the_policy_is_suspended_or_skips_already_or_nothing_has_ended() -> None:
    assert refused(ACT, governed(idle(), suspended=True)).startswith("The policy is suspended.")
    assert "switched off already" in refused(ACT, governed(idle(), skips=True))
    assert "In none of its clusters" in refused(ACT, governed(make_state(phase=Phase.PROMOTING)))


def test_through_a_policy_it_is_fast_alone() -> None:
    missed = judged(ACT, governed(idle()), how="careful")
    assert isinstance(missed, Unsaid)
    assert (missed.field, "For careful ask in several clusters." in str(missed)) == ("how", True)
    assert planned(ACT, governed(idle()), how="fast")


def test_what_it_is_told_is_told_to_each_cluster() -> None:
    choice = {"images": "a:1", "flux": "60", "how": "fast"}
    assert told_to_each(choice) == {"images": "a:1", "flux": "60"}
    assert told_to_the_policy({"images": "a:1"}) == {"images": "a:1", "how": "fast"}


def test_it_stands_where_it_would_work_in_one_cluster() -> None:
    plan, no = a_plan(), Refusal(ACT, "Not here.")
    assert with_parts(plan, {"c1": no, "c2": plan}) is plan
    missed = Unsaid(ACT, "Choose one.", field="images")
    assert with_parts(plan, {"c1": no, "c2": missed}) is missed
    assert str(with_parts(plan, {"c1": no, "c2": no})) == (
        "It can be put back in none of its clusters. c1 and c2: Not here."
    )
    assert with_parts(no, {"c1": plan}) is no


def test_a_canary_that_shows_the_switch_already_is_left_out() -> None:
    refusal = as_part(a_plan(), idle(skip_analysis=True))
    assert isinstance(refusal, Refusal)
    assert "still shows the analysis switched off" in str(refusal)
    part = as_part(a_plan(), idle())
    assert isinstance(part, Plan)
    assert (part.undone_by, "nothing rolls back any more" in part.users) == (("Flux",), True)


def test_a_part_is_followed_as_a_promotion_of_the_next_release_and_switches_nothing_itself() -> None:
    state, choice = idle(), {UNDER: "prod"}
    act, binding = as_promotion(ACT, choice, bind(state))
    assert (act, binding) == (Act.PROMOTE_NOW, replace(bind(state), release=state.releases + 1))
    assert not skips_analysis(ACT, choice)
    assert waited_for(ACT, at(10) - at(0), choice) == waited_for(ACT, at(10) - at(0), {"how": "fast"})


def test_nobody_outside_says_that_it_is_under_a_policy() -> None:
    assert "cannot be told 'under'" in said_from_outside(ACT, {UNDER: "prod"})
    assert isinstance(judge(Wanted(ACT, "m", {UNDER: "prod"}), idle(), at(0)), Refusal)
