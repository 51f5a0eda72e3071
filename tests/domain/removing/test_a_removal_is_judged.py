"""Whether the rollout of a policy can be removed now, what is written for it, and by what it is found again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands.governed import Governed, Member, bind_policy
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.removing.judging import (
    RemovalPlan,
    concerned,
    find,
    judge_removal,
    judge_removal_of_canary,
    reverts,
)
from rollouts.domain.rollout import Live, LiveSide, LiveSource, RolloutState
from tests.domain.commands.policied import governed
from tests.support.builders import GREEN, Sides, make_state

ON_GREEN = Live(LiveSide.GREEN, LiveSource.ROUTING, None)


def judged(*states: RolloutState | None, others: tuple[Governed, ...] = (), **policy: Any) -> RemovalPlan:
    return judge_removal(governed(*states, **policy), others)


def refused(*states: RolloutState | None, others: tuple[Governed, ...] = (), **policy: Any) -> str:
    plan = judged(*states, others=others, **policy)
    assert (plan.patches, plan.typed) == ((), "")
    return " ".join(plan.refusals)


def test_at_rest_everywhere_it_may_be_removed_once_the_name_is_typed() -> None:
    plan = judged(make_state(), make_state(phase=Phase.INITIALIZED))
    assert (plan.refusals, plan.typed) == ((), "checkout")
    assert len(plan.undone_by) > 0


def test_what_is_written_is_guarded_and_takes_out_this_very_rollout() -> None:
    reverting, withdrawing = judged(make_state(), named=True).patches
    at = "/spec/syncPolicies/1"
    guards = [
        {"op": "test", "path": "/metadata/generation", "value": 7},
        {"op": "test", "path": f"{at}/rollout/workload/name", "value": "checkout"},
        {"op": "test", "path": f"{at}/name", "value": "prod"},
    ]
    switched = {"op": "add", "path": f"{at}/rollout/rolloutPolicy/revertOnDeletion", "value": True}
    assert list(reverting.body) == [*guards, switched]
    assert list(withdrawing.body) == [*guards, {"op": "remove", "path": f"{at}/rollout"}]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (make_state(target_kind="DaemonSet"), "The target is a DaemonSet"),
        (make_state(provider="kuma"), "With provider kuma"),
        (make_state(provider="gatewayapi:v1"), "With provider gatewayapi:v1"),
        (make_state(provider="contour"), "With provider contour users may come in by an object that Flagger made"),
        (make_state(provider="appmesh:v1beta2"), "With provider appmesh:v1beta2"),
        (make_state(provider=""), "It says no provider"),
        (make_state(suspended=True), "It is suspended."),
        (make_state(deleting=True), "being deleted already"),
        (make_state(phase=Phase.PROGRESSING), "A release runs (Progressing)"),
        (make_state(phase=Phase.WAITING_PROMOTION), "A release runs (WaitingPromotion)"),
        (make_state(phase=Phase.FAILED), "The target has the version that failed"),
        (make_state(phase=Phase.UNSET), "It is not processed yet."),
        (replace(make_state(), live=ON_GREEN), "Users are on green."),
        (make_state(sides=Sides(ready=0)), "Blue has no ready pods"),
        (make_state(sides=Sides(green=(GREEN,))), "The target has another version than blue"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_one_cluster_that_is_not_fit_for_it_refuses_it_for_all(state: RolloutState, said: str) -> None:
    told = refused(make_state(), state)
    assert told.startswith("c2: ")
    assert said in told


def test_a_cluster_of_which_nothing_is_heard_refuses_it() -> None:
    found = governed(make_state())
    away = replace(found, members=(*found.members, Member(2, "c2", make_state(), away="No answer.")))
    assert judge_removal(away, ()).refusals == ("Nothing new is heard of c2: No answer.",)


def test_a_policy_without_a_canary_is_refused() -> None:
    assert refused(None) == "No cluster with a Canary of policy prod is known."


def test_a_policy_that_carries_nothing_to_its_canaries_is_refused() -> None:
    assert "The policy is suspended. Resume it first" in refused(make_state(), suspended=True)
    trouble = Trouble(TroubleKind.INCOMPLETE, "workload", "missing")
    assert "Correct the Application first." in refused(make_state(), troubles=(trouble,))


def test_another_policy_of_the_same_workload_would_bring_it_back() -> None:
    other = governed(make_state(), name="other")
    assert "Policy other governs the same workload in c1" in refused(make_state(), others=(other,))
    elsewhere = replace(other, members=(Member(9, "c9", make_state()),))
    assert judged(make_state(), others=(elsewhere,)).refusals == ()


def test_what_it_costs_is_told_before() -> None:
    plan = judged(make_state(gateways=("mesh", "istio-system/public")), make_state(provider="nginx"), None)
    told = " ".join(plan.warnings)
    assert "Users who come through istio-system/public need a route of their own" in told
    assert "In c2 the Ingress nginx stays" in told
    assert "No Canary of it is in c3" in told
    assert "gateway" not in " ".join(judged(make_state(gateways=("mesh",))).warnings)


def test_only_clusters_with_a_canary_are_concerned() -> None:
    assert [one.name for one in concerned(governed(make_state(), None))] == ["c1"]


class TestFoundAgain:
    FOUND = governed(make_state())
    POLICY, BOUND = FOUND.policy, bind_policy(FOUND)

    def test_by_every_name_it_has_wherever_it_stands_in_the_list(self) -> None:
        moved = replace(self.POLICY, index=5)
        found = find(self.BOUND, [replace(self.POLICY, name="other", fleet="g"), moved])
        assert (found.policy, found.changed) == (moved, False)

    def test_one_of_another_name_for_the_same_clusters_is_not_it(self) -> None:
        found = find(self.BOUND, [replace(self.POLICY, name="other")])
        assert (found.policy, found.changed) == (None, True)

    def test_without_its_rollout_it_is_gone(self) -> None:
        found = find(self.BOUND, [replace(self.POLICY, canary="cart")])
        assert (found.policy, found.changed) == (None, False)


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        ({"rolloutPolicy": {"revertOnDeletion": True}}, True),
        ({"rolloutPolicy": {"revertOnDeletion": False}}, False),
        ({"rolloutPolicy": {"revertOnDeletion": "true"}}, False),
        ({"rolloutPolicy": None}, False),
        (None, False),
    ],
)
def test_it_reverts_only_where_the_policy_says_true(rollout: Any, expected: bool) -> None:
    assert reverts(replace(governed(None).policy, rollout=rollout)) is expected


class TestOfACanary:
    """That no policy makes."""

    def judged(self, state: RolloutState, keeper: Owner | None = None, mesh: str = "") -> RemovalPlan:
        one = replace(governed(state), plain=1, keeper=keeper or Owner(OwnerKind.NOBODY))
        return judge_removal_of_canary(replace(one, members=(replace(one.members[0], mesh=mesh),)))

    def test_one_patch_is_written_before_it_is_deleted(self) -> None:
        plan = self.judged(make_state())
        assert (plan.refusals, plan.typed) == ((), "checkout")
        assert [one.body for one in plan.patches] == [
            {"metadata": {"resourceVersion": "100"}, "spec": {"revertOnDeletion": True}}
        ]

    def test_what_is_refused_of_a_policy_is_refused_of_it(self) -> None:
        for state in (make_state(phase=Phase.PROGRESSING), make_state(suspended=True), make_state(provider="kuma")):
            assert self.judged(state).refusals != ()

    @pytest.mark.parametrize("mesh", ["kuma", "gatewayapi:v1", "contour", "traefik", "linkerd"])
    def test_one_that_says_no_provider_has_the_one_of_flagger(self, mesh: str) -> None:
        assert f"With provider {mesh}" in self.judged(make_state(provider=""), mesh=mesh).refusals[0]
        assert self.judged(make_state(provider=""), mesh="istio").refusals == ()
        assert self.judged(make_state(provider="kubernetes"), mesh=mesh).refusals == ()

    def test_the_ingress_that_stays_is_that_of_its_own(self) -> None:
        told = " ".join(self.judged(make_state(provider=""), mesh="nginx").warnings)
        assert "In c1 the Ingress that its ingressRef names stays" in told

    def test_whoever_keeps_it_is_told_of(self) -> None:
        assert "Take it out of where it is kept first" in self.judged(make_state(), Owner(OwnerKind.FLUX)).warnings[0]
        assert self.judged(make_state(), Owner(OwnerKind.KURATOR, "prod")).patches == ()
