"""A new version through a policy, from the click to a release in each of its clusters, with a Kurator, a Flux and a
Flagger that behave as the real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import APPLICATIONS, DEPLOYMENTS
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Patch, Plan, Refusal, Unsaid
from rollouts.domain.errors import InvalidInput
from rollouts.models import AuditEntry, Command, PolicyRevision
from rollouts.services import act
from rollouts.services.act import carrying
from tests.services.act.governing import HUB, MEMBERS, NAME, NAMESPACE, POLICY, Governing, governing, merged
from tests.services.act.test_a_policy_is_acted_on import Killed, Watched, kill
from tests.support.builders import make_command, make_reversal

ACT = Act.NEW_VERSION
OLD, NEW = "checkout:1.0.0", "checkout:2.0.0"
OTHERS = {"name": "proxy", "newTag": "7"}
PREFIX = "kustomize.toolkit.fluxcd.io"


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        for name in MEMBERS:
            labels = {f"{PREFIX}/name": f"{POLICY}-attachedcluster-{name}", f"{PREFIX}/namespace": "default"}
            fleet.patch(name, DEPLOYMENTS, NAMESPACE, NAME, {"metadata": {"labels": labels}})
        made.look_at_pods()
        yield made


def asked(world: Governing, image: str = NEW) -> act.PolicyPreview:
    return world.preview(ACT, container=NAME, image=image)


def request(world: Governing, image: str = NEW) -> Command:
    return world.request(ACT, asked(world, image))


def entries(world: Governing) -> list[Any]:
    """Of both policies."""
    spec = world.fleet.get(HUB, APPLICATIONS, "default", NAME)["spec"]
    return [one["kustomization"].get("images") for one in spec["syncPolicies"]]


def images(world: Governing) -> list[str]:
    found = [world.fleet.get(one, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["template"]["spec"] for one in MEMBERS]
    return [one["containers"][0]["image"] for one in found]


def go_on(world: Governing, seconds: float) -> None:
    world.advance(seconds)
    world.look_at_pods()


def say(world: Governing, *found: Obj, **more: Any) -> None:
    world.edit(lambda policies: merged(policies[1], {"kustomization": {"images": list(found), **more}}))


def test_it_is_said_once_and_a_release_begins_in_every_cluster(world: Governing) -> None:
    say(world, OTHERS)
    world.look()
    command = world.carry_out(request(world))
    assert command.state == "accepted", command.sentence
    assert entries(world) == [None, [OTHERS, {"name": "checkout", "newTag": "2.0.0"}]]
    assert world.settle(command).state == "accepted"
    assert command.sentence == "eu-north and eu-west: Not on the target yet."
    go_on(world, 4)
    assert images(world) == [NEW, NEW]
    assert world.settle(command).state == "accepted"
    assert command.sentence == "eu-north and eu-west: On the target. The release begins at Flagger's next tick."
    go_on(world, 10)
    assert world.settle(command).state == "observed"
    assert command.sentence == "The target has the image, and a release of it has begun, in all 2 clusters."
    assert world.recorded == ["requested", "accepted", "observed"]


def test_the_entry_for_it_is_changed_and_keeps_its_name(world: Governing) -> None:
    say(world, {"name": "checkout", "newName": "mirror.test/checkout", "newTag": "1.5.0"}, OTHERS)
    go_on(world, 150)
    assert images(world) == ["mirror.test/checkout:1.5.0"] * 2
    digest = f"sha256:{'ab' * 32}"
    command = world.carry_out(request(world, f"mirror.test/checkout@{digest}"))
    assert command.state == "accepted", command.sentence
    said = {"name": "checkout", "newName": "mirror.test/checkout", "digest": digest}
    assert entries(world)[1] == [said, OTHERS]
    go_on(world, 4)
    assert images(world) == [f"mirror.test/checkout@{digest}"] * 2


def test_a_cluster_that_leaves_its_target_alone_is_named_when_the_time_is_over(world: Governing) -> None:
    told = {"metadata": {"annotations": {f"{PREFIX}/reconcile": "disabled"}}}
    world.fleet.patch("eu-north", DEPLOYMENTS, NAMESPACE, NAME, told)
    command = world.carry_out(request(world))
    given = command.expires_at - world.now()
    assert given == timedelta(seconds=100 + 120 + 60), "Kurator, Flux, and five ticks or a minute"
    go_on(world, 15)
    assert world.settle(command).state == "accepted"
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert world.settle(command).state == "expired"
    assert "Not seen in eu-north." in command.sentence
    assert "eu-north: Not on the target yet. eu-west: Release 1 has begun." in command.sentence
    assert f"whether the target has the annotation {PREFIX}/reconcile: disabled." in command.sentence


def test_targets_that_have_it_already_are_held_by_the_policy(world: Governing) -> None:
    command = world.carry_out(request(world, OLD))
    assert entries(world)[1] == [{"name": "checkout", "newTag": "1.0.0"}]
    go_on(world, 15)
    assert world.settle(command).state == "observed"


def test_a_cluster_where_flux_was_told_from_here_to_leave_the_target_alone_is_said_before(world: Governing) -> None:
    rollout = world.application.rollouts.get(cluster__name="eu-north")
    command = make_command(rollout, "earlier-version", "observed")
    make_reversal(command, switch="reconcile", with_release=False, by_itself=True)
    judged = asked(world).judged
    assert isinstance(judged, Plan)
    assert judged.in_each[rollout.cluster_id].startswith(f"It stays at {OLD}: Flux was told from here")
    assert any("alone in eu-north: it stays" in one for one in judged.warnings)


@pytest.mark.parametrize("moment", ["before the patch", "after the patch"])
def test_a_worker_that_is_killed_leaves_neither_a_lost_nor_a_doubled_patch(world: Governing, moment: str) -> None:
    command = request(world)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment.split()[0]: kill}))
    go_on(world, 15)  # by then a release of it may have begun
    Command.objects.filter(pk=command.pk).update(claimed_until=world.now() - timedelta(seconds=1))
    assert world.settle(command).state == "requested"
    assert world.asked[-1] == command.pk
    again = Watched(world)
    assert world.carry_out(command, connect=again).state == "accepted", command.sentence
    assert len(again.patches) == (1 if moment == "before the patch" else 0)
    assert entries(world)[1] == [{"name": "checkout", "newTag": "2.0.0"}]
    go_on(world, 15)
    assert world.settle(command).state == "observed", command.sentence


def meanwhile(world: Governing, *edits: Callable[[], None]) -> Watched:
    """Each is made just before a patch is sent."""
    left = iter(edits)
    return Watched(world, before=lambda _: next(left, lambda: None)())


def test_what_others_say_of_images_meanwhile_is_kept(world: Governing) -> None:
    command = request(world)
    watched = meanwhile(world, lambda: say(world, OTHERS))
    assert world.carry_out(command, connect=watched).state == "accepted", command.sentence
    assert len(watched.patches) == 2
    assert entries(world)[1] == [OTHERS, {"name": "checkout", "newTag": "2.0.0"}]


def test_an_entry_that_somebody_else_sets_meanwhile_is_left_to_them(world: Governing) -> None:
    command, theirs = request(world), {"name": "checkout", "newTag": "3.0.0"}
    assert world.carry_out(command, connect=meanwhile(world, lambda: say(world, theirs))).state == "refused"
    assert "the one for checkout says checkout:3.0.0." in command.sentence
    assert entries(world)[1] == [theirs]


def test_who_loses_every_race_gives_up_and_says_so(world: Governing) -> None:
    def before(_: Patch) -> None:
        say(world, {"name": "proxy", "newTag": str(len(watched.patches))})

    watched = Watched(world, before=before)
    command = world.carry_out(request(world), connect=watched)
    assert (command.state, len(watched.patches)) == ("failed", carrying.ATTEMPTS)
    assert [one["name"] for one in entries(world)[1]] == ["proxy"]


def test_a_list_of_policies_in_another_order_never_gets_another_one_patched(world: Governing) -> None:
    world.edit(lambda found: [one.setdefault("name", f"checkout-{place}") for place, one in enumerate(found)])
    world.look()
    command = request(world)
    watched = meanwhile(world, lambda: world.edit(list.reverse))
    assert world.carry_out(command, connect=watched).state == "accepted", command.sentence
    assert entries(world) == [[{"name": "checkout", "newTag": "2.0.0"}], None]


def test_a_release_of_another_version_in_one_cluster_refuses_it(world: Governing) -> None:
    command = request(world)
    world.fleet.release("eu-west", NAMESPACE, NAME, "checkout:1.9.0")
    go_on(world, 15)
    assert world.carry_out(command).state == "refused"
    assert "next release has begun in eu-west" in command.sentence
    assert entries(world) == [None, None]


def test_another_image_on_a_target_since_the_look_is_shown_before_anything_is_asked_for(world: Governing) -> None:
    seen = asked(world)
    world.fleet.release("eu-west", NAMESPACE, NAME, "checkout:1.9.0")
    world.look_at_pods()
    with pytest.raises(act.PolicyChanged):
        world.request(ACT, seen)


def test_a_chart_and_a_suspended_kustomization_cannot_take_it(world: Governing) -> None:
    say(world, OTHERS, suspend=True)
    world.look()
    assert "(kustomization.suspend)" in str(asked(world).judged)
    world.edit(lambda found: [found[1].pop("kustomization"), found[1].update({"helm": {"interval": "1m"}})])
    world.look()
    assert "It installs a Helm chart" in str(asked(world).judged)


def test_what_is_to_be_said_is_asked_for_and_what_is_kept_cannot_be_told(world: Governing) -> None:
    judged = world.preview(ACT).judged
    assert isinstance(judged, Unsaid)
    assert judged.field == "container"
    assert isinstance(world.preview(ACT, container=NAME, image="checkout").judged, Unsaid)
    with pytest.raises(InvalidInput, match="entry"):
        world.preview(ACT, container=NAME, image=NEW, entry="proxy")


def test_an_account_without_the_right_is_told_which_one(world: Governing) -> None:
    command = request(world)
    world.carry_out(command, connect=lambda _: world.connect(account="viewer"))
    assert command.state == "refused"
    assert "patch checkout of applications in namespace default" in command.sentence


def test_each_stage_is_in_the_audit_trail_with_what_was_written(world: Governing) -> None:
    seen = asked(world)
    command = act.request_policy(
        application=world.application, policy=POLICY, wanted=seen.wanted, digest=seen.digest, person=world.person,
        reason="ship", now=world.now(), enqueue=world.enqueue, record=act.to_trail, feed=world.feed,
    )  # fmt: skip
    act.carry_out(
        command=command.pk, connect=world.connect, may=lambda _: True, record=act.on_behalf, feed=world.feed,
        now=world.now,
    )  # fmt: skip
    requested, accepted = AuditEntry.objects.filter(kind="policy").order_by("number")
    assert (requested.act, requested.name, requested.outcome, requested.reason) == (
        "new-version", POLICY, "requested", "ship",
    )  # fmt: skip
    assert "/spec/syncPolicies/1/kustomization/images" in accepted.patch


def test_it_is_not_what_changed_the_text_of_a_rollout(world: Governing) -> None:
    world.carry_out(request(world))
    world.edit(lambda found: merged(found[1], {"rollout": {"rolloutPolicy": {"rolloutTimeoutSeconds": 77}}}))
    world.look()
    newest = PolicyRevision.objects.filter(policy=POLICY).order_by("-pk").first()
    assert newest is not None
    assert (newest.rollout["rolloutPolicy"]["rolloutTimeoutSeconds"], newest.who, newest.command) == (77, "", None)


def test_the_preview_names_every_cluster_and_what_happens_there(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    world.look_at_pods()
    judged = asked(world, "checkout:3.0.0").judged
    assert not isinstance(judged, Refusal), str(judged)
    assert isinstance(judged, Plan)
    assert sorted(judged.in_each.values()) == [
        "From checkout:1.0.0. A release of it begins.",
        "From checkout:2.0.0. The analysis starts again from the beginning with it.",
    ]
