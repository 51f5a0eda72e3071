"""Green to 0 replicas: only where its pods keep a roll back from happening, and no user is on it (proven 13, 14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Wanted, bind, follow, judge
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.green_to_zero import is_of
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import planned, refused, running
from tests.domain.commands.test_following import after
from tests.support.seen import at, workload


def stuck(*, ready: int = 0, wanted: int = 2, green: int | None = 0, **given: Any) -> RolloutState:
    target = replace(workload("checkout", "app:2", ready=ready, wanted=wanted), generation=7)
    return replace(running(green=green, **{"failed_checks": 2, **given}), green=target)


def test_it_scales_the_target_to_nothing_as_long_as_nobody_has_changed_it() -> None:
    plan = planned(Act.GREEN_TO_ZERO, stuck())
    (patch,) = plan.patches
    assert (patch.kind, patch.namespace, patch.name, patch.done) == (Kind.DEPLOYMENT, "shop", "checkout", False)
    assert patch.body == (
        {"op": "test", "path": "/metadata/generation", "value": 7},
        {"op": "replace", "path": "/spec/replicas", "value": 0},
    )
    assert plan.next_at == at(50)
    assert "rolls back" in plan.effect


def test_it_warns_of_autoscalers() -> None:
    assert any("KEDA" in warning for warning in planned(Act.GREEN_TO_ZERO, stuck()).warnings)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (stuck(failed_checks=1), "Roll back first"),
        (stuck(ready=2), "Green is ready"),
        (stuck(wanted=0), "has no pods"),
        (stuck(green=100), "not certain that all users are on blue"),
        (stuck(green=None), "not certain that all users are on blue"),
        (stuck(suspended=True), "Resume it first"),
        (stuck(skip_analysis=True), "would be promoted"),
        (stuck(target_kind="DaemonSet"), "no replicas"),
        (stuck(phase=Phase.PROMOTING), "No release is being analysed"),
    ],
)
def test_it_is_refused_where_it_would_do_harm_or_nothing(state: RolloutState, said: str) -> None:
    assert said in refused(Act.GREEN_TO_ZERO, state)


def test_under_provider_kubernetes_users_are_always_on_blue() -> None:
    assert planned(Act.GREEN_TO_ZERO, stuck(green=None, provider="kubernetes")).patches


def test_a_patch_that_has_been_made_is_recognised() -> None:
    meant = planned(Act.GREEN_TO_ZERO, stuck()).meant
    again = judge(Wanted(Act.GREEN_TO_ZERO, "mark", meant), stuck(wanted=0), at(45))
    assert isinstance(again, Plan)
    assert again.patches[0].done


def test_nobody_is_asked_about_it_while_green_is_ready() -> None:
    assert is_of(stuck(), at(45))
    assert not is_of(stuck(ready=2), at(45))
    assert not is_of(stuck(target_kind="DaemonSet"), at(45))


def test_it_is_observed_when_the_release_is_rolled_back() -> None:
    state = stuck()
    assert follow(Act.GREEN_TO_ZERO, bind(state), state) is None
    failed = after(state, 50, Phase.FAILED)
    assert follow(Act.GREEN_TO_ZERO, bind(state), failed) == Followed(True, "The release is rolled back.")


def test_a_roll_back_that_waits_for_pods_says_what_ends_it() -> None:
    assert any("Green to 0 ends it" in warning for warning in planned(Act.ROLL_BACK, stuck(failed_checks=0)).warnings)
