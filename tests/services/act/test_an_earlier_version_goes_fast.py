"""An earlier version without analysis, and Flux kept away from the target for a time: both are put back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS
from rollouts.domain.commands import Act, Form, Patch
from rollouts.domain.observations import Kind
from rollouts.models import Command, Reversal
from rollouts.services import act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Killed, Watched, kill, long_after
from tests.services.act.test_an_earlier_version_is_put_back import ONE, TWO, image, key_of, read, succeeded

RECONCILE = "kustomize.toolkit.fluxcd.io/reconcile"
LABELS = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}


def asked(world: Commanding, *, how: str = "careful", flux: str = "") -> Command:
    read(world)
    return world.request(Act.EARLIER_VERSION, version=key_of(world, ONE), how=how, flux=flux)


def annotated(world: Commanding) -> Mapping[str, str]:
    found: Mapping[str, str] = world.fleet.get(CLUSTER, DEPLOYMENTS, NAMESPACE, NAME)["metadata"]["annotations"]
    return found


def skips(world: Commanding) -> bool:
    return bool(world.fleet.get(CLUSTER, CANARIES, NAMESPACE, NAME)["spec"].get("skipAnalysis"))


class TestFast:
    def test_blue_has_it_after_two_ticks_and_the_analysis_is_on_again(self, world: Commanding) -> None:
        succeeded(world)
        command = world.carry_out(asked(world, how="fast"))
        assert (command.state, skips(world), image(world)) == ("accepted", True, ONE)
        world.look()
        world.put_back()
        assert skips(world), "not before the release has ended"
        world.tick(2)
        assert world.status["phase"] == "Succeeded"
        world.put_back()
        world.look()
        assert not skips(world)
        assert [state for state, _ in world.reversed] == ["done"]
        world.fleet.advance(5)
        world.look_at_pods()
        settled = world.settle(command)
        assert (settled.state, settled.sentence) == ("observed", "The release is promoted, and blue is ready with it.")
        assert image(world, f"{NAME}-primary") == ONE

    def test_without_the_name_nothing_is_requested(self, world: Commanding) -> None:
        succeeded(world)
        read(world)
        with pytest.raises(act.Unconfirmed) as error:
            world.request(Act.EARLIER_VERSION, version=key_of(world, ONE), how="fast", typed="")
        assert error.value.field == "typed"

    def test_killed_between_its_patches_it_goes_on_where_it_was(self, world: Commanding) -> None:
        succeeded(world)
        command = asked(world, how="fast")
        with pytest.raises(Killed):
            world.carry_out(command, connect=Watched(world, after=kill))
        assert (skips(world), image(world)) == (True, TWO)
        long_after(world, command)
        again = Watched(world)
        assert world.carry_out(command, connect=again).state == "accepted"
        assert ([one.kind for one in again.patches], image(world)) == ([Kind.DEPLOYMENT], ONE)

    def test_when_the_target_was_changed_meanwhile_the_analysis_is_on_again(self, world: Commanding) -> None:
        def be_quicker(patch: Patch) -> None:
            if patch.kind is Kind.DEPLOYMENT:
                world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:9.9.9")

        succeeded(world)
        refused = world.carry_out(asked(world, how="fast"), connect=Watched(world, before=be_quicker))
        assert refused.state == "refused"
        assert "Done before that: skipAnalysis to true." in refused.sentence
        world.put_back()
        assert not skips(world)


class TestFluxLeavesTheTargetAlone:
    @pytest.fixture(autouse=True)
    def _kustomized(self, world: Commanding) -> None:
        patch = Patch(Kind.DEPLOYMENT, NAMESPACE, NAME, Form.MERGE, {"metadata": {"labels": LABELS}}, "labels of Flux")
        world.connection.patch(patch)
        succeeded(world)

    def test_for_a_time_and_then_keeps_it_again(self, world: Commanding) -> None:
        command = world.carry_out(asked(world, flux="60"))
        assert (command.state, image(world), annotated(world)[RECONCILE]) == ("accepted", ONE, "disabled")
        world.put_back()
        assert RECONCILE in annotated(world)
        world.fleet.advance(3601)
        world.put_back()
        assert RECONCILE not in annotated(world)
        assert world.reversed == [("done", "Flux keeps the target again.")]

    def test_both_are_put_back_each_in_its_time(self, world: Commanding) -> None:
        world.carry_out(asked(world, flux="60", how="fast"))
        world.tick(3)
        world.put_back()
        assert (skips(world), RECONCILE in annotated(world)) == (False, True)
        assert [row.switch for row in Reversal.objects.filter(state="open")] == ["reconcile"]

    def test_what_somebody_else_has_taken_off_or_set_otherwise_stays(self, world: Commanding) -> None:
        world.carry_out(asked(world, flux="60"))
        other = {"metadata": {"annotations": {RECONCILE: "enabled"}}}
        world.connection.patch(Patch(Kind.DEPLOYMENT, NAMESPACE, NAME, Form.MERGE, other, "by somebody else"))
        world.fleet.advance(3601)
        world.put_back()
        assert annotated(world)[RECONCILE] == "enabled"
        assert world.reversed == [("left", "Flux was told to keep the target again by somebody else.")]

    def test_it_is_taken_off_also_when_the_command_did_not_come_about_as_far_as_is_known(
        self, world: Commanding
    ) -> None:
        command = asked(world, flux="60")
        with pytest.raises(Killed):
            world.carry_out(command, connect=Watched(world, after=kill))
        Command.objects.filter(pk=command.pk).update(state="expired", ended_at=world.now(), claimed_until=None)
        world.put_back()
        assert RECONCILE not in annotated(world)

    def test_while_it_is_left_alone_already_that_is_not_asked(self, world: Commanding) -> None:
        held = {"metadata": {"annotations": {RECONCILE: "disabled"}}}
        world.connection.patch(Patch(Kind.DEPLOYMENT, NAMESPACE, NAME, Form.MERGE, held, "by somebody else"))
        read(world)
        with pytest.raises(act.Unconfirmed, match="alone already"):
            world.request(Act.EARLIER_VERSION, version=key_of(world, ONE), flux="60")
