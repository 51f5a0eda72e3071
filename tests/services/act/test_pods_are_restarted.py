"""Restart pods, from the click until all of blue's are new."""

from __future__ import annotations

from kurator_ui.demo.resources import DEPLOYMENTS
from rollouts.domain.commands import Act
from rollouts.domain.commands.patches import RESTARTED
from rollouts.models import Command
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import carried_on, dies, kill


def mark_of_blue(world: Commanding) -> str | None:
    template = world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, f"{NAME}-primary")["spec"]["template"]
    return (template["metadata"].get("annotations") or {}).get(RESTARTED)


def asked(world: Commanding) -> Command:
    world.look_at_pods()
    return world.request(Act.RESTART_PODS)


def test_they_are_replaced_and_followed_until_all_are_ready_and_no_release_begins(world: Commanding) -> None:
    command = world.carry_out(asked(world))
    assert (command.state, mark_of_blue(world)) == ("accepted", command.mark)
    assert world.settle(command).sentence == "Blue's pods are still to be looked at."
    world.rollout.refresh_from_db()
    assert world.rollout.looked_at == world.now()
    for _ in range(100):
        world.fleet.advance(0.5)
        world.look_at_pods()
        if world.settle(command).state != "accepted":
            break
    assert (command.state, command.sentence) == ("observed", "All of blue's pods are new.")
    world.tick(2)
    assert world.status["phase"] == "Initialized"
    assert RESTARTED not in world.marks


def test_killed_after_the_patch_they_are_not_restarted_twice(world: Commanding) -> None:
    command = asked(world)
    dies(world, command)
    assert carried_on(world, command) == ("accepted", [])


def test_killed_before_the_patch_the_next_worker_does_it(world: Commanding) -> None:
    command = asked(world)
    dies(world, command, before=kill)
    assert carried_on(world, command)[0] == "accepted"
    assert mark_of_blue(world) == command.mark


def test_a_release_that_began_since_the_click_is_left_alone(world: Commanding) -> None:
    command = asked(world)
    world.release(iterations=1)
    assert world.carry_out(command).state == "refused"
    assert mark_of_blue(world) is None
