"""How a release ended, in one sentence, with the reason that was seen for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.observations import Phase, Strategy
from rollouts.domain.outcomes import sentence, why_ended
from rollouts.domain.rollout import Analysis, LiveSide, LiveSource, Outcome, Release, Transition
from tests.support.seen import at, canary

Told = tuple[Phase, int, str | None]
P, F = Phase.PROGRESSING, Phase.FAILED


def told(*facts: Told) -> list[Transition]:
    return [
        Transition(
            number, 1, at(number), at(number), phase, 0, failed, 0, LiveSide.BLUE, LiveSource.STATUS, False, why
        )
        for number, (phase, failed, why) in enumerate(facts, start=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (
            [(P, 1, "success rate 65.62% < 99%"), (F, 0, "rolled back: failed checks threshold reached 1")],
            "success rate 65.62% < 99%",
        ),
        ([(P, 1, "a"), (P, 2, "b"), (F, 0, "failed, green scaled down")], "b"),
        ([(P, 1, "a"), (P, 2, None), (F, 0, None)], "a"),
        ([(P, 1, None), (F, 0, "rolled back: failed checks threshold reached 1")],
         "rolled back: failed checks threshold reached 1"),
        ([(P, 1, "a"), (F, 0, "the deployment exceeded its progress deadline")],
         "the deployment exceeded its progress deadline"),
        ([(P, 1, "a"), (Phase.PROMOTING, 1, "green's version copied to blue"),
          (F, 1, "promotion failed, blue not ready: x")], "promotion failed, blue not ready: x"),
        ([(P, 0, "iteration 1 of 3"), (F, 0, None)], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_reason_is_the_failed_check_unless_something_else_ended_it(facts: list[Told], why: str) -> None:
    assert why_ended(told(*facts)) == why


def test_an_iteration_that_passed_after_a_failed_check_is_no_reason() -> None:
    facts = told((P, 1, "success rate 65.62% < 99%"), (P, 1, "iteration 2 of 3"), (F, 0, None))
    assert why_ended(facts) == "success rate 65.62% < 99%"


def ended(outcome: Outcome, analysis: Analysis = Analysis.COMPLETED) -> Release:
    return Release(1, Strategy.BLUE_GREEN, at(0), outcome=outcome, analysis=analysis, ended_at=at(60))


@pytest.mark.parametrize(
    ("release", "governed", "facts", "said"),
    [
        (ended(Outcome.SUCCEEDED), {}, [(P, 0, None)], "Succeeded: green passed all 3 iterations."),
        (ended(Outcome.SUCCEEDED), {"iterations_wanted": 1}, [], "Succeeded: green passed its one iteration."),
        (
            ended(Outcome.SUCCEEDED),
            {"threshold": 3},
            [(P, 1, "a"), (P, 1, "b")],
            "Succeeded: green passed all 3 iterations with 1 failed check (3 would have rolled back).",
        ),
        (
            ended(Outcome.SUCCEEDED),
            {"strategy": Strategy.CANARY, "iterations_wanted": 0},
            [(P, 2, "a")],
            "Succeeded: green passed its analysis with 2 failed checks (2 would have rolled back).",
        ),
        (
            ended(Outcome.SUCCEEDED, Analysis.SKIPPED),
            {},
            [],
            "Succeeded without an analysis: it was switched off (skipAnalysis).",
        ),
        (
            ended(Outcome.FAILED),
            {},
            [(P, 2, "success rate 65.62% < 99%"), (F, 0, None)],
            "Failed: success rate 65.62% < 99% (2 failed checks of 2).",
        ),
        (
            ended(Outcome.FAILED, Analysis.ABORTED),
            {},
            [(P, 99, None)],
            "Failed: somebody other than Flagger raised the number of failed checks, so Flagger rolled back.",
        ),
        (ended(Outcome.FAILED), {}, [], "Failed. Why is not known: none of Flagger's Events about it was seen."),
        (ended(Outcome.SUPERSEDED), {}, [], "Superseded: a newer version came before Flagger had decided."),
        (
            ended(Outcome.DELETED),
            {},
            [],
            "Ended without a decision: the Canary was deleted, or its status was wiped.",
        ),
        (ended(Outcome.RUNNING), {}, [], "Not decided yet: the release is running."),
    ],
)
def test_the_outcome_is_said_in_one_sentence(
    release: Release, governed: dict[str, Any], facts: list[Told], said: str
) -> None:
    assert sentence(release, canary(**governed), told(*facts)) == said


def test_iterations_that_were_skipped_by_hand_were_not_passed() -> None:
    seen = told((P, 0, None), (P, 0, "iteration 1 of 3"), (P, 0, "iterations set to 3, not by Flagger"), (P, 0, None))
    jumped = [replace(one, iterations=number) for one, number in zip(seen, (0, 1, 3, 4), strict=True)]
    assert sentence(ended(Outcome.SUCCEEDED), canary(), jumped) == (
        "Succeeded, though not all 3 iterations were checked: somebody other than Flagger skipped some."
    )
    unseen = [replace(one, gap=one.iterations == 3) for one in jumped]
    assert sentence(ended(Outcome.SUCCEEDED), canary(), unseen) == "Succeeded: green passed all 3 iterations."


def test_without_the_policy_only_what_is_known_is_said() -> None:
    facts = told((P, 2, "success rate 65.62% < 99%"))
    assert sentence(ended(Outcome.FAILED), None, facts) == "Failed: success rate 65.62% < 99%."
    expected = "Succeeded: green passed its analysis with 2 failed checks."
    assert sentence(ended(Outcome.SUCCEEDED), None, facts) == expected
