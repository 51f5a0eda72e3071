from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.observations import Hook, Phase, Strategy
from rollouts.domain.progress import Progress, progress
from tests.domain.history import History
from tests.support import seen

GATE = (Hook("gate", "confirm-promotion"),)


def now(history: History, later: float = 1) -> Progress:
    return progress(history.known(), seen.at(history.now + later))


def running(iterations: int, **spec: Any) -> History:
    return History(**spec).idle().start().iterate(iterations)


@pytest.mark.parametrize(("iterations", "done"), [(0, 0), (1, 1), (3, 3), (4, 3)])
def test_iterations_are_never_shown_beyond_their_number(iterations: int, done: int) -> None:
    found = now(running(iterations))
    assert (found.done, found.wanted, found.unit) == (done, 3, "iterations")


def test_the_iteration_beyond_means_users_on_green() -> None:
    assert not now(running(3)).users_on_green
    switched = running(4)
    switched.route(100)
    assert now(switched).users_on_green and now(switched).done == 3


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.FINALISING, Phase.SUCCEEDED])
def test_after_the_analysis_all_iterations_stay_done(phase: Phase) -> None:
    history = running(4)
    for step in (Phase.PROMOTING, Phase.FINALISING, Phase.SUCCEEDED):
        history.wait().write(step)
        if step is phase:
            break
    assert now(history).done == 3


def test_a_failed_release_has_nothing_done() -> None:
    assert now(running(2).fail()).done == 0


def test_the_next_tick_is_on_the_beat_of_flaggers_last_write() -> None:
    history = running(1)
    assert now(history, 1).next_at == seen.at(30)
    assert now(history, 10).next_at == seen.at(40)
    assert now(history, 34).next_at == seen.at(60)


def test_a_clock_behind_the_clusters_still_gives_the_next_tick() -> None:
    assert now(running(1), -300).next_at == seen.at(30)


def test_the_way_to_the_end_is_counted_in_ticks() -> None:
    detected = now(running(0))
    assert (detected.next_at, detected.users_move_at, detected.ends_at) == (seen.at(20), seen.at(50), seen.at(80))
    switched = now(running(4))
    assert (switched.users_move_at, switched.ends_at) == (None, seen.at(80))


def test_estimates_match_what_a_run_really_takes() -> None:
    history = History().idle().run()
    assert history.release().ended_at == now(running(0)).ends_at


@pytest.mark.parametrize(
    ("iterations", "words"),
    [
        (0, "starts the analysis, iteration 1 of 3"),
        (1, "checks green, iteration 2 of 3"),
        (3, "checks green, then moves all users to green"),
        (4, "checks green, then promotes it to blue"),
    ],
)
def test_the_next_tick_is_said_in_words(iterations: int, words: str) -> None:
    assert now(running(iterations)).next_words == words


def test_promoting_and_finalising_are_said_in_words() -> None:
    history = running(4)
    history.wait().write(Phase.PROMOTING)
    assert now(history).next_words == "moves users back to blue once blue is ready"
    history.wait().write(Phase.FINALISING)
    assert now(history).next_words == "scales green down and ends the release"
    history.wait().write(Phase.SUCCEEDED)
    assert (now(history).next_words, now(history).next_at) == ("", None)


def test_provider_kubernetes_moves_no_users() -> None:
    found = now(running(3, provider="kubernetes"))
    assert (found.next_words, found.users_move_at, found.users_on_green) == ("checks green", None, False)


def test_the_last_failure_that_is_allowed_is_announced() -> None:
    history = running(1)
    assert not now(history).one_more_rolls_back
    history.wait().write(failed_checks=1)
    assert now(history).one_more_rolls_back
    history.wait().write(failed_checks=2)
    found = now(history)
    assert (found.one_more_rolls_back, found.rolls_back_next) == (False, True)
    assert (found.next_words, found.ends_at) == ("rolls back to blue", None)


def test_failed_checks_of_a_success_announce_nothing() -> None:
    history = running(4)
    history.wait().write(Phase.PROMOTING)
    history.write(by_hand=True, failed_checks=2)
    assert not now(history).rolls_back_next and not now(history).one_more_rolls_back


