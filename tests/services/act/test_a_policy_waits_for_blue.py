"""Promote now through a policy: Succeeded comes before blue has rolled, so each cluster is followed until blue is ready
there with the new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act
from rollouts.models import Command, Reversal, Rollout
from tests.services.act.governing import MEMBERS, NAME, NAMESPACE, Governing, governing

WEST, NORTH = MEMBERS


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        yield made


def promoting(world: Governing, *clusters: str) -> Command:
    """Accepted, while a release runs in these clusters."""
    for name in clusters:
        world.release(name, iterations=1)
    world.look_at_pods()
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    assert command.state == "accepted"
    return command


def rolled(world: Governing, command: Command, *clusters: str) -> list[str]:
    """What is said while blue is rolled there, looked at again and again."""
    said = []
    for _ in range(100):
        if world.settle(command).state != "accepted":
            break
        said.append(command.sentence)
        world.fleet.advance(0.2)
        world.look_at_pods(*clusters)
    return said


def phase(world: Governing, cluster: str) -> str:
    return str(world.canary(cluster)["status"]["phase"])


def test_it_is_observed_when_blue_is_ready_with_it_in_every_cluster(world: Governing) -> None:
    command = promoting(world, WEST, NORTH)
    world.advance(10)
    assert (phase(world, WEST), phase(world, NORTH)) == ("Succeeded", "Succeeded")
    assert world.settle(command).state == "accepted"
    assert command.sentence == "eu-north and eu-west: Promoted. Blue's pods are still to be looked at."
    seen = rolled(world, command)
    assert any("Blue is being rolled: " in one and "pods are ready" in one for one in seen)
    assert (command.state, command.sentence) == (
        "observed", "The release is promoted and blue ready with it in all 2 clusters.",
    )  # fmt: skip


def test_each_cluster_is_told_of_by_itself(world: Governing) -> None:
    command = promoting(world, WEST, NORTH)
    world.advance(10)
    world.look_at_pods(NORTH)
    seen = rolled(world, command, NORTH)
    assert all("eu-west: Promoted. Blue's pods are still to be looked at." in one for one in seen)
    assert any("eu-north: Promoted. Blue is being rolled: " in one for one in seen)
    assert "eu-north: The release is promoted, and blue is ready with it." in seen[-1]
    Command.objects.update(expires_at=world.now())
    assert world.settle(command).sentence.endswith("Not seen in eu-west.")


def test_its_pods_are_read_as_if_somebody_looked(world: Governing) -> None:
    command = promoting(world, WEST, NORTH)
    Rollout.objects.update(looked_at=None)
    world.advance(10)
    world.settle(command)
    assert set(Rollout.objects.filter(name=NAME).values_list("looked_at", flat=True)) == {world.now()}


def test_a_cluster_where_no_release_ran_is_not_waited_for(world: Governing) -> None:
    command = promoting(world, WEST)
    world.advance(10)
    world.fleet.advance(30)
    world.look_at_pods(WEST)
    assert world.settle(command).sentence == "The release is promoted and blue ready with it in eu-west."


def test_where_it_fails_first_is_told_when_the_others_have_come_about(world: Governing) -> None:
    command = promoting(world, WEST, NORTH)
    world.fleet.advance(1)
    world.fleet.patch(WEST, CANARIES, NAMESPACE, NAME, {"status": {"phase": "Failed"}}, status=True)
    world.advance(10)
    assert (phase(world, WEST), phase(world, NORTH)) == ("Failed", "Succeeded")
    assert world.settle(command).state == "accepted"
    assert "eu-west: The release failed before it was promoted." in command.sentence
    world.fleet.advance(30)
    world.look_at_pods()
    assert (world.settle(command).state, command.sentence) == (
        "failed", "eu-west: The release failed before it was promoted.",
    )  # fmt: skip


def test_it_has_time_until_blue_has_rolled(world: Governing) -> None:
    command = promoting(world, WEST)
    until = Reversal.objects.get().until
    assert command.expires_at >= until + timedelta(minutes=15)


def test_a_release_that_goes_on_after_the_time_is_over_has_not_been_promoted(world: Governing) -> None:
    command = promoting(world, WEST)
    world.look()
    Reversal.objects.update(
        state="done", sentence="The analysis is switched on again.", ended_at=world.now() - timedelta(minutes=1)
    )
    assert world.settle(command).state == "failed"
    assert command.sentence == "Not promoted in time in eu-west. The analysis is switched on again."


def test_what_was_asked_for_before_this_was_followed_waits_for_its_time(world: Governing) -> None:
    command = promoting(world, WEST)
    bound = {name: value for name, value in command.bound.items() if name != "analysed"}
    Command.objects.update(bound=bound)
    assert world.settle(command).state == "accepted"
    assert command.expires_at > world.now()
