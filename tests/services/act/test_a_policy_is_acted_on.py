"""Acts on a policy, from the click to what the Canaries of all its clusters show, with a Kurator that behaves as the
real one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import APPLICATIONS
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Act, Patch, Plan
from rollouts.models import AuditEntry, Cluster, Command
from rollouts.services import act
from rollouts.services.act import carrying
from tests.services.act.governing import HUB, POLICY, Governing, governing, merged


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        yield made


class Killed(BaseException):
    """The process ends here, as with kill -9."""


class Watched:
    """A connection to the hub that counts its patches, before or after which the world ends or changes."""

    def __init__(self, world: Governing, *, before: Any = None, after: Any = None) -> None:
        self._connection = world.connect()
        self._before, self._after = before, after
        self.patches: list[Patch] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def patch(self, patch: Patch) -> str:
        self.patches.append(patch)
        if self._before is not None:
            self._before(patch)
        version = self._connection.patch(patch)
        if self._after is not None:
            self._after(patch)
        return version

    def __call__(self, _: Cluster) -> KubernetesConnection:
        return self  # type: ignore[return-value]


def kill(_: Patch) -> None:
    raise Killed


def test_a_policy_is_paused_in_all_its_clusters_and_resumed(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    paused = world.carry_out(world.request(Act.PAUSE))
    assert paused.state == "accepted"
    assert [one.get("suspend") for one in world.policies] == [None, True]
    assert world.settle(paused).state == "accepted"
    world.advance(1)
    assert world.suspended == (True, True)
    assert world.settle(paused).state == "observed"
    assert paused.sentence == "It is suspended in all 2 clusters."
    world.advance(40)
    assert world.canary("eu-west")["status"]["iterations"] == 1
    resumed = world.carry_out(world.request(Act.RESUME))
    world.advance(1)
    assert world.suspended == (False, False)
    assert world.settle(resumed).sentence == "It is resumed in all 2 clusters."
    world.advance(40)
    assert world.canary("eu-west")["status"]["iterations"] != 1
    assert world.recorded == ["requested", "accepted", "observed"] * 2


def test_it_is_seen_only_when_every_cluster_shows_it(world: Governing) -> None:
    command = world.carry_out(world.request(Act.PAUSE))
    world.fleet.advance(1)
    world.look("eu-west")
    assert world.settle(command).state == "accepted"
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert world.settle(command).state == "expired"
    assert "Not seen in eu-north." in command.sentence


def test_a_preview_names_every_cluster_and_what_would_freeze(world: Governing) -> None:
    world.release("eu-west", users_on_green=True)
    seen = world.preview(Act.PAUSE)
    assert [one.name for one in seen.governed.members] == ["eu-north", "eu-west"]
    assert isinstance(seen.judged, Plan)
    assert seen.judged.warnings == (
        "Users are on green in eu-west and stay there, unchecked: nothing rolls back while it is suspended.",
    )
    (patch,) = seen.judged.patches
    assert patch.body == (
        {"op": "test", "path": "/metadata/generation", "value": world.application.generation},
        {"op": "test", "path": "/spec/syncPolicies/1/rollout/workload/name", "value": "checkout"},
        {"op": "add", "path": "/spec/syncPolicies/1/rollout/rolloutPolicy/suspend", "value": True},
    )


@pytest.mark.parametrize("moment", ["before the patch", "after the patch"])
def test_a_worker_that_is_killed_leaves_neither_a_lost_nor_a_doubled_patch(world: Governing, moment: str) -> None:
    command = world.request(Act.PAUSE)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment.split()[0]: kill}))
    command.refresh_from_db()
    assert command.state == "requested"
    again = Watched(world)
    assert world.carry_out(command, connect=again).state == "requested", "its claim still holds"
    Command.objects.filter(pk=command.pk).update(claimed_until=world.now() - timedelta(seconds=1))
    assert world.settle(command).state == "requested"
    assert world.asked[-1] == command.pk
    assert world.carry_out(command, connect=again).state == "accepted"
    assert len(again.patches) == (1 if moment == "before the patch" else 0)
    world.advance(1)
    assert world.settle(command).state == "observed"


def test_what_somebody_else_edits_meanwhile_is_kept_and_the_patch_made_on_top(world: Governing) -> None:
    command = world.request(Act.PAUSE)
    edits = iter([lambda: world.edit(lambda found: merged(found[0], {"kustomization": {"path": "./other"}}))])

    def meanwhile(_: Patch) -> None:
        next(edits, lambda: None)()

    watched = Watched(world, before=meanwhile)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 2
    assert [one.get("suspend") for one in world.policies] == [None, True]


def test_who_loses_every_race_gives_up_and_says_so(world: Governing) -> None:
    def meanwhile(_: Patch) -> None:
        path = {"kustomization": {"path": f"./{len(watched.patches)}"}}
        world.edit(lambda found: merged(found[0], path))

    watched = Watched(world, before=meanwhile)
    command = world.carry_out(world.request(Act.PAUSE), connect=watched)
    assert command.state == "failed"
    assert len(watched.patches) == carrying.ATTEMPTS
    assert [one.get("suspend") for one in world.policies] == [None, None]


def test_a_list_in_another_order_never_gets_another_policy_patched(world: Governing) -> None:
    world.edit(lambda found: [one.setdefault("name", f"checkout-{place}") for place, one in enumerate(found)])
    world.look()
    command = world.request(Act.PAUSE)
    orders = iter([list.reverse])

    def meanwhile(_: Patch) -> None:
        for order in orders:
            world.edit(order)

    watched = Watched(world, before=meanwhile)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 2
    assert [one.get("suspend") for one in world.policies] == [True, None]
    world.advance(1)
    assert world.settle(command).state == "observed"


def test_a_policy_that_selects_other_clusters_meanwhile_is_not_touched(world: Governing) -> None:
    command = world.request(Act.PAUSE)
    selector = {"destination": {"clusterSelector": {"matchLabels": {"tier": "edge"}}}}
    world.edit(lambda found: merged(found[1], selector))
    assert world.carry_out(command).state == "refused"
    assert command.sentence.startswith("The policy was changed meanwhile.")
    assert [one.get("suspend") for one in world.policies] == [None, None]


def test_the_next_release_in_one_cluster_refuses_it(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    command = world.request(Act.PAUSE)
    world.fleet.release("eu-west", "shop", "checkout", "checkout:3.0.0")
    world.advance(10)
    assert world.carry_out(command).state == "refused"
    assert "next release has begun in eu-west" in command.sentence


def test_a_click_on_phases_that_are_not_so_any_more_is_refused_and_shows_the_present(world: Governing) -> None:
    seen = world.preview(Act.PAUSE)
    world.release("eu-west", iterations=1)
    with pytest.raises(act.PolicyChanged) as changed:
        world.request(Act.PAUSE, seen)
    assert "eu-west" in changed.value.preview.judged.effect  # type: ignore[union-attr]
    assert not Command.objects.exists()


def test_a_tick_that_changes_no_phase_does_not_refuse_a_click(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    before = world.preview(Act.PAUSE)
    world.advance(10)
    assert world.preview(Act.PAUSE).digest == before.digest


def test_the_same_click_twice_is_one_command_and_an_equal_act_waits(world: Governing) -> None:
    seen = world.preview(Act.PAUSE)
    assert world.request(Act.PAUSE, seen) == world.request(Act.PAUSE, seen)
    with pytest.raises(act.NotPossible, match="under way"):
        world.request(Act.PAUSE)
    assert len(world.asked) == 1


def test_a_hub_that_does_not_answer_is_tried_again_until_the_command_expires(world: Governing) -> None:
    command = world.request(Act.PAUSE)
    world.fleet.switch(HUB, "down")
    assert world.carry_out(command).state == "requested"
    assert command.sentence
    assert world.settle(command).state == "requested"
    assert world.asked.count(command.pk) == 2
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert world.settle(command).state == "expired"


def test_a_member_that_is_away_is_said_before_and_named_after(world: Governing) -> None:
    world.fleet.switch("eu-north", "down")
    Cluster.objects.filter(name="eu-north").update(state="unreachable")
    seen = world.preview(Act.PAUSE)
    assert any("eu-north (unreachable)" in one for one in seen.judged.warnings)  # type: ignore[union-attr]
    command = world.carry_out(world.request(Act.PAUSE))
    assert command.state == "accepted"
    world.fleet.advance(60)
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert "eu-north" in world.settle(command).sentence


def test_a_right_that_was_taken_away_meanwhile_refuses_it(world: Governing) -> None:
    command = world.request(Act.PAUSE)
    world.allowed = False
    assert world.carry_out(command).state == "refused"
    assert [one.get("suspend") for one in world.policies] == [None, None]


def test_an_account_without_the_right_is_told_which_one(world: Governing) -> None:
    command = world.request(Act.PAUSE)
    world.carry_out(command, connect=lambda _: world.connect(account="viewer"))
    assert command.state == "refused"
    assert "patch checkout of applications in namespace default" in command.sentence


def test_what_is_paused_already_and_what_is_not_are_refused_with_the_reason(world: Governing) -> None:
    assert str(world.preview(Act.RESUME).judged) == "The policy is not suspended."
    world.edit(lambda found: merged(found[1], {"rollout": {"rolloutPolicy": {"suspend": True}}}))
    world.look()
    assert str(world.preview(Act.PAUSE).judged) == "The policy is suspended already."


def test_a_policy_that_kurator_cannot_carry_anywhere_is_not_changed(world: Governing) -> None:
    world.edit(lambda found: merged(found[1], {"rollout": {"serviceName": "checkout-service"}}))
    world.look()
    assert "no change of this policy" in str(world.preview(Act.PAUSE).judged)


def test_whoever_keeps_the_application_is_named(world: Governing) -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    world.fleet.patch(HUB, APPLICATIONS, "default", "checkout", {"metadata": {"labels": labels}})
    world.look()
    judged = world.preview(Act.PAUSE, POLICY).judged
    assert isinstance(judged, Plan)
    assert judged.undone_by == ("Flux (flux-system/apps), when what it keeps says otherwise.",)


def test_each_stage_is_in_the_audit_trail_with_the_policy_and_what_was_written(world: Governing) -> None:
    seen = world.preview(Act.PAUSE)
    command = act.request_policy(
        application=world.application, policy=POLICY, wanted=seen.wanted, digest=seen.digest, person=world.person,
        reason="freeze", now=world.now(), enqueue=world.enqueue, record=act.to_trail, feed=world.feed,
    )  # fmt: skip
    act.carry_out(
        command=command.pk, connect=world.connect, may=lambda _: True, record=act.on_behalf, feed=world.feed,
        now=world.now,
    )  # fmt: skip
    requested, accepted = AuditEntry.objects.filter(kind="policy").order_by("number")
    assert (requested.name, requested.namespace, requested.cluster, requested.application, requested.release) == (
        POLICY, "default", HUB, "default/checkout", None,
    )  # fmt: skip
    assert (requested.outcome, accepted.outcome, requested.reason) == ("requested", "accepted", "freeze")
    assert "/spec/syncPolicies/1/rollout/rolloutPolicy/suspend" in accepted.patch


@pytest.mark.parametrize("given", [{}, {"rollout": True, "application": True, "policy": "p"}, {"application": True}])
def test_a_command_is_of_a_rollout_or_of_a_policy(world: Governing, given: dict[str, Any]) -> None:
    values = {"rollout": world.application.rollouts.first(), "application": world.application}
    fields = {name: values.get(name, value) for name, value in given.items()}
    with pytest.raises(IntegrityError):
        Command.objects.create(
            act="pause", mark="m", person_name="olga", requested_at=world.now(), expires_at=world.now(), **fields
        )
