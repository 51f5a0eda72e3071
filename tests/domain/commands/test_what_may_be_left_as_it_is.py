"""The fields beside a plan: what may be chosen, and need not be."""

from __future__ import annotations

import pytest

from rollouts.domain.commands import Act, adjustable, adjusted, tellable, told_words
from rollouts.domain.observations import Canary
from tests.domain.commands.commanded import running

PAUSED = {"for": "60", "then": "resume"}


def slow() -> Canary:
    return running(interval=90, interval_text="90s").canary


def values(act: Act, choice: dict[str, str], *canaries: Canary) -> dict[str, str]:
    return {field.name: field.value for field in adjustable(act, choice, canaries)}


def test_what_happens_after_a_pause_is_asked_only_of_one_that_ends() -> None:
    assert values(Act.PAUSE, {}) == {"for": ""}
    assert values(Act.PAUSE, {"for": "60"}) == {"for": "60", "then": "remind"}
    assert values(Act.PAUSE, PAUSED) == PAUSED


def test_a_time_that_is_not_among_those_offered_can_be_chosen_all_the_same() -> None:
    (field, _) = adjustable(Act.PAUSE, {"for": "45"})
    assert [one.words for one in field.options if one.value == "45"] == ["for 45 minutes"]
    assert len({one.value for one in field.options}) == len(field.options)


def test_a_tick_is_offered_where_it_can_be_forced_in_one_of_them() -> None:
    fast = running(interval=10, interval_text="10s").canary
    assert values(Act.ROLL_BACK, {}) == values(Act.ROLL_BACK, {}, fast) == {}
    assert values(Act.ROLL_BACK, {}, fast, slow()) == {"tick": ""}


@pytest.mark.parametrize("act", [act for act in Act if act not in (Act.PAUSE, Act.ROLL_BACK)])
def test_no_other_act_has_any(act: Act) -> None:
    assert values(act, PAUSED, slow()) == adjusted(act, PAUSED) == {}
    assert not {"for", "then", "tick"}.intersection(tellable(act))


def test_what_was_sent_is_taken_by_the_names_of_the_act() -> None:
    assert adjusted(Act.PAUSE, {**PAUSED, "tick": "at-once", "image": "x"}) == PAUSED
    assert adjusted(Act.PAUSE, {"for": "", "then": "resume"}) == {}
    assert adjusted(Act.ROLL_BACK, {"tick": ""}) == {}


@pytest.mark.parametrize(
    ("act", "choice", "said"),
    [
        (Act.PAUSE, PAUSED, "for 1 hour, then resumed by itself"),
        (Act.PAUSE, {"for": "90"}, "for 90 minutes, then somebody is reminded"),
        (Act.PAUSE, {}, ""),
        (Act.ROLL_BACK, {"tick": "at-once", "forced": "91s"}, "with the next tick forced"),
        (Act.ROLL_BACK, {}, ""),
        (Act.NEW_VERSION, {"container": "podinfo", "image": "podinfo:7"}, "podinfo:7"),
    ],
)
def test_it_is_said_in_words(act: Act, choice: dict[str, str], said: str) -> None:
    assert told_words(act, choice) == said
