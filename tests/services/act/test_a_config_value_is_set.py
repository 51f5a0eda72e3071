"""Another value in a ConfigMap that Flagger tracks, from the dialog to the release that it begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CONFIGMAPS
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Patch, Plan, Unsaid
from rollouts.models import Command, ObjectCopy
from rollouts.services import act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Watched, carried_on, dies

SETTINGS = "checkout-settings"
CHOICE = {"setting": f"{SETTINGS}/pageSize", "value": "80"}


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Commanding]:
    """Its pods read a ConfigMap."""
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        data = {"pageSize": "50", "apiToken": "opensesame"}
        image = "registry.example.test/checkout:1.0.0"
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, image, configs={SETTINGS: data})
        fleet.advance(25)
        made = Reading(fleet)
        yield made
        made.close()


class Reading(Commanding):
    def enqueue(self, task: str, arguments: Any) -> None:
        if task == "rollouts.tasks.read_configs":
            act.fetch_configs(copy=arguments["copy"], connect=self.connect, feed=self.feed, now=self.now)
        else:
            super().enqueue(task, arguments)


def opened(world: Commanding) -> act.Preview:
    """As somebody opens the dialog, and it is read."""
    seen = world.preview(Act.CONFIG_VALUE)
    act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now())
    return world.preview(Act.CONFIG_VALUE)


def asked(world: Commanding) -> Command:
    world.look_at_pods()
    opened(world)
    return world.request(Act.CONFIG_VALUE, setting=CHOICE["setting"], value=CHOICE["value"])


def value(world: Commanding) -> str:
    return str(world.fleet.get(CLUSTER, CONFIGMAPS, NAMESPACE, SETTINGS)["data"]["pageSize"])


def set_by_others(world: Commanding, wanted: str) -> None:
    world.fleet.patch(CLUSTER, CONFIGMAPS, NAMESPACE, SETTINGS, {"data": {"pageSize": wanted}})


def test_the_dialog_is_given_the_values_and_no_secret(world: Commanding) -> None:
    seen = opened(world)
    assert isinstance(seen.judged, Unsaid)
    assert seen.wanted.configs is not None
    assert [(one.name, one.value) for one in seen.wanted.configs.offered] == [(CHOICE["setting"], "50")]
    assert "opensesame" not in ObjectCopy.objects.get().text
    assert not act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now())


def test_a_release_of_it_begins_and_runs_to_its_end(world: Commanding) -> None:
    command = world.carry_out(asked(world))
    assert (command.state, value(world)) == ("accepted", "80")
    kept = repr([command.patches, command.sentence])
    assert "pageSize" in kept
    assert "'50'" not in kept
    assert "'80'" not in kept
    assert "to 80" not in kept
    world.tick()
    assert world.status["phase"] == "Progressing"
    settled = world.settle(command)
    assert (settled.state, settled.sentence) == ("observed", "Release 1 has begun.")
    world.look_at_pods()
    assert world.rollout.releases.get().trigger == "config"
    world.tick(8)
    assert world.status["phase"] == "Succeeded"


@pytest.mark.parametrize("ticked", [False, True])
def test_killed_after_the_patch_it_is_not_set_twice(world: Commanding, ticked: bool) -> None:
    command = asked(world)
    dies(world, command)
    if ticked:
        world.tick()
    assert carried_on(world, command) == ("accepted", [])
    assert value(world) == "80"


def test_what_somebody_else_has_set_since_the_dialog_stays(world: Commanding) -> None:
    command = asked(world)
    set_by_others(world, "60")
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "to another value meanwhile" in refused.sentence
    assert value(world) == "60"


def test_a_release_that_runs_keeps_its_value(world: Commanding) -> None:
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    world.tick()
    world.look_at_pods()
    assert world.status["phase"] == "Progressing"
    assert "blue would get the new one unchecked" in str(world.preview(Act.CONFIG_VALUE).judged)


def test_what_somebody_else_sets_at_the_very_moment_stays(world: Commanding) -> None:
    def be_quicker(_: Patch) -> None:
        set_by_others(world, "60")

    refused = world.carry_out(asked(world), connect=Watched(world, before=be_quicker))
    assert (refused.state, value(world)) == ("refused", "60")


def test_a_configmap_that_is_gone_since_refuses_the_command(world: Commanding) -> None:
    command = asked(world)
    world.fleet.delete(CLUSTER, CONFIGMAPS, NAMESPACE, SETTINGS)
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert SETTINGS in refused.sentence


def test_a_configmap_that_flagger_does_not_track_is_not_offered(world: Commanding) -> None:
    off = {"metadata": {"annotations": {"flagger.app/config-tracking": "disabled"}}}
    world.fleet.patch(CLUSTER, CONFIGMAPS, NAMESPACE, SETTINGS, off)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    world.tick(10)
    assert "tracks no ConfigMap" in str(world.preview(Act.CONFIG_VALUE).judged)


def test_without_the_right_to_read_it_says_so_and_what_was_seen_is_kept(world: Commanding) -> None:
    copy = ObjectCopy.objects.create(
        rollout=world.rollout, kind="configmaps", name=NAME, requested_at=world.now()
    )  # fmt: skip
    act.fetch_configs(
        copy=copy.pk, connect=lambda _: world.connect(account="viewer"), feed=world.feed, now=world.now
    )  # fmt: skip
    said = str(world.preview(Act.CONFIG_VALUE).judged)
    assert "None of its ConfigMaps has a value that can be changed from here" in said
    assert "configmaps" in said
    seen = world.preview(Act.CONFIG_VALUE)
    assert not act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now())


def test_once_it_has_the_right_they_are_read_anew(world: Commanding) -> None:
    copy = ObjectCopy.objects.create(
        rollout=world.rollout, kind="configmaps", name=NAME, requested_at=world.now()
    )  # fmt: skip
    act.fetch_configs(
        copy=copy.pk, connect=lambda _: world.connect(account="viewer"), feed=world.feed, now=world.now
    )  # fmt: skip
    world.tick()
    assert isinstance(opened(world).judged, Unsaid)


def test_what_looks_like_a_secret_is_not_kept_anywhere(world: Commanding) -> None:
    opened(world)
    with pytest.raises(act.Unconfirmed, match="looks like a secret") as error:
        world.request(Act.CONFIG_VALUE, setting=CHOICE["setting"], value="--token=opensesame")
    assert error.value.field == "value"
    assert not Command.objects.exists()


def test_what_is_asked_for_is_shown_in_the_plan(world: Commanding) -> None:
    opened(world)
    plan = world.preview(Act.CONFIG_VALUE, **CHOICE).judged
    assert isinstance(plan, Plan)
    assert plan.patches[0].says == "another value of pageSize"
