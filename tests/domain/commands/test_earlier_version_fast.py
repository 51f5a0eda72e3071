"""An earlier version without analysis, and with Flux told to leave the target alone (proven 12; flagger.md 10.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.commands import Act, Binding, Plan, Refusal, Unsaid, Wanted, as_promotion, fields, follow, judge
from rollouts.domain.commands.reversal import has_ended
from rollouts.domain.earlier import Versions
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.test_earlier_version import KNOWN, WHOLE, seen
from tests.support.seen import at

KUSTOMIZED = replace(KNOWN, kustomized=True)
PLACE = "/metadata/annotations/kustomize.toolkit.fluxcd.io~1reconcile"
IDLE = seen(idle(Phase.SUCCEEDED))


def judged(state: RolloutState, known: Versions = KUSTOMIZED, **choice: str) -> Plan | Refusal:
    wanted = Wanted(Act.EARLIER_VERSION, "mark-1", {"version": WHOLE.key, **choice}, versions=known)
    return judge(wanted, state, at(45))


def planned(state: RolloutState, known: Versions = KUSTOMIZED, **choice: str) -> Plan:
    found = judged(state, known, **choice)
    assert isinstance(found, Plan), str(found)
    return found


class TestFast:
    def test_the_analysis_is_switched_off_before_the_target_is_changed_and_on_again_with_the_end(self) -> None:
        plan = planned(IDLE, how="fast")
        assert [(one.kind, one.says.split(" (")[0]) for one in plan.patches] == [
            (Kind.CANARY, "skipAnalysis to true"),
            (Kind.DEPLOYMENT, "pod template of checkout-5d8f"),
        ]
        assert plan.in_order
        assert plan.reversal is not None
        assert (plan.reversal.switch, plan.reversal.with_release) == ("skipAnalysis", True)
        assert plan.reversal.after == timedelta(minutes=10)

    def test_it_adds_risk_so_the_name_has_to_be_typed(self) -> None:
        plan = planned(IDLE, how="fast")
        assert plan.typed == "checkout"
        assert "without any check" in plan.effect
        assert "A version that arrives before the analysis is on again goes live unchecked." in plan.warnings
        assert planned(IDLE, how="careful").typed == ""

    @pytest.mark.parametrize(
        ("given", "how", "words"),
        [
            ({}, "quickly", "careful or fast, and not “quickly”"),
            ({"policy": "checkout-prod"}, "fast", "kept by policy checkout-prod. Here it can only be done careful."),
            ({"skip_analysis": True}, "fast", "switched off already"),
        ],
    )
    def test_where_it_cannot_be_the_reason_is_given(self, given: dict[str, Any], how: str, words: str) -> None:
        found = judged(seen(idle(Phase.SUCCEEDED, **given)), how=how)
        assert isinstance(found, Unsaid)
        assert (found.field, words in str(found)) == ("how", True), str(found)

    def test_what_an_earlier_attempt_has_switched_off_is_no_reason_to_refuse(self) -> None:
        state = seen(idle(Phase.SUCCEEDED, skip_analysis=True))
        assert planned(state, how="fast", stands_for="digest-1").patches[0].done

    def test_it_is_not_put_back_before_the_release_that_it_begins_has_ended(self) -> None:
        bound = Binding(IDLE.canary.uid, IDLE.releases, "aaa", "")
        assert not has_ended(bound, IDLE, next_one=True)
        begun = running()
        bound = replace(bound, uid=begun.canary.uid, release=begun.releases - 1)
        assert not has_ended(bound, begun, next_one=True)
        assert has_ended(bound, running(Phase.SUCCEEDED, last_promoted="bbb"), next_one=True)
        assert has_ended(replace(bound, release=begun.releases - 2), begun, next_one=True)

    def test_it_is_followed_until_the_next_release_is_promoted(self) -> None:
        begun = running()
        bound = Binding(begun.canary.uid, begun.releases - 1, "aaa", "")
        act, binding = as_promotion(Act.EARLIER_VERSION, {"how": "fast"}, bound)
        assert (act, binding.release) == (Act.PROMOTE_NOW, begun.releases)
        assert follow(act, replace(binding, release=begun.releases + 1), begun) is None
        assert follow(act, binding, begun) is None
        assert as_promotion(Act.EARLIER_VERSION, {"how": "careful"}, bound) == (Act.EARLIER_VERSION, bound)


class TestFluxLeavesTheTargetAlone:
    def test_its_annotation_is_in_the_same_patch_and_is_taken_off_when_the_time_is_over(self) -> None:
        plan = planned(IDLE, flux="60")
        (patch,) = plan.patches
        assert isinstance(patch.body, tuple)
        assert patch.body[-1] == {"op": "add", "path": PLACE, "value": "disabled"}
        assert "Flux to leave it alone" in patch.says
        assert plan.hold is not None
        assert (plan.hold.switch, plan.hold.after, plan.hold.by_itself) == ("reconcile", timedelta(hours=1), True)
        assert plan.undone_by[0].startswith("Flux, after 1 hour: until then")

    def test_both_can_be_wanted(self) -> None:
        plan = planned(IDLE, flux="60", how="fast")
        assert plan.reversal is not None
        assert plan.hold is not None

    @pytest.mark.parametrize(
        ("known", "minutes", "words"),
        [
            (KNOWN, "60", "No Kustomization of Flux"),
            (replace(KUSTOMIZED, let_alone=True), "60", "alone already"),
            (KUSTOMIZED, "0", "1 to 10080 whole minutes, and not “0”"),
            (KUSTOMIZED, "an hour", "whole minutes"),
            (KUSTOMIZED, "0000000019999999999999999999", "whole minutes"),
        ],
    )
    def test_where_it_cannot_be_the_reason_is_given(self, known: Versions, minutes: str, words: str) -> None:
        found = judged(IDLE, known, flux=minutes)
        assert isinstance(found, Unsaid)
        assert (found.field, words in str(found)) == ("flux", True), str(found)


@pytest.mark.parametrize(
    ("given", "known", "names"),
    [
        ({}, KUSTOMIZED, ["version", "how", "flux"]),
        ({}, KNOWN, ["version", "how"]),
        ({}, replace(KUSTOMIZED, let_alone=True), ["version", "how"]),
        ({"policy": "checkout-prod"}, KUSTOMIZED, ["version", "flux"]),
        ({"skip_analysis": True}, KNOWN, ["version"]),
    ],
)
def test_the_dialog_asks_only_what_can_be_chosen(given: dict[str, Any], known: Versions, names: list[str]) -> None:
    asked = fields(Act.EARLIER_VERSION, seen(idle(Phase.SUCCEEDED, **given)), known)
    assert [one.name for one in asked] == names
