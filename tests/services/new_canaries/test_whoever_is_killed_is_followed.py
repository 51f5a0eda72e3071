"""Workers are killed before and after they have sent the Canary, and others go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo.resources import SERVICES
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import ClusterError, NotFound, Refused
from rollouts.domain.new_canaries.making import creation
from rollouts.domain.observations import Kind
from rollouts.models import AuditEntry, ChangeState, Cluster, NewCanary
from rollouts.services import new_canaries
from rollouts.services.new_canaries import going
from rollouts.services.new_canaries.ending import ASKED_BEFORE, UNFOLLOWED
from rollouts.services.new_canaries.entered import manifest_of
from rollouts.services.one_offs.claims import claimed
from rollouts.services.one_offs.ending import MAY_WAIT_FOR
from tests.services.act.commanding import CLUSTER, NAMESPACE
from tests.services.act.connections import Killed
from tests.services.new_canaries.world import BASKET, Making
from tests.services.whole.test_whoever_is_killed_is_followed import Dying


class Landing:
    """A connection on which what was sent before arrives right after it was looked for."""

    def __init__(self, row: NewCanary, connection: KubernetesConnection) -> None:
        self._connection, self._made = connection, creation(manifest_of(row))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def raw(self, kind: Kind, namespace: str, name: str) -> Any:
        try:
            return self._connection.raw(kind, namespace, name)
        except NotFound:
            self._connection.patch(self._made)
            raise


def silent(_: Cluster) -> Any:
    raise ClusterError("It does not answer.")


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

    def test_it_is_known_as_ones_own_when_it_lands_between_two_looks(self, world: Making) -> None:
        row = self.sent(world, arrived=False)
        row = world.until_ended(row, connect=lambda cluster: Landing(row, world.reach(cluster)))
        assert row.state == ChangeState.DONE, row.sentence
        outcomes = AuditEntry.objects.filter(kind="rollout").order_by("number").values_list("outcome", flat=True)
        assert list(outcomes) == ["requested", "accepted", "done"]

    def test_a_refusal_of_the_trial_does_not_hide_that_it_may_have_been_accepted(
        self, world: Making, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = self.sent(world, arrived=False)

        def refuse(*_: Any, **__: Any) -> None:
            raise Refused("The webhook is down.")

        with monkeypatch.context() as patched:
            patched.setattr(KubernetesConnection, "patch", refuse)
            row = world.go_on(row)
        assert (row.state, row.sent_at is not None) == (ChangeState.FAILED, True)
        assert row.sentence == f"{ASKED_BEFORE} The webhook is down."

    def test_a_cluster_that_never_answers_again_is_not_waited_for_for_ever(self, world: Making) -> None:
        row = self.sent(world, arrived=True)
        NewCanary.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
        row = world.go_on(row, silent)
        assert (row.state, row.sentence) == (ChangeState.FAILED, f"{ASKED_BEFORE} It does not answer.")

    def test_nor_is_one_that_has_accepted_it(self, world: Making) -> None:
        row = world.go_on(world.confirm(world.enter()))
        row = self.a_while_after(world, row, timedelta(minutes=2, seconds=29))
        assert (row.state, row.sentence) == (ChangeState.OPEN, "It does not answer.")
        row = self.a_while_after(world, row, timedelta(minutes=2, seconds=31))
        assert (row.state, row.sentence) == (ChangeState.FAILED, f"{UNFOLLOWED} It does not answer.")

    def a_while_after(self, world: Making, row: NewCanary, age: timedelta) -> NewCanary:
        world.forget_claims()
        NewCanary.objects.update(written_at=world.now() - age)
        return world.go_on(row, silent)

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


def test_a_worker_that_overslept_its_claim_ends_nothing(world: Making) -> None:
    row = world.confirm(world.enter())
    late = claimed(NewCanary, row.pk, world.now())
    assert late is not None
    world.forget_claims()
    world.go_on(row)
    world.fleet.delete(CLUSTER, SERVICES, NAMESPACE, BASKET)
    going._go(late, lambda cluster: Overtaken(world.reach(cluster)), world.now)  # type: ignore[arg-type,return-value]
    row.refresh_from_db()
    assert (row.state, row.written_at is not None) == (ChangeState.OPEN, True)


class Overtaken:
    """A connection on which nothing was found yet when it was looked for."""

    def __init__(self, connection: KubernetesConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def raw(self, kind: Kind, namespace: str, name: str) -> Any:
        if kind is Kind.CANARY:
            raise NotFound("There is none.")
        return self._connection.raw(kind, namespace, name)

    def list(self, *_: Any) -> Any:
        return iter(())


def test_a_worker_that_overslept_its_claim_makes_nothing(world: Making) -> None:
    row = world.confirm(world.enter())
    late = claimed(NewCanary, row.pk, world.now())
    assert late is not None
    world.forget_claims()
    assert claimed(NewCanary, row.pk, world.now()) is not None
    going._go(late, world.reach, world.now)
    assert world.find() is None


def test_two_workers_at_once_are_one(world: Making) -> None:
    row = world.confirm(world.enter())
    assert claimed(NewCanary, row.pk, world.now()) is not None
    assert claimed(NewCanary, row.pk, world.now()) is None
