"""Why it was there, at every moment of what real controllers did."""

from __future__ import annotations

import pytest

from rollouts.domain.causes import Cause, Situation, Tone, causes, last_failure
from rollouts.domain.observations import Event
from rollouts.domain.replay import Replay
from tests.domain.test_recordings import ALL, lines

UNSETTLING = {"waits-for-tick", "version-unnoticed", "scaled-by-hand", "drift"}
"""What holds for a moment only, while one tick writes one object after the other."""


def told(name: str) -> list[tuple[str, Cause]]:
    """Time and foremost cause, each time that its sentence changes; what is normal or momentary is left out."""
    replay, events, found = Replay(), list[Event](), list[tuple[str, Cause]]()
    for cluster, at, seen in lines(name):
        replay.fold(cluster, seen, seen_at=at)
        if isinstance(seen, Event):
            events.insert(0, seen)
        for key, state in replay.states.items():
            failure = last_failure(replay.timelines[key].of(state.releases))
            situation = Situation(state, at, events=tuple(events), failure=failure, workloads_at=at)
            settled = [cause for cause in causes(situation) if cause.kind.value not in UNSETTLING]
            if settled and (not found or found[-1][1].sentence != settled[0].sentence):
                found.append((f"{at:%H:%M:%S}", settled[0]))
    return found


def sentences(name: str) -> list[str]:
    return [f"{time} {cause.sentence}" for time, cause in told(name) if cause.tone is not Tone.PLAIN]


def test_a_failing_check_is_named_with_its_value_its_limit_and_what_is_left() -> None:
    assert sentences("plain-failure") == [
        "16:14:43 request-success-rate on green was 65.62%, below its limit of 99.00%."
        " One more failed check rolls back.",
        "16:14:53 request-success-rate on green was 67.50%, below its limit of 99.00%."
        " The limit of failed checks is reached: the next check rolls back.",
        "16:15:03 The last release failed. request-success-rate on green was 67.50%, below its limit of 99.00%.",
    ]


def test_the_failing_check_is_proven_by_flaggers_event_and_the_status() -> None:
    (_, cause), *_ = [one for one in told("plain-failure") if one[1].kind == "check-failing"]
    assert [(one.object, one.field, one.said) for one in cause.evidence] == [
        ("Event about webapp/backend", "message", "Halt backend.webapp advancement success rate 65.62% < 99%"),
        ("Canary webapp/backend", "spec.analysis.metrics[request-success-rate]", "at least 99.00%"),
        ("Canary webapp/backend", "status.failedChecks", "1 of 2"),
    ]
    assert cause.since is not None and f"{cause.since:%H:%M:%S}" == "16:14:43"


def test_a_reason_that_is_still_to_come_is_not_made_up() -> None:
    unknown = "Which check failed is not known. The limit of failed checks is reached: the next check rolls back."
    assert f"16:19:53 {unknown}" in sentences("plain-failed-retried")


def test_failed_checks_do_nothing_while_green_is_not_ready() -> None:
    assert sentences("plain-never-ready")[:4] == [
        "16:26:33 Green's pods are not ready: 0 of 2 are. Why is not known.",
        "16:26:53 Green's pods are not ready: 0 of 2 are. Why is not known.",
        "16:27:05 Somebody other than Flagger raised the number of failed checks."
        " The limit of failed checks is reached, but Flagger asks first whether green is ready.",
        "16:27:13 The last release failed. Somebody other than Flagger raised the number of failed checks.",
    ]


def test_a_closed_gate_is_said_to_be_asked_once_more_with_the_users_on_green() -> None:
    assert sentences("plain-gate") == [
        "16:29:43 The promotion waits for approval by gate. Green is checked on meanwhile.",
        "16:30:23 Users are on green, and the promotion waits for approval once more by gate.",
    ]


def test_a_suspension_comes_before_everything_else_and_no_silence_is_seen_in_it() -> None:
    assert sentences("plain-suspended-aborted-resumed") == [
        "16:18:23 Suspended. The release is frozen until it is resumed.",
        "16:19:03 Somebody other than Flagger raised the number of failed checks."
        " The limit of failed checks is reached: the next check rolls back.",
        "16:19:13 The last release failed. Somebody other than Flagger raised the number of failed checks.",
    ]


def test_a_forgotten_skip_is_said_during_the_release_and_after_it() -> None:
    assert "16:17:53 The analysis is switched off: this version goes live unchecked." in sentences(
        "plain-skip-analysis"
    )
    assert "16:18:03 The analysis is switched off: new versions go live unchecked." in sentences("plain-skip-analysis")


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_moment_of_a_release_that_went_well_is_called_unknown(name: str) -> None:
    assert not {cause.kind for _, cause in told(name)} & {"unknown", "flagger-silent", "obstacle", "revision-lost"}
