"""Workers are killed before and after they have sent the Canary, and others go on."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.models import AuditEntry, ChangeState, NewCanary
from rollouts.services import new_canaries
from rollouts.services.new_canaries import going
from rollouts.services.new_canaries.ending import MAY_WAIT_FOR
from tests.services.act.connections import Killed
from tests.services.new_canaries.world import Making
from tests.services.whole.test_whoever_is_killed_is_followed import Dying


def carried_on(world: Making, row: NewCanary, dying: Dying) -> int:
    killed = 0
    for _ in range(120):
        try:
            world.go_on(row, dying)
        except Killed:
            killed += 1
            world.forget_claims()
        row.refresh_from_db()
        if row.ended_at is not None:
            break
        world.fleet.advance(2)
        world.look_at_basket()
    assert (row.state, killed) == (ChangeState.DONE, 1), row.sentence
    return dying.writes


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_at_the_write(world: Making, after: bool) -> None:
    """It is made once, and the trail says so once."""
    row = world.confirm(world.enter())
    dying: Any = Dying(world, after=after)  # type: ignore[arg-type]
    assert carried_on(world, row, dying) == 1
    outcomes = AuditEntry.objects.filter(kind="rollout").order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["requested", "accepted", "done"]


def test_a_task_that_waited_too_long_for_a_worker_makes_nothing(world: Making) -> None:
    """The queue may hand it out before the schedule looks for what is late."""
    row = world.confirm(world.enter())
    NewCanary.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
    new_canaries.go_on(canary=row.pk, connect=world.reach, may=lambda _: True, now=world.now)
    row.refresh_from_db()
    assert (row.state, "was not asked to do anything" in row.sentence) == (ChangeState.FAILED, True)
    assert world.find() is None


class TestWhatWasSent:
    """Whether the cluster has it is not known until it is read again."""

    def sent(self, world: Making, *, arrived: bool) -> NewCanary:
        row = world.confirm(world.enter())
        dying: Any = Dying(world, after=arrived)  # type: ignore[arg-type]
        with pytest.raises(Killed):
            world.go_on(row, dying)
        world.forget_claims()
        row.refresh_from_db()
        assert (row.sent_at is not None, row.written_at) == (True, None)
        return row

    def test_a_stop_does_not_say_that_the_cluster_was_not_asked(self, world: Making) -> None:
        row = self.sent(world, arrived=True)
        assert new_canaries.stop(row=row, now=world.now())
        row.refresh_from_db()
        assert "The cluster was asked already, and may have accepted it" in row.sentence

    def test_it_is_not_sent_again_when_it_is_late(self, world: Making) -> None:
        row = self.sent(world, arrived=False)
        NewCanary.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
        row = world.until_ended(row)
        assert (row.state, "did not take it in time" in row.sentence) == (ChangeState.FAILED, True)
        assert world.find() is None

    @pytest.mark.parametrize("arrived", [True, False])
    def test_who_may_not_any_more_sends_nothing_again_and_is_told_what_came_of_it(
        self, world: Making, arrived: bool
    ) -> None:
        row = self.sent(world, arrived=arrived)
        world.allowed = False
        row = world.go_on(row)
        assert (row.state, row.written_at is not None) == (ChangeState.OPEN, arrived)
        assert (world.find() is not None) == arrived


def test_that_it_was_accepted_is_noted_with_its_line_in_the_trail_or_not_at_all(
    world: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = world.confirm(world.enter())

    def die(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("rollouts.services.audit.record", die)
        with pytest.raises(Killed):
            world.go_on(row)
    row.refresh_from_db()
    assert row.written_at is None
    world.forget_claims()
    world.until_ended(row)
    assert AuditEntry.objects.filter(outcome="accepted").count() == 1


def test_a_worker_that_overslept_its_claim_makes_nothing(world: Making) -> None:
    row = world.confirm(world.enter())
    late = going._claimed(row.pk, world.now())
    assert late is not None
    world.forget_claims()
    assert going._claimed(row.pk, world.now()) is not None
    going._go(late, world.reach, world.now)
    assert world.find() is None


def test_two_workers_at_once_are_one(world: Making) -> None:
    row = world.confirm(world.enter())
    assert going._claimed(row.pk, world.now()) is not None
    assert going._claimed(row.pk, world.now()) is None
