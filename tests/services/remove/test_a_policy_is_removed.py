"""A policy is removed in both of its clusters, from the click to the last leftover, and users are served throughout."""

from __future__ import annotations

import pytest

from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from rollouts.models import AuditEntry, Cluster, Removal
from rollouts.services import remove
from rollouts.services.act import NotPossible
from tests.services.act.governing import MEMBERS, NAME, merged
from tests.services.remove.world import Removing


def rollouts_of(world: Removing) -> list[bool]:
    """Of both policies of the Application, whether they have one."""
    found: list[bool] = []
    world.edit(lambda policies: found.extend("rollout" in one for one in policies))
    return found


def test_users_are_served_at_every_moment_and_nothing_of_it_is_left(world: Removing) -> None:
    removal = world.until_ended(world.ask())
    assert removal.state == "done"
    assert removal.sentence.startswith("The rollout is removed in all 2 clusters, and the targets serve users.")
    left = "Left behind, and not taken away from here: the load tester checkout-testloader."
    assert removal.sentence.endswith(f"In all 2 clusters: {left}"), "once, since it is the same in both"
    assert rollouts_of(world) == [True, False], "the other policy is left alone"
    assert world.canaries_left() == []
    for name in MEMBERS:
        assert world.find(name, DEPLOYMENTS, f"{NAME}-primary") is None
        assert world.find(name, SERVICES, f"{NAME}-canary") is None
        target = world.find(name, DEPLOYMENTS)
        assert target is not None
        assert target["status"]["readyReplicas"] == target["spec"]["replicas"] > 0
        assert world.find(name, CANARIES, "cart"), "the Canary of the other policy stays"


def test_nothing_is_taken_away_before_every_cluster_is_ready_for_it(world: Removing) -> None:
    world.fleet.call(lambda: setattr(world.fleet.cluster("eu-north"), "state", "down"))
    removal = world.ask()
    for _ in range(10):
        world.go_on()
        world.fleet.advance(2)
    assert rollouts_of(world) == [True, True]
    assert world.canaries_left() == list(MEMBERS)
    assert "eu-north" in world.part(removal, "hub").sentence
    world.fleet.call(lambda: setattr(world.fleet.cluster("eu-north"), "state", "up"))
    world.fleet.advance(60)
    assert world.until_ended(removal, seconds=90).state == "done"


def test_what_is_not_ready_in_a_quarter_of_an_hour_ends_with_everything_as_it_was(world: Removing) -> None:
    world.fleet.call(lambda: setattr(world.fleet.cluster("eu-north"), "state", "down"))
    removal = world.ask()
    world.go_on()
    world.fleet.advance(16 * 60)
    world.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert removal.sentence.startswith("Not every cluster was ready for it in time, and nothing was taken away.")
    assert world.canaries_left() == list(MEMBERS)


def test_each_thing_that_is_written_is_in_the_audit_trail_with_who_and_why(world: Removing) -> None:
    world.until_ended(world.ask(reason="back to plain Deployments"))
    found = AuditEntry.objects.filter(act="remove").order_by("number")
    told = [(one.kind, one.cluster, one.outcome) for one in found]
    assert told[:3] == [("policy", "hub", "requested"), ("policy", "hub", "accepted"), ("policy", "hub", "accepted")]
    assert sorted(told[3:7]) == sorted(2 * [("rollout", name, "accepted") for name in MEMBERS])
    assert told[7:] == [("policy", "hub", "done")]
    assert {one.reason for one in found} == {"back to plain Deployments"}
    assert "revertOnDeletion" in found[1].patch
    assert '"remove"' in found[2].patch
    assert [("suspend" in one.patch, "deletion" in one.answer) for one in found if one.cluster == MEMBERS[0]] == [
        (True, False),
        (False, True),
    ]


def test_the_name_is_typed(world: Removing) -> None:
    with pytest.raises(remove.RemovalUnconfirmed, match="is not the name"):
        world.ask(typed="cart")
    assert not Removal.objects.exists()


def test_a_click_sent_twice_is_one_removal_and_another_one_waits(world: Removing) -> None:
    seen = world.preview_removal()
    assert world.ask(seen) == world.ask(seen)
    with pytest.raises(NotPossible, match="already"):
        world.ask()


def test_what_has_changed_since_it_was_shown_is_shown_anew(world: Removing) -> None:
    seen = world.preview_removal()
    world.edit(lambda policies: merged(policies[1], {"destination": {"fleet": "demo", "clusterSelector": None}}))
    world.release("eu-west", iterations=1)
    with pytest.raises(NotPossible, match="A release runs"):
        world.ask(seen)


def test_who_has_lost_the_right_meanwhile_takes_nothing_away(world: Removing) -> None:
    removal = world.ask()
    world.go_on()
    world.allowed = False
    world.fleet.advance(2)
    world.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert removal.sentence.startswith("olga may not do this any more.")
    assert world.canaries_left() == list(MEMBERS)


def test_it_can_be_stopped_at_any_step_and_users_stay_served(world: Removing) -> None:
    removal = world.ask()
    world.go_on()
    assert remove.stop_removal(removal=removal, now=world.now())
    assert not remove.stop_removal(removal=removal, now=world.now())
    world.fleet.advance(40)
    world.go_on()
    assert rollouts_of(world) == [True, True]
    assert world.served()


def test_what_blue_had_is_still_known_when_blue_is_gone(world: Removing) -> None:
    removal = world.ask()
    while world.part(removal, "eu-west").sentence != "Flagger brings the target back.":
        world.go_on()
        world.fleet.advance(1)
    world.fleet.advance(10)
    assert world.canaries_left() == []
    world.scale("eu-west", 0)
    world.go_on()
    part = world.part(removal, "eu-west")
    assert part.sentence == "0 of 0 pods of the target are ready."
    assert part.by_hand.startswith(f"Scale it to {part.blue}, ")
    assert part.blue > 0


def test_a_cluster_that_joins_meanwhile_ends_it_before_anything_is_taken_away(world: Removing) -> None:
    removal = world.ask()
    joined = Cluster.objects.get(name=MEMBERS[0])
    joined.pk, joined.name, joined.hub_name = None, "us-east", "us-east"
    joined.save()
    removal = world.until_ended(removal)
    assert removal.state == "failed"
    assert removal.sentence.startswith("hub: The policy has other clusters now, and nothing was taken away.")
    assert rollouts_of(world) == [True, True]
    assert world.canaries_left() == list(MEMBERS)
