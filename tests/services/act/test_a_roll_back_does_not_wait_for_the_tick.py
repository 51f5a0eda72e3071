"""Roll back at once: Flagger is made to tick, and whatever happens the interval is put back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.seeds import Policy
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Patch
from rollouts.domain.errors import Forbidden, Unreachable
from rollouts.models import Command, Reversal
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.conftest import IMAGE
from tests.services.act.connections import Watched, carried_on, dies, kill

INTERVAL, TICK = 90, 10


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Commanding]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, IMAGE, Policy(interval=INTERVAL))
        fleet.advance(2 * INTERVAL + 5)
        made = Commanding(fleet)
        fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
        made.tick(3 * INTERVAL // TICK)
        assert made.status["phase"] == "Progressing"
        yield made
        made.close()


def interval(world: Commanding) -> str:
    return str(world.spec["analysis"]["interval"])


def at_once(world: Commanding, **more: Any) -> Command:
    return world.request(Act.ROLL_BACK, tick="at-once", **more)


def dies_once_the_interval_is_changed(world: Commanding) -> Command:
    def die(patch: Patch) -> None:
        if not patch.subresource:
            kill()

    command = at_once(world)
    dies(world, command, after=die)
    return command


def test_it_is_rolled_back_within_ten_seconds_and_the_interval_is_put_back(world: Commanding) -> None:
    command = world.carry_out(at_once(world))
    assert command.state == "accepted"
    assert [one["says"] for one in command.patches] == ["failedChecks to 2", "interval to 91s"]
    assert interval(world) == "91s"
    world.look()
    world.put_back()
    assert interval(world) == "91s"  # the tick is still to come
    world.tick()
    assert world.status["phase"] == "Failed"
    world.put_back()
    assert interval(world) == "90s"
    assert world.reversed == [("done", "The interval is put back as it was.")]
    assert world.settle(command).state == "observed"
    world.tick(2)
    assert world.status["phase"] == "Failed"


def test_without_it_the_tick_comes_at_its_time(world: Commanding) -> None:
    world.carry_out(world.request(Act.ROLL_BACK))
    world.tick()
    assert (world.status["phase"], interval(world)) == ("Progressing", "90s")
    assert not Reversal.objects.exists()


def test_a_worker_that_dies_after_the_interval_is_changed_leaves_nothing_behind(world: Commanding) -> None:
    dies_once_the_interval_is_changed(world)
    assert interval(world) == "91s"
    world.tick()  # nobody carries it out any more, and the release has ended
    world.put_back()
    assert interval(world) == "90s"


def test_whoever_follows_a_dead_worker_changes_the_interval_no_second_time(world: Commanding) -> None:
    command = dies_once_the_interval_is_changed(world)
    assert carried_on(world, command)[0] == "accepted"
    assert interval(world) == "91s"
    world.tick()
    world.put_back()
    assert interval(world) == "90s"


def test_it_is_put_back_after_a_minute_though_the_release_goes_on(world: Commanding) -> None:
    command = world.carry_out(at_once(world))
    world.look()
    Reversal.objects.update(until=world.now() - timedelta(seconds=1))
    world.put_back()
    assert interval(world) == "90s"
    assert command.state == "accepted"


def test_without_the_right_to_change_the_interval_it_is_rolled_back_all_the_same(world: Commanding) -> None:
    def refuse(patch: Patch) -> None:
        if not patch.subresource:
            raise Forbidden("The account may not patch canaries.")

    command = world.carry_out(at_once(world), connect=Watched(world, before=refuse))
    assert command.state == "accepted"
    assert "Not done: interval to 91s. The account may not patch canaries." in command.sentence
    assert (world.status["failedChecks"], interval(world)) == (2, "90s")
    world.tick(INTERVAL // TICK)
    world.put_back()
    assert world.settle(command).state == "observed"
    assert not Reversal.objects.filter(state="open").exists()


def test_without_an_answer_about_the_interval_it_is_rolled_back_all_the_same(world: Commanding) -> None:
    def no_answer(patch: Patch) -> None:
        if not patch.subresource:
            raise Unreachable("Nobody is there.")

    command = world.carry_out(at_once(world), connect=Watched(world, after=no_answer))
    assert command.state == "accepted"
    assert command.sentence.endswith("Perhaps not done: interval to 91s. Nobody is there.")
    assert (world.status["failedChecks"], interval(world)) == (2, "91s")
    world.tick()
    world.put_back()
    assert interval(world) == "90s"


def test_where_no_tick_is_forced_any_more_the_command_says_so(world: Commanding) -> None:
    command = at_once(world)
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"analysis": {"interval": "2m"}}})
    assert world.carry_out(command).state == "accepted"
    assert command.sentence.endswith("No tick is forced. Somebody has changed the interval meanwhile.")
    assert (world.status["failedChecks"], interval(world)) == (2, "2m")


def test_an_interval_that_somebody_changes_meanwhile_stays(world: Commanding) -> None:
    command = world.carry_out(at_once(world))
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"analysis": {"interval": "2m"}}})
    world.tick()
    world.put_back()
    assert interval(world) == "2m"
    assert world.reversed == [("left", "The interval is not what it was changed to.")]
    assert world.settle(command).state == "observed"


def test_while_it_is_still_to_be_put_back_it_is_not_changed_again(world: Commanding) -> None:
    world.carry_out(at_once(world))
    Command.objects.update(state="observed")
    world.look()
    second = world.carry_out(at_once(world))
    assert second.state == "accepted"
    assert "Another command has changed the interval" in second.sentence
    assert interval(world) == "91s"
    world.tick()
    world.put_back()
    assert interval(world) == "90s"
