"""Skip the remaining iterations, pause, resume and retry (proven 6, 9, 11, K1, K2; flagger.md 5.6)."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.commands import Act
from rollouts.domain.observations import Kind, Phase, Strategy
from rollouts.domain.pod_templates import RETRIED
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, planned, refused, running


def test_skipping_writes_the_number_of_iterations_and_keeps_two_checks() -> None:
    plan = planned(Act.SKIP_ITERATIONS, running(iterations=1, version=555))
    assert plan.patches[0].body == {"metadata": {"resourceVersion": "555"}, "status": {"iterations": 3}}
    assert plan.effect.startswith("2 iterations are skipped. Two checks remain")
    assert "sooner" in plan.users


def test_with_provider_kubernetes_skipping_moves_nobody() -> None:
    plan = planned(Act.SKIP_ITERATIONS, running(iterations=2, provider="kubernetes", green=None))
    assert plan.users == "Nothing."
    assert "moves all users" not in plan.effect


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"iterations": 0}, "pre-rollout hooks"),
        ({"iterations": 3}, "No iteration is left"),
        ({"iterations": 4}, "No iteration is left"),
        ({"iterations": 1, "suspended": True}, "Resume it first"),
        ({"iterations": 1, "failed_checks": 2}, "rolls back"),
        ({"iterations": 1, "skip_analysis": True}, "promotes anyway"),
        ({"iterations": 1, "phase": Phase.PROMOTING}, "Only in Progressing"),
        ({"strategy": Strategy.CANARY, "iterations_wanted": 0}, "no iterations"),
    ],
)
def test_skipping_is_refused_with_the_reason(given: dict[str, Any], words: str) -> None:
    assert words in refused(Act.SKIP_ITERATIONS, running(**given))


def spec(state: RolloutState, act: Act) -> object:
    body = planned(act, state).patches[0].body
    assert isinstance(body, dict)
    return body["spec"]


def test_pausing_warns_of_users_that_stay_on_green_unchecked() -> None:
    state = running(iterations=4, green=100)
    assert spec(state, Act.PAUSE) == {"suspend": True}
    assert any("stay there" in warning for warning in planned(Act.PAUSE, state).warnings)
    assert not planned(Act.PAUSE, running(iterations=2)).warnings


def test_resuming_tells_what_the_first_tick_will_do() -> None:
    state = running(iterations=2, suspended=True, failed_checks=2)
    assert spec(state, Act.RESUME) == {"suspend": False}
    assert any("rolls back" in warning for warning in planned(Act.RESUME, state).warnings)


def test_what_is_suspended_is_not_paused_and_what_is_not_is_not_resumed() -> None:
    assert "already" in refused(Act.PAUSE, idle(suspended=True))
    assert "not suspended" in refused(Act.RESUME, idle())


@pytest.mark.parametrize("act", [Act.PAUSE, Act.RESUME])
def test_what_kurator_keeps_is_paused_and_resumed_in_its_policy(act: Act) -> None:
    state = running(iterations=1, policy="checkout-prod", suspended=act is Act.RESUME)
    assert "checkout-prod" in refused(act, state)


def test_who_may_undo_a_pause_is_named() -> None:
    flux = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    assert "Flux (flux-system/shop)" in planned(Act.PAUSE, running(iterations=1, labels=flux)).undone_by[0]


@pytest.mark.parametrize(("kind", "collection"), [("Deployment", Kind.DEPLOYMENT), ("DaemonSet", Kind.DAEMON_SET)])
def test_trying_again_marks_the_pod_template_of_the_target(kind: str, collection: Kind) -> None:
    (patch,) = planned(Act.RETRY, idle(Phase.FAILED, target_kind=kind)).patches
    assert (patch.kind, patch.name) == (collection, "checkout")
    assert patch.body == {"spec": {"template": {"metadata": {"annotations": {RETRIED: "mark-1"}}}}}


def test_of_a_running_analysis_it_says_that_it_starts_again() -> None:
    plan = planned(Act.RETRY, running(iterations=4, green=100))
    assert "starts again" in plan.effect
    assert any("unchecked" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (idle(Phase.SUCCEEDED), "nothing to try again"),
        (running(Phase.PROMOTING, green=100), "does not look at the target"),
        (running(Phase.WAITING), "does not look at the target"),
        (idle(Phase.FAILED, green=100, weight=100), "blue's pods ready first"),
        (idle(Phase.FAILED, suspended=True), "Resume it first"),
        (idle(Phase.FAILED, target_kind="Service"), "no pod template"),
    ],
)
def test_trying_again_is_refused_with_the_reason(state: RolloutState, words: str) -> None:
    assert words in refused(Act.RETRY, state)
