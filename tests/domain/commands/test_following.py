"""What became of a command that the cluster accepted, and that it never hits the next release."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.changes import observe
from rollouts.domain.commands import Act, bind, follow, still_bound
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.support.seen import at, canary


def after(state: RolloutState, seconds: float, phase: Phase, **given: Any) -> RolloutState:
    seen = canary(seconds, phase, **{"last_applied": "bbb", **given})
    step = observe(state, seen, seen_at=at(seconds), listed=False)
    assert step is not None
    return step.state


def told(act: Act, before: RolloutState, now: RolloutState) -> tuple[bool, str] | None:
    followed = follow(act, bind(before), now)
    return None if followed is None else (followed.observed, followed.sentence)


def test_a_roll_back_is_observed_when_its_release_has_failed() -> None:
    state = running(iterations=2)
    waiting = after(state, 50, Phase.PROGRESSING, iterations=2, failed_checks=2)
    assert told(Act.ROLL_BACK, state, waiting) is None
    assert told(Act.ROLL_BACK, state, after(waiting, 60, Phase.FAILED)) == (True, "The release is rolled back.")


def test_a_roll_back_that_came_too_late_has_failed() -> None:
    state = running(iterations=4, green=100)
    promoted = after(state, 50, Phase.PROMOTING, iterations=4, failed_checks=2)
    assert told(Act.ROLL_BACK, state, promoted) is None
    done = after(after(promoted, 60, Phase.FINALISING), 70, Phase.SUCCEEDED, last_promoted="bbb")
    late = (False, "The release was promoted before Flagger saw the failed checks.")
    assert told(Act.ROLL_BACK, state, done) == late


def test_skipped_iterations_are_observed_when_the_users_have_moved() -> None:
    state = running(iterations=1)
    assert told(Act.SKIP_ITERATIONS, state, after(state, 50, Phase.PROGRESSING, iterations=3)) is None
    moved = after(state, 60, Phase.PROGRESSING, iterations=4)
    assert told(Act.SKIP_ITERATIONS, state, moved) == (True, "The remaining iterations were skipped.")
    assert told(Act.SKIP_ITERATIONS, state, after(state, 60, Phase.FAILED)) == (False, "A check failed first.")


def test_a_retry_is_observed_when_another_release_has_begun() -> None:
    failed = after(running(iterations=2), 50, Phase.FAILED)
    assert told(Act.RETRY, failed, failed) is None
    begun = after(failed, 60, Phase.PROGRESSING, last_applied="ccc")
    assert told(Act.RETRY, failed, begun) == (True, f"Release {begun.releases} has begun.")


def test_pause_and_resume_are_observed_in_the_spec() -> None:
    state = idle()
    paused = after(state, 50, Phase.INITIALIZED, last_applied="aaa", suspended=True)
    assert told(Act.PAUSE, state, state) is None
    assert told(Act.PAUSE, state, paused) == (True, "It is suspended.")
    assert told(Act.RESUME, paused, paused) is None
    assert told(Act.RESUME, paused, state) == (True, "It is resumed.")


@pytest.mark.parametrize("act", [Act.ROLL_BACK, Act.SKIP_ITERATIONS])
def test_when_the_next_release_has_begun_nothing_more_is_expected(act: Act) -> None:
    state = running(iterations=2)
    newer = after(state, 50, Phase.PROGRESSING, iterations=0, last_applied="ccc", phase_at=at(50))
    assert newer.releases == state.releases + 1
    assert told(act, state, newer) == (False, "The next release has begun.")


def test_a_canary_that_was_created_again_is_another_one() -> None:
    state = running(iterations=2)
    again = after(state, 50, Phase.PROGRESSING, uid="another")
    assert told(Act.PAUSE, state, again) == (False, "The Canary was deleted.")


def test_a_command_is_bound_to_object_version_and_configuration() -> None:
    state = running(iterations=2, tracked_configs={"configmap/app": "1"})
    binding = bind(state)
    assert still_bound(binding, replace(state.canary, iterations=3, failed_checks=1))
    assert not still_bound(binding, replace(state.canary, uid="x"))
    assert not still_bound(binding, replace(state.canary, last_applied="ccc"))
    assert not still_bound(binding, replace(state.canary, tracked_configs={"configmap/app": "2"}))
