"""What the page of a rollout says of each phase, for every strategy: one table of all that can stand there."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.live import live_of
from rollouts.domain.observations import Phase, Strategy
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import LiveSide
from rollouts.web.phase_meaning import OWN, Meaning, meaning
from tests.support import seen
from tests.support.builders import make_cluster, make_rollout

ALL = [
    pytest.param(phase, strategy, side, id=f"{phase or 'unset'}-{strategy}-{side}")
    for phase, strategy, side in product(Phase, Strategy, LiveSide)
]


def said(phase: Phase, live: LiveSide = LiveSide.BLUE, **changes: Any) -> Meaning:
    return meaning(seen.canary(0, phase, **changes), live)


@pytest.mark.parametrize(("phase", "strategy", "side"), ALL)
def test_every_phase_says_in_whole_sentences_what_goes_on_where_users_are_and_what_is_next(
    phase: Phase, strategy: Strategy, side: LiveSide
) -> None:
    found = said(phase, side, strategy=strategy, weight=20)
    for sentence in (found.now, found.users, found.after):
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert len(sentence) < 260
        assert "{" not in sentence
    assert found.name


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.UNSET, "Flagger has not looked at this Canary yet."),
        (Phase.INITIALIZING, "copies checkout to checkout-primary"),
        (Phase.INITIALIZED, "no release has run yet"),
        (Phase.WAITING, "a hook has not confirmed yet that its release may begin"),
        (Phase.PROGRESSING, "without users, and is checked every 10 s"),
        (Phase.WAITING_PROMOTION, "a hook has not confirmed the promotion"),
        (Phase.PROMOTING, "copied to blue, whose pods are replaced"),
        (Phase.FINALISING, "about to be scaled down"),
        (Phase.SUCCEEDED, "ended well"),
        (Phase.FAILED, "failed too many checks"),
        (Phase.TERMINATING, "serves by itself again"),
        (Phase.TERMINATED, "was dismantled"),
        (Phase.UNKNOWN, "a phase that is not known here"),
    ],
)
def test_each_phase_has_words_of_its_own(phase: Phase, words: str) -> None:
    assert words in said(phase).now


@pytest.mark.parametrize(("phase", "strategy"), list(product(Phase, Strategy)))
def test_the_users_are_where_the_page_shows_them(phase: Phase, strategy: Strategy) -> None:
    canary = seen.canary(0, phase, strategy=strategy, weight=20 if phase in RUNNING else 0)
    if phase in (Phase.UNSET, Phase.INITIALIZING):
        return
    side = live_of(canary, None).side
    users = meaning(canary, side).users
    assert {
        LiveSide.BLUE: "All of them are on blue",
        LiveSide.GREEN: "All of them are on green",
        LiveSide.SPLIT: "are on green, with the new version. All others are on blue.",
        LiveSide.UNKNOWN: "Neither Flagger nor a routing object",
    }[side] in users


@pytest.mark.parametrize(
    ("strategy", "side", "now", "after"),
    [
        (Strategy.BLUE_GREEN, LiveSide.BLUE, "without users", "After 3 iterations all users move to green"),
        (Strategy.BLUE_GREEN, LiveSide.GREEN, "once more, with them", "users are led back to blue"),
        (Strategy.CANARY, LiveSide.SPLIT, "more users step by step", "After the last step, 60 %"),
        (Strategy.AB_TESTING, LiveSide.SPLIT, "with those users who match", "After 3 iterations blue gets"),
    ],
)
def test_an_analysis_is_that_of_its_strategy(strategy: Strategy, side: LiveSide, now: str, after: str) -> None:
    found = said(Phase.PROGRESSING, side, strategy=strategy, max_weight=60, step_weights=(20, 40, 60), weight=20)
    assert now in found.now
    assert after in found.after


def test_with_provider_kubernetes_nobody_is_promised_to_move() -> None:
    for phase in (Phase.PROGRESSING, Phase.WAITING_PROMOTION, Phase.PROMOTING):
        found = said(phase, provider="kubernetes")
        assert "move to green" not in found.after
        assert "go back" not in found.after


def test_what_is_suspended_promises_nothing_by_itself() -> None:
    found = said(Phase.PROGRESSING, suspended=True)
    assert "leaves everything as it is" in found.now
    assert "resumed" in found.after


def test_without_checks_it_is_said_that_none_are_made() -> None:
    found = said(Phase.PROGRESSING, skip_analysis=True)
    assert "switched off" in found.now
    assert "failed check" not in found.after


def test_users_who_were_left_on_green_by_a_promotion_that_failed_are_said_to_be_there() -> None:
    found = said(Phase.FAILED, LiveSide.GREEN)
    assert "Green was kept, with the users" in found.now
    assert "Blue has to be repaired" in found.after
    assert found.own == ""  # Flagger says "scaled to zero" of it all the same
    assert "scaled to zero" in said(Phase.FAILED).own


def test_one_failed_check_is_one() -> None:
    assert "After 1 failed check it is Failed" in said(Phase.PROGRESSING, threshold=1).after


def test_flaggers_own_words_stand_beside() -> None:
    assert said(Phase.INITIALIZED, target_kind="DaemonSet").own == "DaemonSet initialization completed."
    assert said(Phase.TERMINATING).own == ""
    assert set(OWN) < set(Phase)


def test_before_the_first_release_it_is_said_how_one_begins() -> None:
    found = said(Phase.INITIALIZED)
    assert found.is_first
    assert "or from here New version." in found.after
    tracked = {"configmap/settings": "0123456789abcdef"}
    assert "from here New version and Config value." in said(Phase.INITIALIZED, tracked_configs=tracked).after
    assert "from here New version and Config value." in said(Phase.SUCCEEDED, tracked_configs=tracked).after
    assert not said(Phase.SUCCEEDED).is_first


def test_a_phase_that_is_not_known_is_named_as_it_is_spelled() -> None:
    canary = replace(seen.canary(0, Phase.UNKNOWN), phase_text="Pondering")
    found = meaning(canary, LiveSide.UNKNOWN)
    assert found.name == "Pondering"
    assert found.after == "What comes next is not known here."


@pytest.mark.django_db
def test_the_page_of_a_rollout_explains_its_phase(visitor: Client) -> None:
    rollout = make_rollout(make_cluster(), phase=Phase.PROGRESSING, iterations=1)
    html = visitor.get(f"/rollouts/{rollout.pk}/").content.decode()
    assert "What Progressing means" in html
    assert "Green runs the new version beside blue, without users" in html
