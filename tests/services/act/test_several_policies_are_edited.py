"""One change of two policies, from the review to what the Canaries of all their clusters say, with a Kurator that
behaves as the real one does.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.policies.for_others import Carried, carried
from rollouts.domain.policies.known import Known
from rollouts.models import Application, Batch, Command, PolicyDraft
from rollouts.queries import policies
from rollouts.services import act
from rollouts.services.act import drafts
from tests.services.act.editing import Editing
from tests.services.act.governing import MEMBERS, NAMESPACE, OTHER, POLICY, merged

CHANGE = {"trafficAnalysis": {"checkIntervalSeconds": 40}}


class Several(Editing):
    """The change begins with the second policy of the Application, and is put into the first."""

    def review_both(self, **texts: str) -> list[PolicyDraft]:
        first = self.review(**texts)
        cart = Application.objects.get(workload="cart")
        governed = policies.governed(cart, OTHER, self.now())
        assert governed is not None
        assert governed.policy.rollout is not None
        found = carried(act.draft_of(first), governed.policy.rollout, Known())
        assert isinstance(found, Carried), found
        row = act.keep_draft(
            application=cart, governed=governed, draft=found.draft, person=self.person, now=self.now()
        )  # fmt: skip
        act.ask_all(row=row, governed=governed, enqueue=self.enqueue, now=self.now())
        self.run_tasks()
        return [first, row]

    def choose(self, rows: list[PolicyDraft], mark: str) -> list[act.ChosenPolicy]:
        """As they are seen now."""
        made = []
        for row in rows:
            row.application.refresh_from_db()
            governed = policies.governed(row.application, row.policy, self.now())
            assert governed is not None
            seen = act.preview_of_many(
                application=row.application, governed=governed, draft=act.draft_of(row), mark=mark, now=self.now()
            )
            made.append(act.ChosenPolicy(row, seen.digest))
        return made

    def apply_to_all(
        self, rows: list[PolicyDraft], *, in_turn: bool = False, chosen: list[act.ChosenPolicy] | None = None
    ) -> Batch:
        mark = str(uuid.uuid4())
        return act.request_policies(
            application=self.application, chosen=chosen or self.choose(rows, mark), mark=mark,
            pace=act.Pace(in_turn=in_turn), person=self.person, reason="slower", now=self.now(), enqueue=self.enqueue,
            record=self.record, record_batch=lambda _: None, feed=self.feed,
        )  # fmt: skip

    def go_on(self) -> None:
        act.go_on(
            now=self.now(), feed=self.feed, enqueue=self.enqueue, record=self.record, record_batch=lambda _: None
        )  # fmt: skip

    def carry_out_asked(self) -> None:
        while self.asked:
            self.carry_out(Command.objects.get(pk=self.asked.pop(0)))

    def states(self) -> dict[str, str]:
        return dict(Command.objects.values_list("policy", "state"))

    @property
    def intervals(self) -> list[int]:
        """On the hub."""
        return [one["trafficAnalysis"]["checkIntervalSeconds"] for one in self.policies]


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Several]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        made = Several(fleet)
        yield made
        made.close()


def test_the_fields_arrive_in_the_canaries_of_both_and_each_is_followed_by_itself(world: Several) -> None:
    world.edit(lambda found: merged(found[0]["rollout"], {"rolloutPolicy": {"trafficAnalysis": {"checkFailedTimes": 7}}}))  # fmt: skip  # noqa: E501
    world.look()
    batch = world.apply_to_all(world.review_both(interval="20"))
    assert world.intervals == [10, 10], "nothing is written by trying"
    world.carry_out_asked()
    assert world.intervals == [20, 20]
    world.advance(3)
    for command in batch.commands.all():
        assert world.followed(command).state == "observed"
        assert command.sentence == "The Canary says what the policy says in all 2 clusters."
        assert command.reason == "slower"
    for name in MEMBERS:
        cart = world.fleet.get(name, CANARIES, NAMESPACE, "cart")["spec"]["analysis"]
        checkout = world.canary(name)["spec"]["analysis"]
        assert (cart["interval"], cart["threshold"]) == ("20s", 7), "the rest of the other policy stays its own"
        assert (checkout["interval"], checkout["threshold"]) == ("20s", 2)
    world.go_on()
    batch.refresh_from_db()
    assert batch.ended_at is not None


def test_what_somebody_else_makes_of_one_refuses_that_one_and_the_other_goes(world: Several) -> None:
    world.apply_to_all(world.review_both(interval="20"))
    world.edit(lambda found: merged(found[0]["rollout"], {"rolloutPolicy": CHANGE}))
    world.carry_out_asked()
    assert world.states() == {OTHER: "refused", POLICY: "accepted"}
    assert world.intervals == [40, 20]


def test_one_right_that_is_lost_before_a_worker_comes_refuses_that_one_alone(world: Several) -> None:
    batch = world.apply_to_all(world.review_both(interval="20"))
    for command in batch.commands.order_by("id"):
        world.allowed = command.policy == POLICY
        world.carry_out(command)
    assert world.states() == {OTHER: "refused", POLICY: "accepted"}
    assert world.intervals == [10, 20]


def test_one_right_that_is_lost_before_the_click_is_refused_at_once_and_kept(world: Several) -> None:
    rows = world.review_both(interval="20")
    mark = str(uuid.uuid4())
    first, other = world.choose(rows, mark)
    batch = world.apply_to_all(rows, chosen=[first, replace(other, may_not="You may not.")])
    world.carry_out_asked()
    assert world.states() == {OTHER: "refused", POLICY: "accepted"}
    refused = batch.commands.get(policy=OTHER)
    assert (refused.sentence, refused.ended_at is not None) == ("You may not.", True)
    assert world.recorded.count("refused") == 1


def test_in_turn_the_second_waits_until_the_first_was_seen(world: Several) -> None:
    world.apply_to_all(world.review_both(interval="20"), in_turn=True)
    world.carry_out_asked()
    world.go_on()
    assert world.states() == {POLICY: "accepted", OTHER: "waiting"}
    assert world.intervals == [10, 20]
    world.advance(3)
    world.followed(Command.objects.get(policy=POLICY))
    world.go_on()
    world.carry_out_asked()
    assert world.states() == {POLICY: "observed", OTHER: "accepted"}
    assert world.intervals == [20, 20]


def test_in_turn_nothing_follows_what_did_not_come_about(world: Several) -> None:
    batch = world.apply_to_all(world.review_both(interval="20"), in_turn=True)
    world.edit(lambda found: merged(found[1]["rollout"], {"rolloutPolicy": CHANGE}))
    world.carry_out_asked()
    world.go_on()
    batch.refresh_from_db()
    assert world.states() == {POLICY: "refused", OTHER: "cancelled"}
    assert batch.sentence == "Stopped, since it did not come about for one policy."
    assert world.intervals == [10, 40]


def test_what_was_entered_stays_encrypted_while_one_waits_for_its_turn(world: Several) -> None:
    base = world.rollout["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"][0]
    rows = world.review_both(**{"commands-1": f"{base} --token=fresh", "commands-1-at": ""})
    world.apply_to_all(rows, in_turn=True)
    drafts.forget(world.now())
    world.carry_out_asked()
    world.advance(3)
    world.followed(Command.objects.get(policy=POLICY))
    world.go_on()
    world.carry_out_asked()
    written: Any = [one["trafficAnalysis"]["webhooks"]["command"][1] for one in world.policies]
    assert all(one.endswith("--token=fresh") for one in written)
    assert "cart-canary" in written[0]
    assert "fresh" not in str([(one.texts, one.sealed, one.base) for one in PolicyDraft.objects.all()])


def test_when_a_cluster_would_not_take_one_of_them_after_all_none_is_asked_for(world: Several) -> None:
    rows = world.review_both(interval="20")
    rows[1].trials.update(answer="refused")
    with pytest.raises(act.ChangedSince):
        world.apply_to_all(rows)
    assert not Command.objects.exists()
