"""Workers are killed before and after each thing they write to the hub, and others go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo.resources import APPLICATIONS
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import ClusterError, Conflict
from rollouts.domain.observations import Kind
from rollouts.models import ApplicationChange, AuditEntry, ChangeState, Cluster
from rollouts.services import whole
from rollouts.services.one_offs.claims import claimed
from rollouts.services.one_offs.ending import MAY_WAIT_FOR
from rollouts.services.whole import going
from rollouts.services.whole.deleting import LONGEST_WAIT, MARKED
from rollouts.services.whole.ending import ASKED_BEFORE, UNFOLLOWED
from tests.services.act.connections import Killed
from tests.services.act.governing import HUB
from tests.services.whole.world import GIFTS, HOME, Whole


class Dying:
    """Connections of which one is killed before or after its write; `writes` counts what reached the hub."""

    def __init__(self, world: Whole, *, after: bool, dies: bool = True) -> None:
        self.world, self.after, self.dies = world, after, dies
        self.writes = 0

    def __call__(self, cluster: Cluster) -> Any:
        return _Connection(self, self.world.reach(cluster))

    def write(self, send: Any) -> Any:
        if self.dies and not self.after:
            self.dies = False
            raise Killed
        answer = send()
        self.writes += 1
        if self.dies:
            self.dies = False
            raise Killed
        return answer


class _Connection:
    def __init__(self, dying: Dying, connection: Any) -> None:
        self._dying, self._connection = dying, connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def delete(self, kind: Kind, namespace: str, name: str, *, dry_run: bool = False, **guards: Any) -> Any:
        if dry_run:
            return self._connection.delete(kind, namespace, name, dry_run=True, **guards)
        return self._dying.write(lambda: self._connection.delete(kind, namespace, name, **guards))

    def patch(self, patch: Any, *, dry_run: bool = False) -> Any:
        if dry_run:
            return self._connection.patch(patch, dry_run=True)
        return self._dying.write(lambda: self._connection.patch(patch))


def carried_on(world: Whole, change: ApplicationChange, dying: Dying) -> int:
    killed = 0
    for _ in range(80):
        try:
            world.go_on(dying)
        except Killed:
            killed += 1
            world.forget_claims()
        change.refresh_from_db()
        if change.ended_at is not None:
            break
        world.fleet.advance(2)
        world.look()
    assert (change.state, killed) == (ChangeState.DONE, 1), change.sentence
    return dying.writes


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_at_the_deletion(world: Whole, after: bool) -> None:
    """It is deleted once, and the trail says so once."""
    change = world.confirm(world.begin())
    assert carried_on(world, change, Dying(world, after=after)) == 1
    assert world.on_hub() is None
    outcomes = AuditEntry.objects.filter(kind="application").order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["requested", "accepted", "done"]


def test_a_task_that_waited_too_long_for_a_worker_deletes_nothing(world: Whole) -> None:
    """The queue may hand it out before the schedule looks for what is late."""
    change = world.confirm(world.begin())
    ApplicationChange.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
    whole.go_on(change=change.pk, connect=world.reach, may=lambda _: True, now=world.now)
    change.refresh_from_db()
    assert (change.state, "was not asked to do anything" in change.sentence) == (ChangeState.FAILED, True)
    world.advance(2)
    assert world.on_hub() is not None


class TestAHubThatNeverAnswersAgain:
    """It is not waited for for ever: until then nobody can ask for the same anew."""

    def silent(self, _: Cluster) -> Any:
        raise ClusterError("It does not answer.")

    def later(self, world: Whole, change: ApplicationChange, **times: timedelta) -> ApplicationChange:
        world.forget_claims()
        ApplicationChange.objects.update(**{name: world.now() - age for name, age in times.items()})
        world.go_on(self.silent)
        change.refresh_from_db()
        return change

    def test_after_it_was_asked(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        with pytest.raises(Killed):
            world.go_on(Dying(world, after=True))
        change = self.later(world, change, asked_at=MAY_WAIT_FOR - timedelta(seconds=9))
        assert (change.state, change.sentence) == (ChangeState.OPEN, "It does not answer.")
        change = self.later(world, change, asked_at=MAY_WAIT_FOR)
        assert (change.state, change.sentence) == (ChangeState.FAILED, f"{ASKED_BEFORE} It does not answer.")

    def test_after_it_has_accepted_the_deletion(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        world.go_on()
        change = self.later(world, change, written_at=LONGEST_WAIT - timedelta(seconds=9))
        assert (change.state, change.sentence) == (ChangeState.OPEN, "It does not answer.")
        change = self.later(world, change, written_at=LONGEST_WAIT)
        assert (change.state, change.sentence) == (ChangeState.FAILED, f"{MARKED} {UNFOLLOWED} It does not answer.")


class TestWhatWasSent:
    """Whether the hub has it is not known until it is read again."""

    def sent(self, world: Whole, *, arrived: bool) -> ApplicationChange:
        change = world.confirm(world.begin())
        with pytest.raises(Killed):
            world.go_on(Dying(world, after=arrived))
        world.forget_claims()
        change.refresh_from_db()
        assert (change.sent_at is not None, change.written_at) == (True, None)
        return change

    def test_a_stop_does_not_say_that_the_hub_was_not_asked(self, world: Whole) -> None:
        change = self.sent(world, arrived=True)
        assert whole.stop(change=change, now=world.now())
        change.refresh_from_db()
        assert "The hub was asked already, and may have accepted it" in change.sentence

    def test_it_is_followed_however_late_the_hub_answers(self, world: Whole) -> None:
        change = self.sent(world, arrived=True)
        ApplicationChange.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
        assert world.until_ended(change).state == ChangeState.DONE

    def test_it_is_not_sent_again_when_it_is_late(self, world: Whole) -> None:
        change = self.sent(world, arrived=False)
        ApplicationChange.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
        world.until_ended(change)
        assert (change.state, "did not take it in time" in change.sentence) == (ChangeState.FAILED, True)
        assert world.on_hub() is not None

    @pytest.mark.parametrize("arrived", [True, False])
    def test_who_may_not_any_more_sends_nothing_again_and_is_told_what_came_of_it(
        self, world: Whole, arrived: bool
    ) -> None:
        change = self.sent(world, arrived=arrived)
        world.allowed = False
        world.go_on()
        change.refresh_from_db()
        assert (change.state, change.written_at is not None) == (ChangeState.OPEN, arrived)

    def test_what_the_hub_has_refused_was_not_accepted(self, world: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever deletes it then, it was not by this person."""
        change = world.confirm(world.begin())

        def refuse(*_: Any, dry_run: bool = False, **__: Any) -> None:
            if not dry_run:
                raise Conflict("It has changed.")

        with monkeypatch.context() as patched:
            patched.setattr(KubernetesConnection, "delete", refuse)
            world.go_on()
        change.refresh_from_db()
        assert (change.state, change.sent_at) == (ChangeState.OPEN, None)


