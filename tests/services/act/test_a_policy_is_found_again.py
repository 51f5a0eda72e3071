"""What was turned on in a policy is seen and turned off there, whatever the policy is called by then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act
from rollouts.models import Reversal
from tests.services.act.governing import MEMBERS, NAME, NAMESPACE, Governing, governing

ON_AGAIN = ("done", "The analysis is switched on again.")


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        yield made


def promoted(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    world.put_back()
    assert skips(world) == [False, True]


def skips(world: Governing) -> list[bool]:
    return [bool(one.get("skipTrafficAnalysis")) for one in world.policies]


def elsewhere(policies: list[Obj], place: int = 0) -> None:
    """Another policy of the same workload, for clusters that are none of these two."""
    other = seeds.sync_policy("demo", NAME, NAMESPACE, seeds.Policy(), selector={"zone": "moon"})
    policies.insert(place, other)


def test_one_whose_place_in_the_list_has_changed(world: Governing) -> None:
    promoted(world)
    world.edit(list.reverse)
    world.advance(11)
    world.put_back()
    assert (skips(world), world.reversed) == ([False, False], [ON_AGAIN])


def test_one_whose_name_another_of_the_same_workload_has_now(world: Governing) -> None:
    promoted(world)
    world.edit(lambda policies: elsewhere(policies, 1))
    world.look()
    world.put_back()
    assert (skips(world), world.reversed) == ([False, False, True], []), "the release is still running"
    world.advance(11)
    world.put_back()
    assert (skips(world), world.reversed) == ([False, False, False], [ON_AGAIN])


def test_one_that_was_given_a_name(world: Governing) -> None:
    promoted(world)
    world.edit(lambda policies: policies[1].update(name="other"))
    world.advance(11)
    world.put_back()
    assert (skips(world), world.reversed) == ([False, False], [ON_AGAIN])


def test_one_that_has_moved_since_it_was_last_observed(world: Governing) -> None:
    promoted(world)
    world.edit(elsewhere)
    Reversal.objects.update(until=world.now())
    world.put_back()
    assert (skips(world), world.reversed) == ([False, False, False], [ON_AGAIN])


def test_one_that_is_asked_anew_under_its_new_name(world: Governing) -> None:
    world.carry_out(world.request(Act.PAUSE, world.preview(Act.PAUSE, **{"for": "30", "then": "resume"})))
    world.advance(1)
    world.put_back()
    world.edit(lambda policies: policies[1].update(name="other"))
    world.advance(11)
    world.carry_out(world.request(Act.RESUME, world.preview(Act.RESUME, "other"), policy="other"))
    assert world.reversed == [("left", "olga has decided anew.")]


def test_only_when_there_is_none_of_its_workload_it_was_deleted(world: Governing) -> None:
    promoted(world)
    world.edit(lambda policies: policies.pop(1))
    world.look()
    world.put_back()
    assert world.reversed == [("left", "It was deleted, so there is nothing to put back.")]


def test_what_was_asked_of_it_is_seen_though_its_place_in_the_list_has_changed(world: Governing) -> None:
    command = world.carry_out(world.request(Act.PAUSE))
    world.edit(list.reverse)
    world.advance(1)
    assert world.suspended == (True, True)
    assert world.settle(command).state == "observed"
    assert command.sentence == "It is suspended in all 2 clusters."
