from __future__ import annotations

import pytest

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.meaning import UNSAID, about, meaning
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.strategies import dropped, strategy_of, without_effect
from tests.support.policies import ABSENT, ANALYSIS, POLICY, ROUTING, policy

STEPS = f"{ROUTING}.canaryStrategy"


def test_the_times_of_blue_green_are_those_of_flaggers_machine() -> None:
    """flagger.md 5.4: interval 90 s, N = 3, threshold 2."""
    assert meaning(read(policy(**{f"{ANALYSIS}.checkFailedTimes": 2}))) == (
        "A new version is noticed within 90 s.",
        "A good release takes (3 + 4) × 90 s = 10½ min.",
        "The users move 6 min after it was noticed.",
        "They are on green for 3 min, until blue has the new version.",
        "One that is bad from the start is rolled back after 6 min, without users.",
        "One that is bad only with users on it is rolled back after 4½ min with users.",
    )


def test_the_steps_of_a_canary_are_counted() -> None:
    said = meaning(
        read(policy(**{f"{ROUTING}.analysisTimes": ABSENT, f"{STEPS}.stepWeight": 20, f"{STEPS}.maxWeight": 60}))
    )
    assert "A good release takes (3 + 3) × 90 s = 9 min." in said
    assert said[-1].endswith("rolled back after 7½ min, and has 20 % of users from its first step on.")
    listed = meaning(read(policy(**{f"{ROUTING}.analysisTimes": ABSENT, f"{STEPS}.stepWeights": [5, 50]})))
    assert "A good release takes (2 + 3) × 90 s = 7½ min." in listed
    assert "5 % of users" in listed[-1]


def test_an_ab_test_has_the_users_that_match() -> None:
    said = meaning(read(policy(**{f"{ROUTING}.match": [{"headers": {"x": {"exact": "1"}}}]})))
    assert "A good release takes (3 + 3) × 90 s = 9 min." in said
    assert "the matched users" in said[-1]


def test_flaggers_own_limits_are_counted_with() -> None:
    said = meaning(read(policy(**{f"{ANALYSIS}.checkIntervalSeconds": 1, f"{ANALYSIS}.checkFailedTimes": 0})))
    assert "A good release takes (3 + 4) × 10 s = 70 s." in said
    assert "One that is bad from the start is rolled back after 30 s, without users." in said


def test_what_is_switched_off_or_suspended_is_said_first() -> None:
    skips = meaning(read(policy(**{"rolloutPolicy.skipTrafficAnalysis": True})))
    assert len(skips) == 2
    assert "unchecked at the next tick" in skips[1]
    assert meaning(read(policy(**{"rolloutPolicy.suspend": True})))[0].startswith("It is suspended")


@pytest.mark.parametrize("place", [f"{ANALYSIS}.checkIntervalSeconds", f"{ANALYSIS}.checkFailedTimes", ROUTING])
def test_without_what_time_depends_on_that_is_said(place: str) -> None:
    assert meaning(read(policy(**{place: ABSENT}))) == (UNSAID,)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((90, "90 s"), (119, "119 s"), (180, "3 min"), (630, "10½ min"), (640, "≈ 10½ min")),
        *((5400, "90 min"), (9000, "2½ h"), (9010, "≈ 2½ h")),
    ],
)
def test_times_are_said_in_halves_and_say_when_they_are_rounded(seconds: int, said: str) -> None:
    assert about(seconds) == said


@pytest.mark.parametrize(
    ("changes", "strategy"),
    [
        ({}, Strategy.BLUE_GREEN),
        ({f"{ROUTING}.match": [{"headers": {"x": {"exact": "1"}}}]}, Strategy.AB_TESTING),
        ({f"{ROUTING}.analysisTimes": 0, f"{STEPS}.stepWeight": 10}, Strategy.CANARY),
        ({f"{STEPS}.stepWeight": 10}, None),
        ({f"{ROUTING}.analysisTimes": ABSENT}, None),
    ],
)
def test_the_strategy_is_what_flagger_makes_of_it(changes: dict[str, object], strategy: Strategy | None) -> None:
    assert strategy_of(read(policy(**changes))) is strategy


def test_another_strategy_or_provider_drops_what_it_does_nothing_with() -> None:
    before = read(POLICY)
    assert without_effect(before, Strategy.BLUE_GREEN, "istio") == ()
    assert without_effect(before, Strategy.CANARY, "istio") == ("times",)
    assert without_effect(before, Strategy.BLUE_GREEN, "nginx") == ("gateways", "hosts")
    after = dropped(before, ("gateways", "hosts"))
    assert (after.gateways, after.hosts, after.times) == ((), (), 3)
