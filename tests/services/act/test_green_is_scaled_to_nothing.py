"""A release whose pods never become ready is ended: rolled back, and green scaled to 0 (proven 13, 14)."""

from __future__ import annotations

from kurator_ui.demo.resources import DEPLOYMENTS
from rollouts.domain.commands import Act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding

BROKEN = "registry.example.test/checkout:2.0.0-nopull"


def replicas(world: Commanding) -> int:
    return int(world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["replicas"])


def stuck(world: Commanding) -> None:
    world.fleet.release(CLUSTER, NAMESPACE, NAME, BROKEN)
    world.tick(3)
    assert world.status["phase"] == "Progressing"
    world.look_at_pods()


def test_it_ends_what_a_roll_back_alone_does_not(world: Commanding) -> None:
    stuck(world)
    rolled_back = world.carry_out(world.request(Act.ROLL_BACK))
    world.tick(3)
    assert world.status["phase"] == "Progressing"
    assert replicas(world) > 0
    command = world.carry_out(world.request(Act.GREEN_TO_ZERO))
    assert (command.state, replicas(world)) == ("accepted", 0)
    assert [one["says"] for one in command.patches] == ["replicas to 0"]
    assert world.settle(command).state == "accepted"
    world.tick()
    assert world.status["phase"] == "Failed"
    assert world.settle(command).sentence == "The release is rolled back."
    rolled_back.refresh_from_db()
    assert rolled_back.state == "observed"


def test_the_next_version_runs_as_usual(world: Commanding) -> None:
    stuck(world)
    world.carry_out(world.request(Act.ROLL_BACK))
    world.look()
    world.carry_out(world.request(Act.GREEN_TO_ZERO))
    world.tick()
    world.release("3.0.0", iterations=2)
    assert replicas(world) > 0


def test_a_version_that_came_meanwhile_is_not_scaled_down(world: Commanding) -> None:
    stuck(world)
    world.carry_out(world.request(Act.ROLL_BACK))
    world.look()
    command = world.request(Act.GREEN_TO_ZERO)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:3.0.0")
    world.tick()
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "next release has begun" in refused.sentence
    assert replicas(world) > 0
