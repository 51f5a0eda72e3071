"""What was turned on is put back whatever happens: to workers, to the cluster, to rights."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act, Patch
from rollouts.domain.errors import Forbidden
from rollouts.models import Command, Reversal
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Killed, Watched, kill

ON_AGAIN = ("done", "The analysis is switched on again.")


def promoted(world: Commanding) -> Command:
    """Accepted, and Flagger has promoted it."""
    world.release(iterations=1)
    world.look_at_pods()
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    world.tick()
    assert (command.state, world.status["phase"]) == ("accepted", "Succeeded")
    return command


def is_off(world: Commanding) -> bool:
    return bool(world.spec.get("skipAnalysis"))


def test_whatever_others_write_meanwhile_is_read_again(world: Commanding) -> None:
    promoted(world)

    def meanwhile(_: Patch) -> None:
        if len(watched.patches) < 3:
            label = {"metadata": {"labels": {"number": str(len(watched.patches))}}}
            world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, label)

    watched = Watched(world, before=meanwhile)
    world.put_back(connect=watched)
    assert (len(watched.patches), is_off(world), world.reversed) == (3, False, [ON_AGAIN])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_that_is_killed_while_it_puts_back_is_followed_too(world: Commanding, moment: str) -> None:
    promoted(world)
    with pytest.raises(Killed):
        world.put_back(connect=Watched(world, **{moment: kill}))
    assert is_off(world) == (moment == "before")
    world.put_back()
    assert world.asked_to_put_back == [], "the other may still be at it"
    world.fleet.advance(31)
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_one_that_is_killed_before_it_is_in_the_audit_trail_is_followed_too(world: Commanding) -> None:
    promoted(world)
    with pytest.raises(Killed):
        world.put_back(record=kill)
    assert Reversal.objects.get().state == "open"
    world.fleet.advance(31)
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_who_loses_every_race_tries_again_later(world: Commanding) -> None:
    promoted(world)

    def meanwhile(_: Patch) -> None:
        label = {"metadata": {"labels": {"number": str(len(watched.patches))}}}
        world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, label)

    watched = Watched(world, before=meanwhile)
    world.put_back(connect=watched)
    assert (is_off(world), Reversal.objects.get().state) == (True, "open")
    assert Reversal.objects.get().sentence
    world.fleet.advance(10)
    world.put_back()
    assert not is_off(world)


def test_a_cluster_that_is_away_for_an_hour_is_tried_until_it_is_back(world: Commanding) -> None:
    promoted(world)
    world.fleet.switch(CLUSTER, "down")
    tried = 0
    for _ in range(60):
        world.put_back()
        tried += len(world.asked_to_put_back)
        Reversal.objects.update(next_at=Reversal.objects.get().next_at - timedelta(minutes=1))
    reversal = Reversal.objects.get()
    assert (reversal.state, reversal.attempts, tried) == ("open", 60, 60)
    assert reversal.sentence
    world.fleet.switch(CLUSTER, "up")
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_attempts_are_never_more_than_a_minute_apart(world: Commanding) -> None:
    promoted(world)
    world.fleet.switch(CLUSTER, "down")
    Reversal.objects.update(attempts=5000)
    world.put_back()
    assert Reversal.objects.get().next_at <= world.now() + timedelta(minutes=1)


def test_an_account_that_has_lost_the_right_is_told_and_tried_on(world: Commanding) -> None:
    promoted(world)

    def forbid(_: Patch) -> None:
        raise Forbidden("this account may not patch canaries")

    world.put_back(connect=Watched(world, before=forbid))
    assert Reversal.objects.get().sentence == "this account may not patch canaries"
    world.fleet.advance(60)
    world.put_back()
    assert not is_off(world)


def test_a_person_who_lost_the_right_leaves_nothing_switched_off(world: Commanding) -> None:
    promoted(world)
    world.allowed = False
    world.put_back()
    assert not is_off(world)
