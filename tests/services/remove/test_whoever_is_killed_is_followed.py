"""Workers are killed before and after each thing they write and each thing they note, and others go on."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.removing.looking import Look
from rollouts.models import Cluster
from rollouts.services.remove import going
from tests.services.act.connections import Killed
from tests.services.act.governing import MEMBERS
from tests.services.remove.world import Removing


class Dying:
    """Connections of workers of which one is killed before or after the nth write of all."""

    def __init__(self, world: Removing, at: int, *, after: bool) -> None:
        self.world, self.at, self.after = world, at, after
        self.writes = 0

    def __call__(self, cluster: Cluster) -> Any:
        return _Connection(self, self.world.reach(cluster))

    def write(self, send: Any) -> Any:
        self.writes += 1
        dies = self.writes == self.at
        if dies and not self.after:
            raise Killed
        answer = send()
        if dies:
            raise Killed
        return answer


class _Connection:
    def __init__(self, dying: Dying, connection: Any) -> None:
        self._dying, self._connection = dying, connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def patch(self, patch: Any) -> Any:
        return self._dying.write(lambda: self._connection.patch(patch))

    def delete(self, *where: Any, **guards: Any) -> Any:
        return self._dying.write(lambda: self._connection.delete(*where, **guards))


def writes_of_a_whole_removal(world: Removing, dying: Dying) -> int:
    removal, killed = world.ask(), 0
    for _ in range(60):
        try:
            world.go_on(dying)
        except Killed:
            killed += 1
            world.forget_claims()
        removal.refresh_from_db()
        if removal.state != "open":
            break
        world.fleet.advance(1)
        assert world.served()
    assert (removal.state, killed) == ("done", 1), removal.sentence
    assert world.canaries_left() == []
    return dying.writes


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 7))
def test_at_a_write(world: Removing, at: int, after: bool) -> None:
    """Two on the hub, and two in each of both clusters: what was done already is not done again."""
    assert writes_of_a_whole_removal(world, Dying(world, at, after=after)) == (6 if after else 7)


@pytest.mark.parametrize("at", range(1, 11))
def test_when_a_step_is_done_and_not_noted_yet(world: Removing, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Ten steps: two on the hub, and four in each of both clusters."""
    noted, notes = going._advance, 0

    def dying(*args: Any) -> bool:
        nonlocal notes
        notes += 1
        if notes == at:
            raise Killed
        return noted(*args)

    monkeypatch.setattr(going, "_advance", dying)
    assert writes_of_a_whole_removal(world, Dying(world, 0, after=False)) == 6


def test_a_worker_that_overslept_its_claim_notes_nothing(world: Removing) -> None:
    removal = world.ask()
    hub = world.part(removal, "hub")
    late = going._claimed(hub.pk, world.now())
    assert late is not None
    world.forget_claims()
    world.work(hub.pk)
    before = world.part(removal, "hub").done
    going._wait(late, Look(False, "from long ago"), world.now())
    assert not going._advance(late, Look(True, "from long ago"), world.now())
    assert world.part(removal, "hub").done == before


def test_two_workers_at_the_same_part_are_one(world: Removing) -> None:
    removal = world.ask()
    hub = world.part(removal, "hub")
    dying = Dying(world, 0, after=False)
    world.work(hub.pk, dying)
    world.work(hub.pk, dying)
    assert dying.writes == 1
    assert world.find(MEMBERS[0], CANARIES) is not None
