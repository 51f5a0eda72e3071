"""Blue's pods are replaced with the version that they have (flagger.md 10.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Refusal, Wanted, bind, follow, judge
from rollouts.domain.commands.patches import RESTARTED
from rollouts.domain.commands.restarting import how_far_restarted
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, planned, refused, running
from tests.support.seen import at, workload

IMAGE = "registry.example.test/checkout:1.0.0"


def with_blue(state: RolloutState, **blue: Any) -> RolloutState:
    return replace(state, blue=replace(workload("checkout-primary", IMAGE), **blue))


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_only_blue_is_marked(phase: Phase, kind: str) -> None:
    plan = planned(Act.RESTART_PODS, with_blue(idle(phase, target_kind=kind)))
    (patch,) = plan.patches
    assert patch.kind is (Kind.DEPLOYMENT if kind == "Deployment" else Kind.DAEMON_SET)
    assert patch.name == "checkout-primary"
    assert patch.body == {"spec": {"template": {"metadata": {"annotations": {RESTARTED: "mark-1"}}}}}
    assert "no release begins" in plan.effect


def test_after_a_failure_it_warns_that_flagger_may_miss_a_version() -> None:
    assert any("unnoticed" in one for one in planned(Act.RESTART_PODS, with_blue(idle(Phase.FAILED))).warnings)
    assert planned(Act.RESTART_PODS, with_blue(idle(Phase.SUCCEEDED))).warnings == ()


def test_one_single_pod_is_told() -> None:
    state = with_blue(idle(Phase.SUCCEEDED), wanted=1, ready=1)
    assert planned(Act.RESTART_PODS, state).warnings == ("Blue has one pod.",)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (with_blue(running(iterations=1)), "A release is running"),
        (with_blue(running(Phase.PROMOTING, green=100)), "A release is running"),
        (with_blue(running(Phase.WAITING)), "A release is running"),
        (with_blue(idle(Phase.UNSET)), "not initialized"),
        (with_blue(idle(Phase.SUCCEEDED, target_kind="Service")), "no pods of its own"),
        (idle(Phase.SUCCEEDED), "not been read yet"),
        (with_blue(idle(Phase.SUCCEEDED), wanted=0, ready=0), "has no pods"),
        (with_blue(idle(Phase.SUCCEEDED), ready=1), "being replaced, or are not ready"),
        (with_blue(idle(Phase.SUCCEEDED), update="OnDelete"), "only when somebody deletes it (OnDelete)"),
        (with_blue(idle(Phase.SUCCEEDED), paused=True), "is paused"),
        (with_blue(idle(Phase.SUCCEEDED), rolling=True), "being replaced, or are not ready"),
    ],
)
def test_where_it_cannot_work_the_reason_is_given(state: RolloutState, words: str) -> None:
    assert words in refused(Act.RESTART_PODS, state)


def test_where_all_pods_end_first_the_outage_is_told_and_confirmed_by_the_name() -> None:
    plan = planned(Act.RESTART_PODS, with_blue(idle(Phase.SUCCEEDED), update="Recreate"))
    assert "a few at a time" not in plan.effect
    assert "All pods end before new ones begin" in plan.effect
    assert plan.users == "They get no answer meanwhile."
    assert plan.typed == "checkout"
    partly = planned(Act.RESTART_PODS, with_blue(idle(Phase.SUCCEEDED, green=50), update="Recreate"))
    assert partly.users == "Those on blue get no answer meanwhile."


def test_where_a_few_pods_end_at_a_time_one_click_confirms() -> None:
    plan = planned(Act.RESTART_PODS, with_blue(idle(Phase.SUCCEEDED), update="RollingUpdate"))
    assert ("a few at a time" in plan.effect, plan.typed) == (True, "")


def test_blue_as_it_was_shown_is_what_it_holds_for() -> None:
    state = with_blue(idle(Phase.SUCCEEDED), template="now")
    assert planned(Act.RESTART_PODS, state).meant == {"blue": "now"}
    found = judge(Wanted(Act.RESTART_PODS, "mark-1", {"blue": "before"}), state, at(45))
    assert isinstance(found, Refusal)
    assert "changed since this was shown" in found.reason


def test_it_is_observed_when_all_pods_are_new_and_ready() -> None:
    state = with_blue(idle(Phase.SUCCEEDED), template="old")
    binding = bind(state)
    assert follow(Act.RESTART_PODS, binding, state, "old") is None
    assert how_far_restarted(state, "old") == "Blue's pods are still to be looked at."
    rolling = with_blue(state, template="new", ready=1, rolling=True)
    assert follow(Act.RESTART_PODS, binding, rolling, "old") is None
    assert how_far_restarted(rolling, "old") == (
        "Blue's pods are being replaced: 1 of 2 are ready, old pods among them."
    )
    done = follow(Act.RESTART_PODS, binding, with_blue(state, template="new"), "old")
    assert done is not None
    assert (done.observed, done.sentence) == (True, "All of blue's pods are new.")
