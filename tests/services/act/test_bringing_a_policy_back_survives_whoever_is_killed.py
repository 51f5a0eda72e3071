"""An earlier version through a policy: whoever is killed, overtaken or cancelled on the way leaves no analysis off, and
nothing on a target that was not meant to be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts.models import Command, Reversal
from rollouts.services import act
from tests.services.act.bringing_back import ONE, TWO, BringingBack, bringing_back
from tests.services.act.connections import Killed, kill, long_after
from tests.services.act.governing import MEMBERS, merged

ON_AGAIN = ("done", "The analysis is switched on again.")


class OfOne:
    """Connections of one cluster that end the world before or after a patch; those of others are as they are."""

    def __init__(self, world: BringingBack, cluster: str, *, before: Any = None, after: Any = None) -> None:
        self._world, self._cluster, self._before, self._after = world, cluster, before, after

    def __call__(self, cluster: Any) -> Any:
        connection: Any = self._world.connect(cluster)
        if cluster.name != self._cluster:
            return connection
        patch = connection.patch

        def patched(one: Any) -> str:
            if self._before is not None:
                self._before(one)
            version: str = patch(one)
            if self._after is not None:
                self._after(one)
            return version

        connection.patch = patched
        return connection


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[BringingBack]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, bringing_back(fleet) as made:
        made.succeeded()
        yield made


def to_the_end(world: BringingBack, command: Command) -> Command:
    for _ in range(8):
        world.go_on()
    world.advance(1)
    command.refresh_from_db()
    return command


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_the_policy_is_patched(world: BringingBack, moment: str) -> None:
    command = world.ask()
    with pytest.raises(Killed):
        world.carry_out(command, connect=OfOne(world, "hub", **{moment: kill}))
    world.advance(1)
    world.asked.clear()
    world.pass_once()
    assert (world.images(), world.asked, Reversal.objects.get().state) == ([TWO] * 2, [], "open")
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    assert to_the_end(world, command).state == "observed"
    assert (world.images(), world.is_off(), world.reversed) == ([ONE] * 2, [False] * 3, [ON_AGAIN])


def test_what_nobody_heard_of_is_put_back_and_nothing_begins(world: BringingBack) -> None:
    command = world.ask()
    with pytest.raises(Killed):
        world.carry_out(command, connect=OfOne(world, "hub", after=kill))
    world.advance(1)
    Command.objects.filter(pk=command.pk).update(claimed_until=None, expires_at=world.now())
    world.asked.clear()
    assert to_the_end(world, command).state == "expired"
    assert (world.images(), world.is_off(), world.parts(command)) == ([TWO] * 2, [False] * 3, ["cancelled"] * 2)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_while_a_target_is_patched(world: BringingBack, moment: str) -> None:
    command = world.accepted()
    world.pass_once()
    with pytest.raises(Killed):
        world.work(connect=OfOne(world, MEMBERS[0], **{moment: kill}))
    world.work()
    world.put_back()
    assert world.is_off()[0], "the other release has not begun yet"
    for part in command.parts.all():
        long_after(world, part)
    assert to_the_end(world, command).state == "observed"
    assert (world.images(), world.is_off(), world.reversed) == ([ONE] * 2, [False] * 3, [ON_AGAIN])


def test_killed_between_the_turn_and_the_worker(world: BringingBack) -> None:
    command = world.accepted()

    def dies(*_: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        act.begin_parts(now=world.now(), feed=world.feed, enqueue=dies, record=world.record)
    assert sorted(world.parts(command)) == ["requested", "waiting"]
    assert to_the_end(world, command).state == "observed"
    assert (world.images(), world.is_off()) == ([ONE] * 2, [False] * 3)


def test_carried_out_twice_it_is_written_once(world: BringingBack) -> None:
    command = world.accepted()
    world.pass_once()
    asked = [*world.asked, *world.asked]
    world.asked[:] = asked
    world.work()
    world.carry_out(command)
    assert world.recorded.count("accepted") == 3
    act.begin_parts(now=world.now(), feed=world.feed, enqueue=world.enqueue, record=world.record)
    assert (world.asked, world.parts(command)) == ([], ["accepted"] * 2)


def test_killed_while_it_is_put_back(world: BringingBack) -> None:
    command = world.accepted()
    for _ in range(8):
        world.advance(10)
        world.look_at_pods()
        world.pass_once()
        world.work()
    with pytest.raises(Killed):
        world.put_back(connect=OfOne(world, "hub", after=kill))
    world.advance(31)
    world.put_back()
    assert (world.is_off(), world.reversed) == ([False] * 3, [ON_AGAIN])
    command.refresh_from_db()
    assert command.state == "observed"


def test_cancelled_while_it_is_requested_nothing_begins(world: BringingBack) -> None:
    command = world.ask()
    assert act.cancel(command=command, now=world.now(), record=world.record, feed=world.feed)
    world.carry_out(command)
    world.go_on()
    assert (world.images(), world.is_off(), world.parts(command)) == ([TWO] * 2, [False] * 3, ["cancelled"] * 2)
    assert not Reversal.objects.exists()


def test_stopped_what_waits_is_cancelled_and_what_has_begun_goes_on(world: BringingBack) -> None:
    command = world.carry_out(world.ask())
    world.fleet.advance(1)
    world.asked.clear()
    world.look(MEMBERS[0])
    world.pass_once()
    world.work()
    assert act.cancel(command=command, now=world.now(), record=world.record, feed=world.feed)
    assert not act.cancel(command=command, now=world.now(), record=world.record, feed=world.feed)
    assert world.parts(command) == ["accepted", "cancelled"]
    assert to_the_end(world, command).state == "failed"
    assert (world.images(), world.is_off()) == ([ONE, TWO], [False] * 3)
    assert command.sentence == f"{MEMBERS[1]}: Cancelled."


def test_whoever_lost_the_right_meanwhile_begins_nothing_and_it_is_put_back(world: BringingBack) -> None:
    command = world.accepted()
    world.allowed = False
    assert to_the_end(world, command).state == "failed"
    assert (world.images(), world.is_off(), world.parts(command)) == ([TWO] * 2, [False] * 3, ["refused"] * 2)


def test_switched_on_again_by_somebody_what_waits_does_not_begin(world: BringingBack) -> None:
    command = world.carry_out(world.ask())
    world.advance(1)
    world.asked.clear()
    world.put_back()
    on = {"skipTrafficAnalysis": False}
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], on))
    world.look_at_the_hub()
    world.put_back()
    world.pass_once()
    assert (world.asked, world.parts(command)) == ([], ["cancelled"] * 2)
