"""An earlier version on the target again: read by a task, chosen, and put there as its ReplicaSet keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.resources import DEPLOYMENTS, REPLICASETS
from rollouts.domain.commands import Act, Form, Patch, Unsaid
from rollouts.domain.errors import Forbidden
from rollouts.domain.observations import Kind
from rollouts.models import AuditEntry, Cluster, Command, ObjectCopy
from rollouts.services import act
from rollouts.services.act.asking import kept_versions
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Watched, carried_on, dies

ONE, TWO, THREE = (f"registry.example.test/checkout:{n}.0.0" for n in (1, 2, 3))
PASSWORD = {"name": "DB_PASSWORD", "value": "hunter2"}


def target(world: Commanding) -> dict[str, Any]:
    template: dict[str, Any] = world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["template"]
    return template


def image(world: Commanding, name: str = NAME) -> str:
    template = world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, name)["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def succeeded(world: Commanding, version: str = "2.0.0") -> None:
    world.release(version, iterations=1)
    world.tick(1)
    world.look_at_pods()
    for _ in range(12):
        world.tick()
        if world.status["phase"] == "Succeeded":
            break
    world.fleet.advance(5)
    world.look_at_pods()


def read(world: Commanding, connect: Any = None) -> None:
    """What the dialog and a worker do before there is anything to choose from."""
    seen = world.preview(Act.EARLIER_VERSION)
    if act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now()):
        for copy in world.asked_to_read:
            act.fetch_versions(copy=copy, connect=connect or world.connect, feed=world.feed, now=world.now)


def key_of(world: Commanding, wanted: str) -> str:
    world.rollout.refresh_from_db()
    versions = kept_versions(world.rollout)
    assert versions is not None
    return next(one.key for one in versions.found if one.images == (wanted,))


def asked(world: Commanding, wanted: str = ONE) -> Command:
    read(world)
    return world.request(Act.EARLIER_VERSION, version=key_of(world, wanted))


def test_a_release_of_it_begins_and_runs_until_blue_has_it(world: Commanding) -> None:
    before = target(world)
    succeeded(world)
    assert (image(world), image(world, f"{NAME}-primary")) == (TWO, TWO)
    command = world.carry_out(asked(world))
    assert (command.state, target(world)) == ("accepted", before)
    world.tick()
    assert world.status["phase"] == "Progressing"
    settled = world.settle(command)
    assert (settled.state, settled.sentence) == ("observed", "Release 2 has begun.")
    world.tick(8)
    assert (world.status["phase"], image(world, f"{NAME}-primary")) == ("Succeeded", ONE)


def test_what_became_of_each_is_known_and_the_present_one_is_not_offered(world: Commanding) -> None:
    succeeded(world)
    succeeded(world, "3.0.0")
    read(world)
    versions = kept_versions(world.rollout)
    assert versions is not None
    assert [(one.images, one.promoted, bool(one.template)) for one in versions.found] == [
        ((TWO,), True, True),
        ((ONE,), True, True),
    ]


def test_before_they_are_read_nothing_can_be_chosen_and_a_task_is_asked_for_once(world: Commanding) -> None:
    succeeded(world)
    seen = world.preview(Act.EARLIER_VERSION)
    assert isinstance(seen.judged, Unsaid)
    for _ in range(3):
        assert act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now())
    assert len(world.asked_to_read) == 1
    world.fleet.advance(6)
    read(world)
    assert len(world.asked_to_read) == 2  # the first may have been lost
    assert not act.being_read(rollout=world.rollout, seen=seen, enqueue=world.enqueue, now=world.now())


def test_what_may_be_secret_is_put_back_and_kept_nowhere(world: Commanding) -> None:
    container = {**target(world)["spec"]["containers"][0], "env": [PASSWORD]}
    world.connection.patch(_env_patch(container))
    world.look_at_pods()
    world.tick(8)
    assert target(world)["spec"]["containers"][0]["env"] == [PASSWORD]
    with_password = image(world)
    succeeded(world)
    world.fleet.advance(1)
    plain = {**target(world)["spec"]["containers"][0]}
    plain.pop("env", None)
    world.connection.patch(_env_patch(plain))
    world.tick(8)
    world.look_at_pods()
    read(world)
    wanted = world.request(Act.EARLIER_VERSION, version=key_of(world, with_password))
    command = world.carry_out(wanted, record=act.to_trail)
    assert command.state == "accepted", command.sentence
    assert "hunter2" not in str(command.patches)
    (sent,) = command.patches
    assert [one["value"] for one in sent["body"] if one["path"] == "/spec/template"] == [
        {"version": command.choice["version"], "digest": command.choice["stands_for"], "images": [with_password]}
    ]
    kept = AuditEntry.objects.exclude(patch="").order_by("-pk")[0].patch
    assert ('"digest"' in kept, "containers" in kept) == (True, False)
    assert "hunter2" not in ObjectCopy.objects.get().text
    assert "hunter2" in str(target(world))


def _env_patch(container: dict[str, Any]) -> Patch:
    body = ({"op": "replace", "path": "/spec/template/spec/containers/0", "value": container},)
    return Patch(Kind.DEPLOYMENT, NAMESPACE, NAME, Form.JSON, body, "another container")


@pytest.mark.parametrize("ticked", [False, True])
def test_killed_after_the_patch_it_is_not_put_twice(world: Commanding, ticked: bool) -> None:
    succeeded(world)
    command = asked(world)
    dies(world, command)
    if ticked:
        world.tick()
    assert carried_on(world, command) == ("accepted", [])
    assert image(world) == ONE


def test_a_version_that_is_gone_by_then_is_refused(world: Commanding) -> None:
    succeeded(world)
    command = asked(world)
    world.fleet.delete(CLUSTER, REPLICASETS, NAMESPACE, command.choice["version"])
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "any more" in refused.sentence
    assert image(world) == TWO


def test_what_somebody_else_has_set_since_the_dialog_stays(world: Commanding) -> None:
    succeeded(world)
    command = asked(world)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, THREE)
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert f"it has {THREE} now" in refused.sentence
    assert image(world) == THREE


def test_what_somebody_else_sets_at_the_very_moment_stays(world: Commanding) -> None:
    def be_quicker(_: Patch) -> None:
        world.fleet.release(CLUSTER, NAMESPACE, NAME, THREE)

    succeeded(world)
    refused = world.carry_out(asked(world), connect=Watched(world, before=be_quicker))
    assert (refused.state, image(world)) == ("refused", THREE)


def test_without_the_right_to_list_replica_sets_the_releases_seen_from_here_are_offered(world: Commanding) -> None:
    class Denied(Watched):
        def list(self, *_: Any, **__: Any) -> Any:
            raise Forbidden("The account may not list replicasets.")

    def denied(_: Cluster) -> Any:
        return Denied(world)

    succeeded(world)
    succeeded(world, "3.0.0")
    read(world, denied)
    versions = kept_versions(world.rollout)
    assert versions is not None
    assert "may not list replicasets. Only versions of releases" in versions.note
    assert (TWO,) in [one.images for one in versions.found]
    command = world.request(Act.EARLIER_VERSION, version=key_of(world, TWO))
    assert world.carry_out(command, connect=denied).state == "accepted"
    assert image(world) == TWO