def test_skipping_wins_over_the_threshold_and_ends_at_the_next_tick() -> None:
    history = running(1)
    history.write(by_hand=True, skip_analysis=True, failed_checks=5)
    found = now(history)
    assert not found.rolls_back_next
    assert found.next_words == "promotes green without further checks"
    assert found.ends_at == found.next_at and found.users_move_at is None


def test_a_suspended_release_has_no_times() -> None:
    history = running(1)
    history.write(by_hand=True, suspended=True)
    found = now(history)
    assert (found.next_at, found.ends_at, found.next_words) == (None, None, "nothing until it is resumed")


def test_where_a_person_is_asked_the_end_is_open() -> None:
    waiting = History().idle()
    waiting.wait().write(Phase.WAITING)
    found = now(waiting)
    assert (found.next_at, found.ends_at) == (seen.at(20), None)
    assert found.next_words == "asks again whether the release may start"

    gated = running(3, hooks=GATE)
    assert now(gated).next_words == "checks green, asks for approval, then moves all users to green"
    gated.wait().write(Phase.WAITING_PROMOTION, iterations=2)
    assert (now(gated).next_words, now(gated).ends_at) == ("checks green, iteration 3 of 3", None)
    gated.wait().write(iterations=4)
    assert now(gated).ends_at == seen.at(gated.now + 30)


def test_a_progressive_release_goes_by_weight() -> None:
    history = History(strategy=Strategy.CANARY, max_weight=50, step_weights=(10, 30, 50), iterations_wanted=0)
    history.idle().start()
    assert now(history).next_words == "checks green, then gives it 10% of the users"
    history.wait().write(weight=30)
    found = now(history)
    assert (found.unit, found.done, found.wanted) == ("weight", 30, 50)
    assert found.next_words == "checks green, then gives it 50% of the users"
    assert found.ends_at == seen.at(history.now + 10 * 4)
    history.wait().write(weight=50)
    assert now(history).next_words == "checks green, then promotes it"


def test_an_ab_test_is_promoted_after_its_last_iteration() -> None:
    found = now(running(3, strategy=Strategy.AB_TESTING))
    assert (found.done, found.next_words) == (3, "checks green, then promotes it to blue")
    assert found.ends_at == seen.at(40 + 30)


def test_an_obstacle_is_present_only_while_it_is_repeated() -> None:
    history = running(0).wait()
    history.says("canary deployment checkout.shop not ready: 0 of 2", type="Warning")
    assert now(history, 15).obstacle == "canary deployment checkout.shop not ready: 0 of 2"
    assert now(history, 26).obstacle == ""


def test_nothing_is_forecast_while_greens_pods_are_not_ready() -> None:
    history = running(0, progress_deadline=600)
    history.green("podinfo:2", wanted=4, ready=0)
    found = now(history)
    assert (found.users_move_at, found.ends_at, found.waits_for_pods) == (None, None, True)
    assert (found.next_at, found.next_words) == (seen.at(20), "looks again whether green is ready")
    history.wait(400).says("canary deployment checkout.shop not ready: 0 of 4", type="Warning")
    assert now(history).gives_up_at == seen.at(10 + 600)
    history.green("podinfo:2", wanted=4, ready=4)
    history.wait().write(iterations=1)
    assert (now(history).waits_for_pods, now(history).gives_up_at) == (False, None)
    assert now(history).users_move_at is not None


def test_nothing_is_forecast_of_a_release_that_has_not_moved_for_longer_than_it_should_take() -> None:
    history = running(1)
    assert now(history, 60).users_move_at is not None
    found = now(history, 61)
    assert (found.users_move_at, found.ends_at) == (None, None)
    assert found.next_at is not None


def test_an_obstacle_alone_takes_the_forecast_away() -> None:
    history = running(1).wait()
    history.says("Halt checkout.shop advancement waiting for traffic increase approval gate", type="Warning")
    assert (now(history).ends_at, now(history).gives_up_at) == (None, None)


def test_pods_that_are_not_ready_say_nothing_of_a_release_that_stands_for_another_reason() -> None:
    history = running(0)
    history.green("podinfo:2", wanted=4, ready=0)
    history.write(by_hand=True, suspended=True)
    assert not now(history).waits_for_pods
    assert now(history).next_words == "nothing until it is resumed"


def test_absurd_settings_break_nothing() -> None:
    history = running(0, interval=10**12, iterations_wanted=10**9)
    assert now(history).next_at is not None
