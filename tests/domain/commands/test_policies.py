"""What is asked of a policy: whether it can work now, what is written, and what is warned of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.commands import ALL_POLICY_ACTS, POLICY_ACTS, Act, Governed, Patch, Plan, Switch, Unsaid
from rollouts.domain.commands.governed import bind_policy, turned_off, unbound
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Phase
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.policied import governed, judged, planned, refused


def written(patch: Patch) -> list[dict[str, Any]]:
    assert isinstance(patch.body, tuple)
    return [dict(one) for one in patch.body]


def body(plan: Plan) -> list[dict[str, Any]]:
    (patch,) = plan.patches
    return written(patch)


class TestOfAll:
    @pytest.mark.parametrize("act", [act for act in Act if act not in ALL_POLICY_ACTS])
    def test_other_acts_are_asked_of_each_rollout(self, act: Act) -> None:
        assert refused(act, governed(running())) == "This is not asked of a policy. It is asked of each rollout."

    @pytest.mark.parametrize("act", POLICY_ACTS)
    def test_without_a_canary_nothing_is_asked(self, act: Act) -> None:
        assert "No cluster with a Canary of policy prod is known." in refused(act, governed(None))

    @pytest.mark.parametrize("act", POLICY_ACTS)
    @pytest.mark.parametrize("kind", [TroubleKind.INCOMPLETE, TroubleKind.NAMES_DIFFER])
    def test_what_kurator_carries_to_no_canary_is_refused(self, act: Act, kind: TroubleKind) -> None:
        trouble = Trouble(kind, "serviceName", "it is not the workload's")
        said = refused(act, governed(running(iterations=1), troubles=(trouble,)))
        assert "(it is not the workload's). Correct the Application first." in said

    def test_what_flux_could_not_do_hinders_nothing(self) -> None:
        trouble = Trouble(TroubleKind.SYNC_FAILED, "status", "no such branch")
        assert planned(Act.PAUSE, governed(running(), troubles=(trouble,))).patches

    def test_the_patch_holds_for_this_spec_and_this_policy_only(self) -> None:
        named = body(planned(Act.PAUSE, governed(running(), named=True)))
        at = "/spec/syncPolicies/1"
        guards = [
            {"op": "test", "path": "/metadata/generation", "value": 7},
            {"op": "test", "path": f"{at}/rollout/workload/name", "value": "checkout"},
        ]
        paused = {"op": "add", "path": f"{at}/rollout/rolloutPolicy/suspend", "value": True}
        assert named == [*guards, {"op": "test", "path": f"{at}/name", "value": "prod"}, paused]
        assert body(planned(Act.PAUSE, governed(running()))) == [*guards, paused]

    @pytest.mark.parametrize(("switch", "field"), [(Switch.SUSPEND, "suspend"), (Switch.SKIP_ANALYSIS, "skip")])
    def test_what_is_turned_off_is_guarded_alike(self, switch: Switch, field: str) -> None:
        *guards, off = written(turned_off(switch, governed(running())))
        assert (len(guards), off["value"], field in off["path"]) == (2, False, True)

    def test_who_may_undo_it_is_who_keeps_the_application(self) -> None:
        assert "flux-system/apps" in " ".join(planned(Act.PAUSE, governed(running())).undone_by)

    def test_clusters_that_are_away_or_have_no_canary_are_warned_of(self) -> None:
        found = governed(running(), None, running())
        away = replace(found.members[2], away="unreachable")
        warnings = planned(Act.PAUSE, replace(found, members=(*found.members[:2], away))).warnings
        assert any("Nothing new is heard of c3 (unreachable)" in one for one in warnings)
        assert any("No Canary of it is in c2 yet" in one for one in warnings)


class TestPause:
    def test_releases_stay_where_they_are_and_users_on_green_too(self) -> None:
        plan = planned(Act.PAUSE, governed(running(iterations=1), running(iterations=4, green=100), idle()))
        assert "releases stay where they are (c1 and c2), until it is resumed." in plan.effect
        assert any("Users are on green in c2" in one for one in plan.warnings)
        assert plan.reversal is None

    def test_without_a_release_new_versions_are_not_noticed(self) -> None:
        plan = planned(Act.PAUSE, governed(idle()))
        assert "new versions are not noticed" in plan.effect
        assert "brings it to c1 within 30 s" in plan.effect

    def test_one_for_a_time_ends_by_itself_or_reminds(self) -> None:
        ends = planned(Act.PAUSE, governed(running()), **{"for": "30", "then": "resume"})
        reminds = planned(Act.PAUSE, governed(running()), **{"for": "30"})
        assert ends.reversal is not None
        assert reminds.reversal is not None
        assert (ends.reversal.by_itself, reminds.reversal.by_itself) == (True, False)
        assert ends.reversal.after == timedelta(minutes=30)
        assert any("When the time is over releases go on in c1" in one for one in ends.warnings)
        assert not any("When the time is over" in one for one in reminds.warnings)

    @pytest.mark.parametrize(
        ("choice", "field"), [({"for": "x"}, "for"), ({"for": "5", "then": "x"}, "then"), ({"then": "resume"}, "for")]
    )
    def test_a_choice_that_is_none_is_named(self, choice: dict[str, str], field: str) -> None:
        found = judged(Act.PAUSE, governed(running()), **choice)
        assert isinstance(found, Unsaid)
        assert found.field == field

    def test_blue_that_is_being_overwritten_goes_on(self) -> None:
        warnings = planned(Act.PAUSE, governed(running(Phase.PROMOTING))).warnings
        assert any("Blue is being overwritten in c1" in one for one in warnings)

    def test_what_is_paused_is_not_paused_again(self) -> None:
        assert refused(Act.PAUSE, governed(running(), suspended=True)) == "The policy is suspended already."


class TestResume:
    def test_releases_go_on_where_they_stood(self) -> None:
        plan = planned(Act.RESUME, governed(running(iterations=1), idle(), suspended=True))
        assert "releases go on where they stood (c1)" in plan.effect
        assert body(plan)[-1]["value"] is False

    def test_what_the_first_tick_does_otherwise_is_warned_of(self) -> None:
        warnings = planned(Act.RESUME, governed(running(failed_checks=2), suspended=True, skips=True)).warnings
        assert any("rolls back in c1" in one for one in warnings)
        assert any("(skipTrafficAnalysis)" in one for one in warnings)

    def test_what_is_not_paused_is_not_resumed(self) -> None:
        assert refused(Act.RESUME, governed(running())) == "The policy is not suspended."


class TestPromoteNow:
    def test_it_is_for_the_releases_that_are_analysed_and_confirmed_by_the_name(self) -> None:
        plan = planned(Act.PROMOTE_NOW, governed(running(iterations=1), idle(), running(failed_checks=1)))
        assert "without any further check in c1 and c3" in plan.effect
        assert any("No release runs in c2" in one for one in plan.warnings)
        assert any("Checks have failed in c3" in one for one in plan.warnings)
        assert plan.typed == "checkout"

    def test_the_analysis_stays_off_as_long_as_the_slowest_needs(self) -> None:
        slow = running(iterations=1, interval=120)
        plan = planned(Act.PROMOTE_NOW, governed(running(iterations=1), slow))
        assert plan.reversal is not None
        assert (plan.reversal.after, plan.reversal.with_release) == (timedelta(minutes=20), True)

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (governed(running(), skips=True), "switched off already"),
            (governed(running(), suspended=True), "Resume it first."),
            (governed(idle(), running(Phase.PROMOTING)), "would go live unchecked"),
        ],
    )
    def test_where_it_cannot_be_it_says_why(self, found: Governed, said: str) -> None:
        assert said in refused(Act.PROMOTE_NOW, found)


class TestBound:
    def test_what_was_shown_holds_whatever_else_of_the_application_is_edited(self) -> None:
        seen = governed(running(iterations=1))
        assert unbound(bind_policy(seen), replace(seen, generation=9)) == ""
        assert unbound(bind_policy(seen), governed(running(iterations=2))) == ""

    def test_another_policy_another_cluster_or_another_release_are_not_what_was_shown(self) -> None:
        seen = bind_policy(governed(running(), idle()))
        assert unbound(seen, governed(running(), idle(), fleet="other")) == "The policy was changed meanwhile."
        assert unbound(seen, governed(running())) == "The policy has other clusters now."
        moved = governed(running(last_applied="ccc"), idle())
        assert unbound(seen, moved) == "The next release has begun in c1."
