from __future__ import annotations

from typing import Any

from rollouts.domain.observations import Phase, Strategy
from rollouts.domain.steps import StepLine, Tick, step_line
from tests.domain.history import History
from tests.support import seen


def line(history: History, later: float = 1) -> StepLine:
    return step_line(history.known(), seen.at(history.now + later), list(history.transitions.values()))


def short(ticks: StepLine) -> list[tuple[str, str, float | None]]:
    """Label, state and seconds since the start."""
    return [(one.label, one.state.value, _seconds(one)) for one in ticks.ticks]


def _seconds(tick: Tick) -> float | None:
    return None if tick.at is None else (tick.at - seen.START).total_seconds()


def running(iterations: int, **spec: Any) -> History:
    return History(**spec).idle().start().iterate(iterations)


def test_without_a_release_there_is_no_line() -> None:
    assert line(History().idle()).ticks == ()


def test_a_running_release_has_its_past_and_its_expected_future() -> None:
    assert short(line(running(2))) == [
        ("detected", "done", 10),
        ("iteration 1", "done", 20),
        ("iteration 2", "now", 30),
        ("iteration 3", "next", 40),
        ("users on green", "later", 50),
        ("promoting", "later", 60),
        ("users on blue", "later", 70),
        ("succeeded", "later", 80),
    ]
    assert [one.number for one in line(running(2)).ticks] == list(range(8))
    assert [one.estimated for one in line(running(2)).ticks] == [False] * 3 + [True] * 5


def test_a_successful_release_is_all_done_at_the_times_it_took() -> None:
    assert short(line(History().idle().run())) == [
        ("detected", "done", 10),
        ("iteration 1", "done", 20),
        ("iteration 2", "done", 30),
        ("iteration 3", "done", 40),
        ("users on green", "done", 50),
        ("promoting", "done", 60),
        ("users on blue", "done", 70),
        ("succeeded", "done", 80),
    ]


def test_the_line_of_a_failed_release_stops() -> None:
    history = running(1)
    history.wait().write(failed_checks=2)
    history.fail()
    assert short(line(history)) == [("detected", "done", 10), ("iteration 1", "done", 20), ("failed", "failed", 40)]


def test_a_rollback_that_is_due_is_the_next_and_last_step() -> None:
    history = running(1)
    history.wait().write(failed_checks=2)
    assert short(line(history))[-2:] == [("iteration 1", "now", 20), ("rolled back", "next", 40)]


def test_a_failed_check_delays_everything_by_one_tick() -> None:
    history = running(2)
    history.wait().write(failed_checks=1)
    assert short(line(history))[2:5] == [
        ("iteration 2", "now", 30),
        ("iteration 3", "next", 50),
        ("users on green", "later", 60),
    ]


def test_fast_forward_skips_ticks() -> None:
    history = running(1)
    history.write(by_hand=True, iterations=3)
    assert [state for _, state, _ in short(line(history))][:5] == ["done", "done", "skipped", "now", "next"]


def test_a_skipped_analysis_ends_at_the_next_tick() -> None:
    history = running(1)
    history.write(by_hand=True, skip_analysis=True)
    assert short(line(history))[1:] == [
        ("iteration 1", "now", 20),
        ("iteration 2", "skipped", None),
        ("iteration 3", "skipped", None),
        ("users on green", "skipped", None),
        ("promoting", "skipped", None),
        ("users on blue", "skipped", None),
        ("succeeded", "next", 30),
    ]
    history.wait().write(Phase.SUCCEEDED)
    states = [state for _, state, _ in short(line(history))]
    assert states == ["done", "done", *["skipped"] * 5, "done"]


def test_a_suspended_release_expects_nothing() -> None:
    history = running(1)
    history.write(by_hand=True, suspended=True)
    assert [at for _, _, at in short(line(history))][2:] == [None] * 6


def test_a_release_whose_pods_are_not_ready_expects_nothing() -> None:
    history = running(0)
    history.green("podinfo:2", wanted=4, ready=0)
    assert [at for _, _, at in short(line(history))] == [10, *[None] * 7]


def test_a_release_that_has_stood_still_for_too_long_expects_nothing() -> None:
    assert [at for _, _, at in short(line(running(1), later=61))][2:] == [None] * 6


def test_a_release_that_waits_has_not_begun() -> None:
    history = History().idle()
    history.wait().write(Phase.WAITING)
    assert short(line(history))[:2] == [("waiting for approval", "now", 10), ("detected", "next", None)]


def test_a_closed_gate_leaves_open_when_users_move() -> None:
    history = running(3)
    history.wait().write(Phase.WAITING_PROMOTION, iterations=2)
    assert short(line(history))[2:] == [
        ("iteration 2", "now", 30),
        ("iteration 3", "next", 60),
        ("approval, then users on green", "later", None),
        ("promoting", "later", None),
        ("users on blue", "later", None),
        ("succeeded", "later", None),
    ]


def test_provider_kubernetes_never_moves_users() -> None:
    labels = [label for label, _, _ in short(line(running(1, provider="kubernetes")))]
    assert labels[4:] == ["last check", "promoting", "finalising", "succeeded"]


def test_a_progressive_release_goes_by_weights() -> None:
    history = History(strategy=Strategy.CANARY, max_weight=50, step_weights=(10, 50), iterations_wanted=0)
    history.write()
    history.start()
    history.wait().write(weight=10)
    assert short(line(history)) == [
        ("detected", "done", 10),
        ("10% to green", "now", 20),
        ("50% to green", "next", 30),
        ("promoting", "later", 40),
        ("users on blue", "later", 50),
        ("succeeded", "later", 60),
    ]


def test_an_ab_test_has_no_switch() -> None:
    labels = [label for label, _, _ in short(line(running(1, strategy=Strategy.AB_TESTING)))]
    assert labels == [
        "detected",
        "iteration 1",
        "iteration 2",
        "iteration 3",
        "promoting",
        "users on blue",
        "succeeded",
    ]


def test_a_superseded_release_is_followed_by_its_successors_line() -> None:
    history = running(2)
    history.wait().write(iterations=0, last_applied="ccc")
    assert short(line(history))[:2] == [("detected", "now", 40), ("iteration 1", "next", 50)]


def test_without_transitions_the_past_has_no_times() -> None:
    found = step_line(running(2).known(), seen.at(31))
    assert [(one.state.value, one.at) for one in found.ticks[:3]] == [("done", None), ("done", None), ("now", None)]


def test_very_many_iterations_are_one_step_on_the_line() -> None:
    history = running(2, iterations_wanted=500)
    assert [(label, state) for label, state, _ in short(line(history))] == [
        ("detected", "done"),
        ("500 iterations", "now"),
        ("users on green", "later"),
        ("promoting", "later"),
        ("users on blue", "later"),
        ("succeeded", "later"),
    ]


def test_a_deleted_release_stops_where_it_was() -> None:
    history = running(1)
    history.wait().see(seen.deleted())
    assert short(line(history))[-1][:2] == ("deleted", "failed")
