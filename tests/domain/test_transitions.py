from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.changes import observe
from rollouts.domain.observations import Deleted, Kind, Observation, Phase, Unreadable
from rollouts.domain.rollout import LiveSide, Outcome
from tests.domain.history import NEW, OLD, History
from tests.support import seen


def test_first_sight_of_an_idle_rollout_is_remembered_without_a_transition() -> None:
    step = History().write()
    assert step.visible and step.transitions == () and step.releases == ()


@pytest.mark.parametrize(
    "observation",
    [
        seen.route(0),
        seen.workload("checkout", OLD),
        seen.event("Routing all traffic to canary", 0),
        seen.deleted(),
    ],
)
def test_what_is_about_an_unknown_rollout_is_not_remembered(observation: Observation) -> None:
    assert observe(None, observation, seen_at=seen.at(0)) is None


def test_every_change_is_its_own_transition() -> None:
    history = History().idle().run()
    rows = [(one.phase, one.iterations, one.weight, one.live_side) for one in history.transitions.values()]
    progressing, blue, green = Phase.PROGRESSING, LiveSide.BLUE, LiveSide.GREEN
    assert rows == [
        (progressing, 0, 0, blue),
        (progressing, 1, 0, blue),
        (progressing, 2, 0, blue),
        (progressing, 3, 0, blue),
        (progressing, 3, 100, green),
        (progressing, 4, 100, green),
        (Phase.PROMOTING, 4, 100, green),
        (Phase.PROMOTING, 4, 0, blue),
        (Phase.FINALISING, 0, 0, blue),
        (Phase.SUCCEEDED, 0, 0, blue),
    ]
    assert [one.number for one in history.transitions.values()] == list(range(1, 11))


def test_a_write_of_flaggers_carries_its_time_and_any_other_its_arrival() -> None:
    history = History().idle().start().iterate(1)
    assert history.last().at == history.canary.last_transition_at
    history.wait(3.5).write(by_hand=True, suspended=True)
    assert history.last().at == history.time()
    history.wait().route(100)
    assert history.last().at == history.time()


def test_two_writes_in_one_second_both_carry_flaggers_time() -> None:
    history = History().idle(Phase.FAILED)
    history.wait().write(last_applied="bbb")
    history.write(Phase.PROGRESSING)
    assert history.last().at == history.canary.last_transition_at


def test_the_ticks_of_a_failed_rollout_make_nothing() -> None:
    history = History().idle().start().fail()
    known = len(history.transitions)
    assert not history.wait().write().visible
    assert not history.wait().write(last_applied="ccc").visible
    assert not history.wait().write(last_applied="ddd", listed=True).visible
    assert len(history.transitions) == known


def test_an_older_write_is_ignored() -> None:
    history = History().idle().start().iterate(2)
    before = history.known()
    older = replace(history.canary, resource_version="1", iterations=0)
    assert history.see(older).state is before


def test_a_list_from_a_restored_backup_is_believed_though_its_versions_are_lower() -> None:
    history = History().idle().start().iterate(2)
    restored = replace(history.canary, resource_version="1", iterations=1)
    step = history.see(restored, listed=True)
    assert [(one.iterations, one.gap) for one in step.transitions] == [(1, True)]


def test_a_difference_in_a_list_is_a_gap_and_the_same_object_is_none() -> None:
    history = History().idle().start().iterate(1)
    assert history.see(history.canary, listed=True).transitions == ()
    step = history.wait().write(iterations=3, listed=True)
    assert [one.gap for one in step.transitions] == [True]


def test_first_sight_in_a_list_is_no_gap() -> None:
    history = History()
    history.canary = history.written(Phase.PROGRESSING, iterations=1)
    step = history.see(history.canary, listed=True)
    assert [one.gap for one in step.transitions] == [False]


def test_a_whole_release_that_nobody_saw_is_a_gap_and_no_invented_release() -> None:
    history = History().idle(Phase.SUCCEEDED)
    step = history.wait(600).write(
        listed=True, last_applied="ccc", last_promoted="ccc", phase_at=seen.at(500), promoted_at=seen.at(500)
    )
    assert [(one.gap, one.release) for one in step.transitions] == [(True, None)]
    assert step.releases == ()


def test_two_failures_with_one_unseen_run_between_them_are_a_gap() -> None:
    history = History().idle().start().fail()
    step = history.wait(300).write(listed=True, phase_at=seen.at(300), promoted_at=seen.at(300))
    assert [one.gap for one in step.transitions] == [True]


def test_deletion_ends_the_release_and_stops_listening() -> None:
    history = History().idle().start()
    step = history.wait().see(seen.deleted())
    assert step.visible and history.release().outcome is Outcome.DELETED
    after = history.known()
    assert history.see(seen.route(100, version=10**6)).state is after
    assert history.says("Routing all traffic to canary").state is after


def test_deletion_of_an_earlier_object_of_that_name_is_ignored() -> None:
    history = History().idle().start()
    before = history.known()
    assert history.see(seen.deleted(uid="earlier")).state is before


def test_an_object_created_again_goes_on_with_the_numbers() -> None:
    history = History().idle().run()
    history.wait().see(seen.deleted())
    history.wait().write(Phase.INITIALIZED, uid="second")
    history.start("ccc")
    assert sorted(history.releases) == [1, 2]
    assert sorted(history.transitions) == list(range(1, 12))
    assert history.known().deleted_at is None


def test_an_object_replaced_unseen_ends_its_release_with_a_gap() -> None:
    history = History().idle().start()
    step = history.wait().write(Phase.INITIALIZED, uid="second", listed=True)
    assert history.release(1).outcome is Outcome.DELETED
    assert [(one.gap, one.release) for one in step.transitions] == [(True, None)]


def test_an_object_that_was_only_believed_deleted_goes_on_with_its_release() -> None:
    history = History().idle().start()
    history.wait().see(Deleted(Kind.CANARY, "shop", "checkout", ""))
    history.wait().write(iterations=1, listed=True)
    assert history.release().outcome is Outcome.RUNNING
    assert sorted(history.releases) == [1]


def test_settings_are_shown_but_make_no_transition() -> None:
    step = History().idle().write(by_hand=True, threshold=5)
    assert step.visible and step.transitions == ()


def test_workloads_are_shown_when_their_pods_change() -> None:
    history = History().idle()
    assert history.green(NEW, wanted=2, ready=0).visible
    assert history.green(NEW, wanted=2, ready=1).visible
    assert not history.green(NEW, wanted=2, ready=1).visible


def test_an_unreadable_object_leaves_what_is_known() -> None:
    history = History().idle()
    before = history.known()
    assert history.see(Unreadable(Kind.CANARY, "shop", "checkout", "", "no spec")).state is before
