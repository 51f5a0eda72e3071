"""A policy is edited, from the review to what the Canaries of all its clusters say, with a Kurator that behaves as the
real one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.cluster import Cluster as DemoCluster
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import Refused
from rollouts.models import AuditEntry, Cluster, Command, DraftTrial, PolicyDraft
from rollouts.models.clusters import NOT_WATCHED
from rollouts.services import act
from rollouts.services.act import carrying, drafts
from tests.services.act.connections import Killed, Watched, kill, long_after
from tests.services.act.editing import Editing
from tests.services.act.governing import HUB, MEMBERS, NAME, NAMESPACE, merged


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Editing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        made = Editing(fleet)
        yield made
        made.close()


def analysis(world: Editing) -> list[dict[str, Any]]:
    return [one["trafficAnalysis"] for one in world.policies]


def test_several_fields_arrive_in_every_cluster(world: Editing) -> None:
    row = world.review(interval="20", failures="4", hosts="shop.test")
    assert {name: answer for name, (answer, _) in world.answers(row).items()} == dict.fromkeys(
        (HUB, *MEMBERS), "accepted"
    )
    untouched = world.canary("eu-west")["spec"]
    assert untouched["analysis"]["interval"] == "10s", "nothing is written by trying"
    command = world.carry_out(world.apply(row, reason="slower"))
    assert (command.state, command.sentence) == (
        "accepted",
        "Kurator brings it to all 2 clusters within 30 s, mostly at once. It holds from Flagger's next tick on.",
    )
    assert [one["checkIntervalSeconds"] for one in analysis(world)] == [10, 20]
    world.advance(3)
    assert world.followed(command).state == "observed"
    assert command.sentence == "The Canary says what the policy says in all 2 clusters."
    for name in MEMBERS:
        spec = world.canary(name)["spec"]
        assert (spec["analysis"]["interval"], spec["analysis"]["threshold"]) == ("20s", 4)
        assert spec["service"]["hosts"] == ["shop.test"]


def test_another_workload_is_followed_to_its_own_canaries(world: Editing) -> None:
    for name in MEMBERS:
        world.fleet.call(lambda name=name: make_workload(world.fleet.cluster(name), "till"))  # type: ignore[misc]
    command = world.carry_out(world.apply(world.review(workload="till", service="till", interval="20")))
    assert command.state == "accepted"
    world.fleet.advance(3)
    world.look_at_the_hub()
    assert world.followed(command).state == "observed", command.sentence
    assert command.sentence == "The Canary says what the policy says in all 2 clusters."
    for name in MEMBERS:
        assert world.fleet.get(name, CANARIES, NAMESPACE, "till")["spec"]["analysis"]["interval"] == "20s"
        assert world.canary(name)["spec"]["analysis"]["interval"] == "10s", "the former one stays as it was"


def make_workload(cluster: DemoCluster, name: str) -> None:
    cluster.store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, name, f"{name}:1.0.0"))
    cluster.store.create(SERVICES, seeds.service(NAMESPACE, name, 8080))


def test_what_somebody_else_changes_at_the_same_time_stays(world: Editing) -> None:
    row = world.review(interval="20")
    command = world.apply(row)
    changes = [{"rolloutPolicy": {"trafficAnalysis": {"checkFailedTimes": 7}}}]

    def meddle(_: Any) -> None:
        if changes:
            world.edit(lambda policies: merged(policies[1]["rollout"], changes.pop()))

    watched = Watched(world, before=meddle)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 2
    found = analysis(world)[1]
    assert (found["checkIntervalSeconds"], found["checkFailedTimes"]) == (20, 7)


def test_the_same_field_changed_by_somebody_else_is_refused_and_stays(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))
    world.edit(lambda policies: merged(policies[1]["rollout"], {"rolloutPolicy": {"trafficAnalysis": {"checkIntervalSeconds": 40}}}))  # fmt: skip  # noqa: E501
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "Somebody else has changed the same meanwhile: interval." in refused.sentence
    assert analysis(world)[1]["checkIntervalSeconds"] == 40


def test_what_kurator_writes_into_the_status_is_no_conflict(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))
    watched = Watched(world, before=lambda _: world.fleet.advance(31))
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 1


def test_it_is_tried_three_times_and_then_told(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))
    times = iter(range(100))

    def meddle(_: Any) -> None:
        change = {"rolloutPolicy": {"trafficAnalysis": {"checkFailedTimes": 20 + next(times)}}}
        world.edit(lambda policies: merged(policies[1]["rollout"], change))

    watched = Watched(world, before=meddle)
    failed = world.carry_out(command, connect=watched)
    assert (failed.state, len(watched.patches)) == ("failed", carrying.ATTEMPTS)
    assert "Somebody else kept changing it meanwhile." in failed.sentence


def test_a_worker_that_dies_after_the_patch_is_followed_by_one_that_sends_nothing(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, after=kill))
    long_after(world, command)
    watched = Watched(world)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert watched.patches == []
    world.advance(3)
    assert world.followed(command).state == "observed"


def test_who_has_lost_the_right_meanwhile_changes_nothing(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))
    world.allowed = False
    assert world.carry_out(command).state == "refused"
    assert analysis(world)[1]["checkIntervalSeconds"] == 10


def test_a_policy_that_was_changed_since_the_review_is_shown_again(world: Editing) -> None:
    row = world.review(interval="20")
    seen = world.preview_draft(row)
    world.edit(lambda policies: merged(policies[1]["rollout"], {"rolloutPolicy": {"suspend": True}}))
    world.look()
    with pytest.raises(act.PolicyChanged):
        world.apply(row, seen)
    assert not Command.objects.exists()


def test_two_clicks_are_one_command_and_a_review_is_applied_once(world: Editing) -> None:
    row = world.review(interval="20")
    seen = world.preview_draft(row)
    assert world.apply(row, seen) == world.apply(row, seen)
    world.carry_out(Command.objects.get())
    PolicyDraft.objects.get(command=Command.objects.get())


def test_what_the_hub_quotes_of_a_secret_is_not_kept(world: Editing) -> None:
    command = world.apply(world.review(interval="20"))

    def refuse(_: Any) -> None:
        raise Refused('Invalid value: "hey --token=opensesame http://x/"')

    refused = world.carry_out(command, connect=Watched(world, before=refuse))
    assert (refused.state, refused.sentence) == ("refused", 'Invalid value: "hey --token=(hidden) http://x/"')


class TestTryingItOut:
    def test_a_member_that_would_refuse_the_canary_is_told_in_its_own_words(self, world: Editing) -> None:
        world.stricter.add("eu-west")
        row = world.review(failures="4")
        answers = world.answers(row)
        assert answers["eu-west"] == (
            "refused",
            "strict decoding error: unknown field in checkout, --password=(hidden)",
        )
        assert answers["eu-north"] == ("accepted", "")
        with pytest.raises(act.NotPossible, match="eu-west would not take it"):
            world.apply(row)

    def test_an_account_that_may_not_try_it_is_told_and_hinders_nothing(self, world: Editing) -> None:
        world.accounts["eu-west"] = "viewer"
        row = world.review(interval="20")
        answer, said = world.answers(row)["eu-west"]
        assert answer == "unknown"
        assert "may not do" in said
        assert world.apply(row).state == "requested"

    def test_where_there_is_no_canary_yet_a_new_one_is_tried(self, world: Editing) -> None:
        world.fleet.call(lambda: world.fleet.cluster("eu-west").store.delete(CANARIES, NAMESPACE, NAME))
        assert world.answers(world.review(interval="20"))["eu-west"] == ("accepted", "It has no Canary of it yet.")
        found = world.fleet.call(lambda: world.fleet.cluster("eu-west").store.find(CANARIES, NAMESPACE, NAME))
        assert found is None, "nothing is made by trying"

    def test_a_member_that_cannot_be_asked_is_told_and_hinders_nothing(self, world: Editing) -> None:
        world.fleet.call(lambda: setattr(world.fleet.cluster("eu-west"), "state", "down"))
        row = world.review(interval="20")
        answers = world.answers(row)
        assert answers["eu-west"][0] == "unknown"
        assert answers[HUB] == ("accepted", "")
        assert world.apply(row).state == "requested"

    def test_a_member_that_is_not_watched_is_not_called_and_hinders_nothing(self, world: Editing) -> None:
        def connect(cluster: Cluster) -> KubernetesConnection:
            assert cluster.name != "eu-west", "it is called"
            return reach(cluster)

        reach = world.reach
        world.reach = connect  # type: ignore[method-assign]
        member = Cluster.objects.filter(name="eu-west")
        member.update(observed=False)
        assert world.answers(world.review(interval="15"))["eu-west"] == ("unknown", NOT_WATCHED)
        member.update(observed=True)
        row = world.begin_review(interval="20")
        member.update(observed=False)
        world.run_tasks()
        assert world.answers(row)["eu-west"] == ("unknown", NOT_WATCHED)
        command = world.carry_out(world.apply(row))
        world.advance(3)
        member.update(observed=False)
        assert f"eu-west: {NOT_WATCHED}" in world.followed(command).sentence

    def test_before_the_hub_has_said_anything_nothing_is_applied(self, world: Editing) -> None:
        row = world.review(interval="20")
        DraftTrial.objects.filter(draft=row, cluster=world.hub).update(answer="")
        with pytest.raises(act.NotPossible, match="The hub has not said yet"):
            world.apply(row)


class TestSecrets:
    def test_what_was_entered_is_kept_encrypted_until_it_is_written_and_hidden_everywhere(self, world: Editing) -> None:
        base = world.rollout["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"][0]
        row = world.review(**{"commands-0": f"{base} --token=fresh"})
        assert "fresh" not in f"{row.texts}{row.sealed}{row.base}"
        command = world.carry_out(world.apply(row))
        assert analysis(world)[1]["webhooks"]["command"] == [f"{base} --token=fresh"]
        assert "fresh" not in f"{command.patches}{command.sentence}"
        act.on_behalf(command)
        assert "fresh" not in str(AuditEntry.objects.values_list())
        world.advance(3)
        assert world.followed(command).state == "observed"
        drafts.forget(world.now())
        row.refresh_from_db()
        assert row.sealed == ""

    def test_a_hidden_one_is_not_written_back_by_another_edit(self, world: Editing) -> None:
        hidden = ["hey --token=old http://checkout-canary.shop:8080/"]
        world.edit(lambda policies: policies[1]["rollout"]["rolloutPolicy"]["trafficAnalysis"]["webhooks"].update(command=hidden))  # fmt: skip  # noqa: E501
        world.advance(3)
        command = world.carry_out(world.apply(world.review(interval="20")))
        assert analysis(world)[1]["webhooks"]["command"] == hidden
        world.advance(3)
        assert world.followed(command).state == "observed"


class TestFollowing:
    def test_a_cluster_that_cannot_be_reached_is_named_with_the_reason(self, world: Editing) -> None:
        command = world.carry_out(world.apply(world.review(interval="20")))
        world.advance(3)
        world.fleet.call(lambda: setattr(world.fleet.cluster("eu-west"), "state", "down"))
        assert world.followed(command).state == "accepted"
        assert "eu-north: It is there." in command.sentence
        assert "eu-west: " in command.sentence
        Command.objects.filter(pk=command.pk).update(expires_at=world.now() - timedelta(seconds=1))
        assert world.settle(command).state == "expired"
        assert "Not seen in eu-west." in command.sentence

    def test_what_somebody_puts_back_on_the_hub_ends_it(self, world: Editing) -> None:
        command = world.carry_out(world.apply(world.review(interval="20")))
        world.edit(lambda policies: merged(policies[1]["rollout"], {"rolloutPolicy": {"trafficAnalysis": {"checkIntervalSeconds": 10}}}))  # fmt: skip  # noqa: E501
        world.look()
        assert world.followed(command).state == "failed"
        assert "The policy was changed again on the hub" in command.sentence


def test_reviews_of_which_nothing_came_are_forgotten(world: Editing) -> None:
    world.review(interval="20")
    drafts.forget(world.now() + timedelta(days=2))
    assert not PolicyDraft.objects.exists()
