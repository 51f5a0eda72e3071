"""Each act, from the click to what it brought about in a cluster whose controllers behave as Flagger does."""

from __future__ import annotations

from rollouts.domain.commands import Act
from rollouts.domain.pod_templates import RETRIED
from rollouts.models import Command
from tests.services.act.commanding import Commanding


def stages(command: Command) -> str:
    return f"{command.state}: {command.sentence}"


def test_a_release_is_rolled_back_before_the_users_have_moved(world: Commanding) -> None:
    world.release(iterations=2)
    command = world.carry_out(world.request(Act.ROLL_BACK, reason="wrong colour"))
    assert command.state == "accepted"
    assert world.status["failedChecks"] == 2
    world.look()
    assert world.settle(command).state == "accepted"
    world.tick()
    assert world.status["phase"] == "Failed"
    assert stages(world.settle(command)) == "observed: The release is rolled back."
    assert world.recorded == ["requested", "accepted", "observed"]
    assert [one["says"] for one in command.patches] == ["failedChecks to 2"]


def test_users_on_green_are_on_blue_as_soon_as_it_is_accepted(world: Commanding) -> None:
    world.release(users_on_green=True)
    command = world.carry_out(world.request(Act.ROLL_BACK))
    assert world.weights == (100, 0)
    assert {one["kind"] for one in command.patches} == {"canaries", "virtualservices"}
    world.tick()
    assert (world.status["phase"], world.weights) == ("Failed", (100, 0))
    assert world.settle(command).state == "observed"


def test_remaining_iterations_are_skipped(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.carry_out(world.request(Act.SKIP_ITERATIONS))
    assert world.status["iterations"] == 3
    world.tick()
    assert world.weights == (0, 100)
    assert world.settle(command).state == "observed"
    world.tick(3)
    assert world.status["phase"] == "Succeeded"


def test_a_release_is_paused_and_resumed(world: Commanding) -> None:
    world.release(iterations=1)
    paused = world.carry_out(world.request(Act.PAUSE))
    assert world.spec["suspend"] is True
    world.tick(2)
    assert world.status["iterations"] == 1
    assert stages(world.settle(paused)) == "observed: It is suspended."
    resumed = world.carry_out(world.request(Act.RESUME))
    world.tick(2)
    assert world.status["iterations"] > 1
    assert stages(world.settle(resumed)) == "observed: It is resumed."


def test_what_has_failed_is_tried_again(world: Commanding) -> None:
    world.release(iterations=2)
    world.carry_out(world.request(Act.ROLL_BACK))
    world.tick()
    command = world.carry_out(world.request(Act.RETRY))
    assert world.marks[RETRIED] == command.mark
    world.tick()
    assert world.status["phase"] == "Progressing"
    assert stages(world.settle(command)) == "observed: Release 2 has begun."
