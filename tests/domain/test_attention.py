from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.domain.attention import SEVERITY, NeedReason, attention, stuck_after
from rollouts.domain.observations import Phase
from tests.domain.history import History
from tests.support import seen


def reason(history: History, seconds: float | None = None) -> NeedReason | None:
    need = attention(history.known(), None if seconds is None else seen.at(seconds))
    return None if need is None else need.reason


def test_a_quiet_or_running_rollout_needs_nobody() -> None:
    assert reason(History().idle()) is None
    assert reason(History().idle().start(), 15) is None


def test_a_failed_release_needs_a_person() -> None:
    assert reason(History().idle().start().fail()) is NeedReason.FAILED


def test_users_left_on_green_are_above_every_other_failure() -> None:
    history = History().idle().start().iterate(4)
    history.wait().route(100)
    history.wait().write(Phase.PROMOTING)
    history.wait().write(Phase.FAILED, weight=100)
    need = attention(history.known())
    assert need is not None and need.severity > max(SEVERITY.values())
    assert "users are still on green" in need.sentence


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.WAITING_PROMOTION])
def test_approval_is_asked_of_a_person(phase: Phase) -> None:
    history = History().idle()
    history.wait().write(phase)
    assert reason(history) is NeedReason.APPROVAL


def test_suspension_is_shown_even_when_nothing_runs() -> None:
    history = History().idle()
    history.write(by_hand=True, suspended=True)
    assert reason(history) is NeedReason.SUSPENDED


def test_an_analysis_that_is_switched_off_is_a_danger() -> None:
    history = History().idle()
    history.write(by_hand=True, skip_analysis=True)
    assert reason(history) is NeedReason.SKIPPING


@pytest.mark.parametrize(("interval", "patience"), [(10, 60), (20, 60), (90, 270)])
def test_a_release_is_stuck_after_three_intervals_but_not_within_a_minute(interval: int, patience: int) -> None:
    history = History(interval=interval).idle().start()
    assert stuck_after(history.known()) == seen.at(10 + patience)
    assert reason(history, 10 + patience) is None
    assert reason(history, 10 + patience + 1) is NeedReason.STUCK


def test_a_stuck_release_says_what_hinders_it() -> None:
    history = History().idle().start().wait()
    history.says("canary deployment checkout.shop not ready: 0 of 2", type="Warning")
    need = attention(history.known(), seen.at(400))
    assert need is not None and need.sentence == "canary deployment checkout.shop not ready: 0 of 2"


def test_what_rightly_stands_still_is_not_stuck() -> None:
    waiting = History().idle()
    waiting.wait().write(Phase.WAITING)
    suspended = History().idle().start()
    suspended.write(by_hand=True, suspended=True)
    assert [stuck_after(one.known()) for one in (waiting, suspended, History().idle())] == [None, None, None]


def test_ticks_without_a_change_do_not_put_off_being_stuck() -> None:
    history = History().idle().start()
    before = stuck_after(history.known())
    history.wait(50).write()
    assert stuck_after(history.known()) == before


def test_a_deleted_rollout_needs_nobody() -> None:
    history = History().idle().start().fail()
    history.see(seen.deleted())
    assert reason(history) is None and stuck_after(history.known()) is None


def test_an_absurd_interval_does_not_lead_beyond_the_end_of_time() -> None:
    history = History(interval=10**12).idle().start()
    after = stuck_after(history.known())
    assert after is not None and after - seen.START > timedelta(days=365)


def test_reasons_are_ordered_by_severity() -> None:
    assert sorted(NeedReason, key=lambda one: -SEVERITY[one]) == list(NeedReason)
