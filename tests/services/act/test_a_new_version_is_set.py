"""Another image for the target, from the click to the release that it begins."""

from __future__ import annotations

import pytest

from kurator_ui.demo.resources import DEPLOYMENTS
from rollouts.domain.commands import Act, Patch
from rollouts.domain.observations import Kind
from rollouts.models import Command
from rollouts.services import act
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Watched, carried_on, dies, kill

NEW = "registry.example.test/checkout:3.0.0"
CONTAINER = "checkout"


def read_sides(world: Commanding) -> None:
    for name in (NAME, f"{NAME}-primary"):
        seen = world.connection.get(Kind.DEPLOYMENT, NAMESPACE, name)
        sighting = Sighting(Lease(world.cluster.pk, 1), Collection(Kind.DEPLOYMENT), (seen,), world.now(), cursor="1")
        record([sighting], now=world.now())


def image(world: Commanding) -> str:
    template = world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def asked(world: Commanding, wanted: str = NEW) -> Command:
    read_sides(world)
    return world.request(Act.NEW_VERSION, container=CONTAINER, image=wanted)


def test_a_release_of_it_begins_and_runs_to_its_end(world: Commanding) -> None:
    command = world.carry_out(asked(world))
    assert (command.state, image(world)) == ("accepted", NEW)
    world.tick()
    assert world.status["phase"] == "Progressing"
    settled = world.settle(command)
    assert (settled.state, settled.sentence) == ("observed", "Release 1 has begun.")
    world.tick(8)
    assert world.status["phase"] == "Succeeded"


def test_a_running_analysis_starts_again_with_it(world: Commanding) -> None:
    world.release(iterations=2)
    command = world.carry_out(asked(world))
    world.tick()
    assert world.status["iterations"] == 0
    assert world.settle(command).sentence == "Release 2 has begun."


@pytest.mark.parametrize("ticked", [False, True])
def test_killed_after_the_patch_it_is_not_set_twice(world: Commanding, ticked: bool) -> None:
    """Also when the release has begun already, which is then no other one."""
    command = asked(world)
    dies(world, command)
    if ticked:
        world.tick()
    assert carried_on(world, command) == ("accepted", [])
    assert image(world) == NEW


def test_killed_before_the_patch_it_is_set_by_the_next_worker(world: Commanding) -> None:
    command = asked(world)
    dies(world, command, before=kill)
    assert carried_on(world, command)[0] == "accepted"
    assert image(world) == NEW


def test_what_somebody_else_has_set_since_the_dialog_stays(world: Commanding) -> None:
    command = asked(world)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:9.9.9")
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "checkout:9.9.9 meanwhile" in refused.sentence
    assert image(world).endswith("9.9.9")


def test_what_somebody_else_sets_at_the_very_moment_stays(world: Commanding) -> None:
    def be_quicker(_: Patch) -> None:
        world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:9.9.9")

    refused = world.carry_out(asked(world), connect=Watched(world, before=be_quicker))
    assert (refused.state, image(world)) == ("refused", "registry.example.test/checkout:9.9.9")


def test_a_release_that_began_meanwhile_is_not_hit(world: Commanding) -> None:
    command = asked(world)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:9.9.9")
    world.tick()
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "next release has begun" in refused.sentence


def test_without_an_image_nothing_is_requested(world: Commanding) -> None:
    read_sides(world)
    with pytest.raises(act.Unconfirmed, match="no spaces") as error:
        world.request(Act.NEW_VERSION, container=CONTAINER, image="two words")
    assert error.value.field == "image"
    assert not Command.objects.exists()
