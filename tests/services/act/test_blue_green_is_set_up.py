"""Blue/green is set up for a policy without a rollout, from the review to blue in every cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Wanted
from rollouts.domain.observations import Kind
from rollouts.domain.policies.creating import Target, blue_green
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import shown
from rollouts.models import Application, Cluster, Command, PolicyDraft, Rollout
from rollouts.queries import policies
from rollouts.services import act
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.services.act.editing import Editing
from tests.services.act.governing import HUB, MEMBERS, NAMESPACE

BASKET, BARE = "basket", "checkout-2"


class SettingUp(Editing):
    def begin(self) -> None:
        """Kurator brings a workload that has no rollout."""
        for name in MEMBERS:
            store = self.fleet.cluster(name).store
            store.create(DEPLOYMENTS, seeds.deployment(NAMESPACE, BASKET, "basket:1.0.0"))
            store.create(SERVICES, seeds.service(NAMESPACE, BASKET, 8080))
        self.edit(lambda found: found.append(seeds.bare_policy("demo", BASKET)))
        self.advance(3)

    @property
    def bare(self) -> Application:
        return Application.objects.get(workload="")

    def reviewed(self) -> PolicyDraft:
        first = blue_green(Target("Deployment", NAMESPACE, BASKET, 8080))
        draft = Draft(None, {**shown(first), STRATEGY: "blue-green", "interval": "10"})
        governed = policies.governed(self.bare, BARE, self.now())
        assert governed is not None
        row = act.keep_draft(
            application=self.bare, governed=governed, draft=draft, person=self.person, now=self.now()
        )  # fmt: skip
        act.ask_all(row=row, governed=governed, enqueue=self.enqueue, now=self.now())
        self.run_tasks()
        return row

    def applied(self, row: PolicyDraft) -> Command:
        wanted = Wanted(Act.EDIT_POLICY, act.want(Act.EDIT_POLICY).mark, draft=act.draft_of(row))
        seen = act.preview_policy(application=self.bare, policy=BARE, wanted=wanted, now=self.now())
        assert seen is not None
        return act.request_policy(
            application=self.bare, policy=BARE, wanted=wanted, digest=seen.digest, person=self.person, reason="",
            now=self.now(), enqueue=self.enqueue, record=self.record, feed=self.feed, draft=row,
        )  # fmt: skip

    def look_at_the_new(self) -> None:
        for cluster in Cluster.objects.filter(name__in=MEMBERS):
            seen = self.connections[cluster.name].get(Kind.CANARY, NAMESPACE, BASKET)
            lease = Lease(cluster.pk, cluster.lease)
            record([Sighting(lease, Collection(Kind.CANARY), (seen,), self.now(), cursor="1")], now=self.now())


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[SettingUp]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        made = SettingUp(fleet)
        made.begin()
        yield made
        made.close()


def test_it_is_tried_out_applied_and_followed_until_blue_is_there(world: SettingUp) -> None:
    row = world.reviewed()
    assert {name: answer for name, (answer, _) in world.answers(row).items()} == dict.fromkeys(
        (HUB, *MEMBERS), "accepted"
    )
    assert all(world.fleet.cluster(name).store.find(CANARIES, NAMESPACE, BASKET) is None for name in MEMBERS)
    command = world.carry_out(world.applied(row))
    assert (command.state, command.sentence) == (
        "accepted",
        "Kurator makes a Canary in all 2 clusters within 30 s, mostly at once, and Flagger makes blue at its tick.",
    )
    assert (command.expires_at - world.now()).total_seconds() == 130, "three ticks more than other edits have"
    world.advance(0.5)
    world.look_at_the_new()
    assert world.followed(command).state == "accepted", "there is no blue yet"
    for _ in range(6):
        world.advance(10)
        world.look_at_the_new()
    assert world.followed(command).state == "observed", command.sentence
    found = Rollout.objects.filter(name=BASKET).select_related("application")
    assert {(one.cluster.name, one.phase, one.application and one.application.workload) for one in found} == {
        (name, "Initialized", BASKET) for name in MEMBERS
    }
    assert not Application.objects.filter(workload="", deleted_at=None).exists()


def test_one_that_somebody_else_has_set_up_meanwhile_stays(world: SettingUp) -> None:
    row = world.reviewed()
    command = world.applied(row)
    other = seeds.sync_policy("demo", BASKET, NAMESPACE, seeds.Policy(interval=30, threshold=7))
    world.edit(lambda found: found.__setitem__(2, other))
    assert world.carry_out(command).state == "refused"
    world.advance(3)
    assert world.fleet.get(MEMBERS[0], CANARIES, NAMESPACE, BASKET)["spec"]["analysis"]["threshold"] == 7


def test_no_other_policy_is_hit_where_the_list_has_another_order(world: SettingUp) -> None:
    command = world.applied(world.reviewed())
    world.edit(lambda found: found.insert(0, found.pop()))
    assert world.carry_out(command).state == "refused"
    world.advance(3)
    assert all(world.fleet.cluster(name).store.find(CANARIES, NAMESPACE, BASKET) is None for name in MEMBERS)