def test_that_it_was_accepted_is_noted_with_its_line_in_the_trail_or_not_at_all(
    world: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = world.confirm(world.begin())

    def die(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("rollouts.services.audit.record", die)
        with pytest.raises(Killed):
            world.go_on()
    change.refresh_from_db()
    assert change.written_at is None
    world.forget_claims()
    world.until_ended(change)
    assert AuditEntry.objects.filter(outcome="accepted").count() == 1


def test_a_worker_that_overslept_its_claim_deletes_nothing(world: Whole) -> None:
    change = world.confirm(world.begin())
    late = claimed(ApplicationChange, change.pk, world.now())
    assert late is not None
    world.forget_claims()
    assert claimed(ApplicationChange, change.pk, world.now()) is not None
    going._go(late, world.reach, world.now)
    world.fleet.advance(2)
    assert world.on_hub() is not None


def test_two_workers_at_once_are_one(world: Whole) -> None:
    change = world.confirm(world.begin())
    assert claimed(ApplicationChange, change.pk, world.now()) is not None
    assert claimed(ApplicationChange, change.pk, world.now()) is None


def test_a_worker_that_overslept_its_claim_ends_nothing(world: Whole) -> None:
    change = world.confirm(world.begin())
    late = claimed(ApplicationChange, change.pk, world.now())
    assert late is not None
    world.forget_claims()
    assert claimed(ApplicationChange, change.pk, world.now()) is not None
    world.fleet.delete(HUB, APPLICATIONS, HOME, GIFTS)
    going._go(late, world.reach, world.now)
    change.refresh_from_db()
    assert (change.state, change.ended_at) == (ChangeState.OPEN, None)
