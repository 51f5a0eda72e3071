"""A Canary that nobody makes of a policy is edited, from the review to what its spec says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.models import AuditEntry, DraftTrial, PolicyDraft, PolicyRevision, Role
from rollouts.queries import commands
from rollouts.services import act
from rollouts.services.act import carrying
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE
from tests.services.act.conftest import IMAGE
from tests.services.act.connections import Killed, Watched, kill, long_after
from tests.services.act.editing_canaries import EditingCanary
from tests.support.canaries import made_by_kurator
from tests.support.people import grant, make_person


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[EditingCanary]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, IMAGE)
        fleet.advance(25)
        made = EditingCanary(fleet)
        yield made
        made.close()


def test_several_fields_arrive_and_all_else_stays(world: EditingCanary) -> None:
    before = world.spec
    row = world.review(interval="20", failures="4", hosts="shop.test")
    assert world.answer(row) == ("accepted", "")
    assert world.spec == before, "nothing is written by trying"
    command = world.carry_out(world.apply(row, reason="slower"))
    assert (command.state, command.sentence) == ("accepted", "It holds from Flagger's next tick on.")
    assert world.followed(command).state == "observed"
    assert command.sentence == "The Canary says it."
    assert world.spec == {
        **before,
        "service": {**before["service"], "hosts": ["shop.test"]},
        "analysis": {**before["analysis"], "interval": "20s", "threshold": 4},
    }
    assert [one["path"] for one in command.patches[0]["body"]][:2] == ["/metadata/generation", "/metadata/uid"]


def test_webhooks_and_metrics_arrive_as_they_were_entered(world: EditingCanary) -> None:
    hook = {"hooks-9-name": "gate", "hooks-9-kind": "confirm-promotion", "hooks-9-url": "http://gates.shop/check"}
    metric = {"metrics-9-name": "orders", "metrics-9-interval": "60", "metrics-9-minimum": "1"}
    from_template = {"metrics-9-template": "orders", "metrics-9-template_namespace": "metrics"}

    texts = numbered({**shown(read(world.spec, PLAIN)), **hook, **metric, **from_template})
    world.carry_out(world.apply(world.review(**texts)))
    assert world.spec["analysis"]["webhooks"][-1] == {
        "name": "gate",
        "type": "confirm-promotion",
        "url": "http://gates.shop/check",
    }
    assert world.spec["analysis"]["metrics"][-1] == {
        "name": "orders",
        "interval": "60s",
        "thresholdRange": {"min": 1},
        "templateRef": {"name": "orders", "namespace": "metrics"},
    }


def test_what_flagger_writes_into_the_status_is_no_conflict(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    watched = Watched(world, before=lambda _: world.fleet.advance(31))
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 1


def test_what_somebody_else_changes_at_the_same_time_stays(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    changes = [{"analysis": {"threshold": 7}}]
    watched = Watched(world, before=lambda _: world.change(**changes.pop()) if changes else None)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 2, "the first one did not hold any more"
    assert (world.spec["analysis"]["interval"], world.spec["analysis"]["threshold"]) == ("20s", 7)


def test_the_same_field_changed_by_somebody_else_is_refused_and_stays(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    world.change(analysis={"interval": "40s"})
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "Somebody else has changed the same meanwhile: interval." in refused.sentence
    assert world.spec["analysis"]["interval"] == "40s"


def test_it_is_tried_three_times_and_then_told(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    times = iter(range(100))
    watched = Watched(world, before=lambda _: world.change(analysis={"threshold": 20 + next(times)}))
    failed = world.carry_out(command, connect=watched)
    assert (failed.state, len(watched.patches)) == ("failed", carrying.ATTEMPTS)
    assert "Somebody else kept changing it meanwhile." in failed.sentence


def test_a_worker_that_dies_after_the_patch_is_followed_by_one_that_sends_nothing(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, after=kill))
    long_after(world, command)
    watched = Watched(world)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert watched.patches == []
    assert world.followed(command).state == "observed"


def test_a_release_that_has_begun_since_is_not_judged_by_it(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    world.release(iterations=1)
    refused = world.carry_out(command)
    assert (refused.state, world.spec["analysis"]["interval"]) == ("refused", "10s")
    assert "The next release has begun." in refused.sentence


def test_whoever_takes_it_back_at_once_is_told(world: EditingCanary) -> None:
    command = world.carry_out(world.apply(world.review(interval="20")))
    world.change(analysis={"interval": "10s"})
    assert world.followed(command).state == "accepted"
    assert command.sentence == "It says 10 for interval again."
    world.fleet.advance(60)
    assert world.followed(command).state == "expired"
    assert command.sentence.endswith("was not seen in time. It says 10 for interval again.")


def test_another_canary_of_the_same_name_is_left_alone(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    whole = world.fleet.get(CLUSTER, CANARIES, NAMESPACE, NAME)
    world.fleet.delete(CLUSTER, CANARIES, NAMESPACE, NAME)
    made = {**whole, "metadata": {"namespace": NAMESPACE, "name": NAME}}
    world.fleet.create(CLUSTER, CANARIES, made)
    refused = world.carry_out(command)
    assert (refused.state, refused.sentence) == ("refused", "The Canary was deleted.")
    assert world.spec["analysis"]["interval"] == "10s"


def test_a_cluster_that_does_not_take_it_is_heard_before_anything_is_written(world: EditingCanary) -> None:
    world.stricter = True
    row = world.review(interval="20")
    answer, said = world.answer(row)
    assert answer == "refused"
    assert "strict decoding error" in said
    assert "opensesame" not in said
    with pytest.raises(act.NotPossible, match="eu-west would not take it"):
        world.apply(row)


def test_a_right_that_is_missing_is_named_and_hinders_nothing(world: EditingCanary) -> None:
    world.account = "viewer"
    row = world.review(interval="20")
    answer, said = world.answer(row)
    assert answer == "unknown"
    assert "canaries" in said


def test_nothing_is_applied_before_the_cluster_has_said_anything(world: EditingCanary) -> None:
    row = world.review(interval="20")
    DraftTrial.objects.update(answer="")
    with pytest.raises(act.NotPossible, match="The cluster has not said yet"):
        world.apply(row)


def test_one_review_is_applied_once(world: EditingCanary) -> None:
    row = world.review(interval="20")
    world.carry_out(world.apply(row))
    row.refresh_from_db()
    assert row.command is not None
    assert PolicyDraft.objects.filter(command=row.command).count() == 1


def test_a_canary_that_kurator_makes_since_is_not_written(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    made_by_kurator(world.rollout)
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "Kurator makes this Canary of a policy" in refused.sentence
    assert world.spec["analysis"]["interval"] == "10s"


def test_only_who_may_edit_policies_here_may_have_it_carried_out(world: EditingCanary) -> None:
    command = world.apply(world.review(interval="20"))
    operator, editor = make_person("operator", Role.OPERATOR), make_person("editor")
    grant(editor, edits_policies=True)
    assert not commands.may_be_carried_out(operator, command, world.now())
    assert commands.may_be_carried_out(editor, command, world.now())


def test_every_stage_is_in_the_audit_trail(world: EditingCanary) -> None:
    world.record = act.to_trail  # type: ignore[method-assign]
    command = world.carry_out(world.apply(world.review(interval="20"), reason="slower"))
    world.followed(command)
    found: list[Any] = list(AuditEntry.objects.filter(act="edit-policy").order_by("pk"))
    assert [(one.act, one.outcome, one.reason) for one in found] == [
        ("edit-policy", "requested", "slower"),
        ("edit-policy", "accepted", "slower"),
        ("edit-policy", "observed", "slower"),
    ]
    assert "/spec/analysis/interval" in str(found[1].patch)


def test_what_was_entered_and_may_be_secret_is_kept_sealed_and_hidden(world: EditingCanary) -> None:
    row = world.review(**{"metrics_server": "http://user:opensesame@prometheus.shop:9090"})
    assert "opensesame" not in str(row.texts)
    command = world.carry_out(world.apply(row))
    assert "opensesame" not in str(command.patches)
    assert "opensesame" in str(world.spec)
    assert world.followed(command).state == "observed"


@pytest.mark.parametrize(
    "entered",
    [
        {"hooks-9-name": "gate", "hooks-9-url": "http://gates.shop/", "hooks-9-metadata": "token: opensesame"},
        {
            **{"metrics-9-name": "orders", "metrics-9-interval": "60", "metrics-9-minimum": "1"},
            **{"metrics-9-template": "orders", "metrics-9-variables": "password: opensesame"},
        },
    ],
    ids=["metadata of a webhook", "variables of a metric"],
)
def test_what_is_secret_by_the_name_of_its_line_is_sealed_too(world: EditingCanary, entered: dict[str, str]) -> None:
    row = world.review(**numbered({**shown(read(world.spec, PLAIN)), **entered}))
    assert "opensesame" not in str(row.texts)
    assert row.sealed
    command = world.carry_out(world.apply(row))
    assert "opensesame" not in str(command.patches)
    assert "opensesame" in str(world.spec)
    assert world.followed(command).state == "observed"


def test_a_review_of_another_time_is_not_applied(world: EditingCanary) -> None:
    row = world.review(interval="20")
    seen = world.preview_draft(row)
    world.change(analysis={"threshold": 9})
    world.fleet.advance(timedelta(seconds=10).total_seconds())
    newer = world.preview_draft(row)
    assert newer.digest != seen.digest


def test_each_text_is_kept_with_whoever_asked_for_it(world: EditingCanary) -> None:
    world.keep_text()
    world.carry_out(world.apply(world.review(interval="20"), reason="slower"))
    world.keep_text()
    world.change(progressDeadlineSeconds=77)
    world.keep_text()
    world.release(iterations=1)
    world.carry_out(world.request(Act.PAUSE, reason="freeze"))
    world.keep_text()
    world.keep_text()
    who = world.person.get_username()
    found = PolicyRevision.objects.order_by("pk").values_list("who", "why")
    assert list(found) == [("", ""), (who, "slower"), ("", ""), (who, "freeze")]


def test_what_the_program_puts_back_is_its_own(world: EditingCanary) -> None:
    world.keep_text()
    world.release(iterations=1)
    command = world.carry_out(world.request(Act.PROMOTE_NOW, reason="now"))
    world.keep_text()
    command.reversals.update(sent_at=world.now())
    world.change(skipAnalysis=False)
    world.keep_text()
    found = PolicyRevision.objects.order_by("pk").values_list("who", "why")
    assert list(found)[1:] == [(world.person.get_username(), "now"), ("(this program)", "")]
