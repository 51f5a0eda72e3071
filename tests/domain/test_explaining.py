from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.explaining import KEPT_EVENTS, KEPT_IDENTITIES
from rollouts.domain.observations import Phase
from tests.domain.history import History
from tests.support import seen

HALT = "Halt checkout.shop advancement success rate 65.62% < 99%"


@pytest.mark.parametrize("event_first", [True, False], ids=["event first", "status first"])
@pytest.mark.parametrize(
    ("message", "phase", "changes", "why"),
    [
        (HALT, Phase.PROGRESSING, {"failed_checks": 1}, "success rate 65.62% < 99%"),
        ("Advance checkout.shop canary iteration 2/3", Phase.PROGRESSING, {"iterations": 2}, "iteration 2 of 3"),
        ("Rolling back checkout.shop manual webhook invoked", Phase.FAILED, {}, "rolled back: manual webhook invoked"),
        ("Canary failed! Scaling down checkout.shop", Phase.FAILED, {}, "failed, green scaled down"),
        (
            "New revision detected! Restarting analysis for checkout.shop",
            Phase.PROGRESSING,
            {"iterations": 0, "last_applied": "ccc"},
            "newer revision, analysis restarted",
        ),
        (
            "Halt checkout.shop advancement waiting for promotion approval gate",
            Phase.WAITING_PROMOTION,
            {"iterations": 2},
            "promotion waits for approval by gate",
        ),
        (
            "Copying checkout.shop template spec to checkout-primary.shop",
            Phase.PROMOTING,
            {},
            "green's version copied to blue",
        ),
        (
            "Promotion completed! Canary analysis was skipped for checkout.shop",
            Phase.SUCCEEDED,
            {},
            "promotion completed, analysis skipped",
        ),
    ],
)
def test_an_event_explains_its_transition_whichever_comes_first(
    event_first: bool, message: str, phase: Phase, changes: dict[str, Any], why: str
) -> None:
    history = History().idle().start().iterate(1).wait()
    if event_first:
        assert not history.says(message).visible
        history.write(phase, **changes)
    else:
        history.write(phase, **changes)
        step = history.says(message)
        assert step.visible and [one.why for one in step.explained] == [why]
    assert history.last().why == why
    assert history.known().loose_events == () and history.known().unexplained[-1:] != (history.last(),)


@pytest.mark.parametrize("event_first", [True, False], ids=["event first", "route first"])
def test_routing_events_explain_the_move_of_the_users(event_first: bool) -> None:
    history = History().idle().start().iterate(3).wait()
    if event_first:
        history.says("Routing all traffic to canary")
        history.route(100)
    else:
        history.route(100)
        history.says("Routing all traffic to canary")
    history.write(iterations=4)
    assert [one.why for one in list(history.transitions.values())[-2:]] == ["all traffic routed to green", None]


def test_a_detected_version_is_explained() -> None:
    history = History().idle().start()
    history.says("New revision detected! Scaling up checkout.shop")
    assert history.last().why == "new revision detected, green scaled up"


def test_the_reason_for_a_rollback_wins_over_its_consequence() -> None:
    history = History().idle().start().iterate(1).wait()
    history.says("Rolling back checkout.shop failed checks threshold reached 2")
    history.says("Canary failed! Scaling down checkout.shop")
    history.write(Phase.FAILED)
    assert history.last().why == "rolled back: failed checks threshold reached 2"


def test_pods_that_were_not_ready_for_too_long_explain_the_rollback() -> None:
    history = History().idle().start().wait(600)
    message = 'canary deployment checkout.shop not ready: deployment "checkout" exceeded its progress deadline'
    history.says(message, type="Warning")
    history.says("Canary failed! Scaling down checkout.shop", type="Warning")
    history.write(Phase.FAILED)
    assert history.last().why == message


def test_an_event_of_another_time_explains_nothing() -> None:
    history = History().idle().start().iterate(1)
    history.says("Advance checkout.shop canary iteration 1/3", last_at=seen.at(40))
    assert history.last().why is None


def test_an_event_explains_only_once() -> None:
    history = History().idle().start().iterate(1)
    history.wait().write(failed_checks=1)
    history.says(HALT)
    history.wait(3).write(failed_checks=2)
    assert [one.why for one in list(history.transitions.values())[-2:]] == ["success rate 65.62% < 99%", None]


def test_an_event_delivered_again_later_changes_nothing() -> None:
    history = History().idle().start().iterate(1).wait()
    event = seen.event(HALT, history.now)
    history.see(event)
    history.write(failed_checks=1)
    history.wait(2).write(failed_checks=2)
    before = history.known()
    assert history.see(event).state is before


def test_the_same_message_counted_up_explains_the_next_transition() -> None:
    history = History().idle().start().iterate(1).wait()
    event = seen.event(HALT, history.now, uid="one")
    history.see(event)
    history.write(failed_checks=1)
    history.wait().write(failed_checks=2)
    history.see(replace(event, count=2, last_at=seen.at(history.now)))
    assert history.last().why == "success rate 65.62% < 99%"


def test_old_events_are_not_kept() -> None:
    history = History().idle().start().iterate(1).wait(300)
    history.write(failed_checks=1)
    before = history.known()
    assert history.says(HALT, last_at=seen.at(30)).state is before


def test_the_clock_that_counts_is_the_clusters() -> None:
    """Ours is an hour off; both the write and the Event carry the cluster's time."""
    history = History().idle().start().iterate(1).wait()
    history.says(HALT)
    history.now += 3600
    history.write(failed_checks=1, last_transition_at=seen.at(history.now - 3600))
    assert history.last().why == "success rate 65.62% < 99%"


def test_events_about_an_earlier_object_of_that_name_are_ignored() -> None:
    history = History().idle().start()
    before = history.known()
    event = replace(seen.event("New revision detected! Scaling up checkout.shop", history.now), canary_uid="earlier")
    assert history.see(event).state is before


def test_a_suspended_rollout_says_so_at_every_tick_and_wakes_nobody() -> None:
    history = History().idle().start()
    history.write(by_hand=True, suspended=True)
    before = history.known()
    for _ in range(3):
        step = history.wait().says("skipping canary run as object is suspended")
        assert step.state is before and not step.visible


def test_an_obstacle_is_remembered_until_something_changes() -> None:
    history = History().idle().start().wait()
    message = "canary deployment checkout.shop not ready: 0 of 2"
    assert history.says(message, type="Warning").visible
    assert not history.wait().says(message, type="Warning").visible
    assert (history.known().obstacle, history.known().obstacle_at) == (message, seen.at(30))
    history.wait().write(iterations=1)
    assert history.known().obstacle == ""
    assert len(history.transitions) == 2


def test_an_unknown_warning_explains_a_failed_check_and_else_is_an_obstacle() -> None:
    history = History().idle().start().iterate(1).wait()
    history.says("something new went wrong", type="Warning")
    assert history.known().obstacle == "something new went wrong"
    history.write(failed_checks=1)
    assert (history.last().why, history.known().obstacle) == ("something new went wrong", "")


def test_a_progressive_step_is_explained_by_its_weight() -> None:
    history = History().idle().start().wait()
    history.says("Advance checkout.shop canary weight 20")
    history.route(20)
    assert history.last().why == "20% of the traffic to green"


def test_memory_stays_small_however_much_is_said() -> None:
    history = History().idle().start().iterate(1)
    for number in range(60):
        history.says(HALT, uid=f"event-{number}", type="Warning")
    assert len(history.known().loose_events) == KEPT_EVENTS
    assert len(history.known().heard) == KEPT_IDENTITIES
