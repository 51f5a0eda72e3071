from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.observations import Phase
from rollouts.domain.rollout import Analysis, Outcome
from tests.domain.history import NEW, OLD, History
from tests.support import seen


@pytest.mark.parametrize("phase", [Phase.UNSET, Phase.INITIALIZING, Phase.INITIALIZED])
def test_initialization_begins_no_release(phase: Phase) -> None:
    history = History()
    history.write(Phase.UNSET)
    history.wait().write(phase)
    assert history.releases == {}


@pytest.mark.parametrize("idle", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_a_release_begins_when_an_idle_rollout_progresses(idle: Phase) -> None:
    history = History().idle(idle).start()
    release = history.release()
    assert (release.number, release.outcome, release.started_at) == (1, Outcome.RUNNING, seen.at(10))
    assert not release.start_approximate
    assert history.last().release == 1


def test_waiting_and_progressing_are_one_release() -> None:
    history = History().idle()
    history.wait().write(Phase.WAITING)
    history.wait(60).start("bbb")
    assert sorted(history.releases) == [1]
    assert history.release().started_at == seen.at(10)
    assert history.release().applied == "bbb"


def test_a_release_ends_with_success() -> None:
    release = History().idle().run().release()
    assert (release.outcome, release.analysis) == (Outcome.SUCCEEDED, Analysis.COMPLETED)
    assert release.ended_at == seen.at(80)


def test_a_rollback_is_an_analysis_that_came_to_its_verdict() -> None:
    history = History().idle().start().iterate(1)
    history.wait().write(failed_checks=1)
    history.wait().write(failed_checks=2)
    history.fail()
    assert (history.release().outcome, history.release().analysis) == (Outcome.FAILED, Analysis.COMPLETED)
    assert history.last().release == 1


def test_green_that_never_gets_ready_is_a_completed_failure() -> None:
    release = History().idle().start().wait(600).fail().release()
    assert (release.outcome, release.analysis) == (Outcome.FAILED, Analysis.COMPLETED)


def test_a_newer_version_supersedes_the_running_release() -> None:
    history = History().idle().start().iterate(2)
    step = history.wait().write(iterations=0, failed_checks=0, last_applied="ccc")
    assert [(one.number, one.outcome) for one in step.releases] == [(1, Outcome.SUPERSEDED), (2, Outcome.RUNNING)]
    assert history.release(1).analysis is Analysis.RUNNING
    assert history.release(1).ended_at == history.release(2).started_at
    assert [one.release for one in step.transitions] == [2]


def test_a_changed_configmap_supersedes_too() -> None:
    history = History(tracked_configs={"configmap/a": "1"}).idle().start().iterate(2)
    history.wait().write(iterations=0, tracked_configs={"configmap/a": "2"})
    assert [one.outcome for one in history.releases.values()] == [Outcome.SUPERSEDED, Outcome.RUNNING]


def test_skipping_the_analysis_is_told_from_completing_it() -> None:
    history = History().idle().start().iterate(1)
    history.write(by_hand=True, skip_analysis=True)
    history.wait().write(Phase.SUCCEEDED)
    assert (history.release().outcome, history.release().analysis) == (Outcome.SUCCEEDED, Analysis.SKIPPED)


def test_flagger_may_say_afterwards_that_the_analysis_was_skipped() -> None:
    history = History().idle().start().iterate(1)
    history.wait().write(Phase.SUCCEEDED)
    assert history.release().analysis is Analysis.COMPLETED
    history.says("Promotion completed! Canary analysis was skipped for checkout.shop")
    assert history.release().analysis is Analysis.SKIPPED


def test_failed_checks_raised_by_hand_abort_the_release() -> None:
    history = History().idle().start().iterate(1)
    history.wait(3).write(by_hand=True, failed_checks=2)
    assert history.last().why == "failedChecks set to 2, not by Flagger"
    history.fail()
    assert (history.release().outcome, history.release().analysis) == (Outcome.FAILED, Analysis.ABORTED)


def test_an_abort_that_came_too_late_leaves_a_completed_success() -> None:
    history = History().idle().start().iterate(4)
    history.wait().write(Phase.PROMOTING)
    history.write(by_hand=True, failed_checks=2)
    history.wait().write(Phase.FINALISING)
    history.wait().write(Phase.SUCCEEDED)
    assert (history.release().outcome, history.release().analysis) == (Outcome.SUCCEEDED, Analysis.COMPLETED)


def test_an_abort_that_was_taken_back_does_not_count() -> None:
    history = History().idle().start().iterate(1)
    history.write(by_hand=True, suspended=True)
    history.write(by_hand=True, failed_checks=2)
    history.write(by_hand=True, failed_checks=0)
    history.write(by_hand=True, suspended=False)
    history.fail()
    assert history.release().analysis is Analysis.COMPLETED


def test_a_failed_promotion_keeps_green_live() -> None:
    history = History().idle().start().iterate(3)
    history.wait().route(100)
    history.write(iterations=4)
    history.wait().write(Phase.PROMOTING)
    history.wait(600).write(Phase.FAILED, weight=100)
    assert (history.release().outcome, history.release().analysis) == (Outcome.FAILED, Analysis.COMPLETED)
    assert (history.last().live_side, history.last().weight) == ("green", 100)


def test_a_fast_forwarded_release_is_completed() -> None:
    history = History().idle().start().iterate(1)
    history.write(by_hand=True, iterations=3)
    assert history.last().why == "iterations set to 3, not by Flagger"
    history.wait().write(iterations=4)
    history.wait().write(Phase.PROMOTING)
    history.wait().write(Phase.FINALISING)
    history.wait().write(Phase.SUCCEEDED)
    assert history.release().analysis is Analysis.COMPLETED


def test_a_release_first_seen_in_mid_run_starts_with_the_condition() -> None:
    history = History()
    history.canary = seen.canary(50, Phase.PROGRESSING, iterations=2, version=50, promoted_at=seen.at(10))
    history.wait(50)
    step = history.see(history.canary)
    assert (history.release().started_at, history.release().start_approximate) == (seen.at(10), True)
    assert [(one.number, one.release, one.iterations) for one in step.transitions] == [(1, 1, 2)]


def test_put_back_to_the_promoted_version_a_run_goes_on() -> None:
    history = History().idle().start().iterate(1)
    history.green(OLD)
    history.iterate(4)
    history.wait().write(Phase.PROMOTING)
    history.wait().write(Phase.FINALISING)
    history.wait().write(Phase.SUCCEEDED)
    history.start("aaa")
    assert [one.outcome for one in history.releases.values()] == [Outcome.SUCCEEDED, Outcome.RUNNING]


def test_an_end_that_was_missed_is_told_by_the_phase() -> None:
    history = History().idle().start().iterate(1)
    history.wait(300).write(
        Phase.SUCCEEDED, listed=True, phase_at=seen.at(200), promoted_at=seen.at(200), last_promoted="bbb"
    )
    assert (history.release().outcome, history.release().ended_at) == (Outcome.SUCCEEDED, seen.at(200))
    assert history.last().gap and history.last().release == 1


def test_a_success_of_a_later_version_says_nothing_good_of_the_one_we_knew() -> None:
    history = History().idle().start().iterate(1)
    history.wait(300).write(Phase.SUCCEEDED, listed=True, last_applied="ccc", last_promoted="ccc")
    assert history.release().outcome is Outcome.SUPERSEDED


MISSED: dict[str, tuple[dict[str, Any], Outcome]] = {
    "restarted": ({"promoted_at": seen.at(10)}, Outcome.SUPERSEDED),
    "failed": ({"promoted_at": seen.at(300)}, Outcome.FAILED),
    "succeeded": ({"promoted_at": seen.at(300), "last_promoted": "bbb"}, Outcome.SUCCEEDED),
    "overtaken": ({"promoted_at": seen.at(300), "last_promoted": "ccc"}, Outcome.SUPERSEDED),
}


@pytest.mark.parametrize("what", MISSED)
def test_another_run_after_a_gap_ends_the_one_we_knew(what: str) -> None:
    facts, outcome = MISSED[what]
    history = History().idle().start().iterate(2)
    history.wait(300).write(listed=True, iterations=1, last_applied="ddd", **facts)
    assert history.release(1).outcome is outcome
    assert history.release(2).start_approximate
    assert (history.last().gap, history.last().release) == (True, 2)


def test_a_run_that_waits_again_after_a_gap_is_another_one() -> None:
    history = History().idle().start().iterate(2)
    history.wait(300).write(Phase.WAITING, listed=True, promoted_at=seen.at(310))
    assert [one.outcome for one in history.releases.values()] == [Outcome.FAILED, Outcome.RUNNING]


def test_a_phase_we_do_not_know_ends_nothing() -> None:
    history = History().idle().start()
    history.wait().write(Phase.UNKNOWN, phase_text="Pondering")
    assert history.release().outcome is Outcome.RUNNING
    assert history.last().phase is Phase.UNKNOWN


@pytest.mark.parametrize("phase", [Phase.TERMINATING, Phase.INITIALIZING])
def test_a_run_that_is_dismantled_ends_as_deleted(phase: Phase) -> None:
    history = History().idle().start()
    history.wait().write(phase)
    assert (history.release().outcome, history.release().analysis) == (Outcome.DELETED, Analysis.RUNNING)


def test_versions_seen_before_the_run_are_those_of_the_run() -> None:
    history = History().idle()
    history.green(NEW, wanted=0)
    history.start()
    assert (history.release().from_images, history.release().to_images) == ((OLD,), (NEW,))


def test_a_run_that_never_was_applied_cannot_have_been_promoted() -> None:
    history = History(last_applied="", last_promoted="aaa").idle()
    history.wait().write(Phase.WAITING)
    history.wait(300).write(Phase.PROGRESSING, listed=True, promoted_at=seen.at(300), last_promoted="")
    assert history.release(1).outcome is Outcome.SUPERSEDED
