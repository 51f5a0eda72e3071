"""A pause for a time of all clusters of a policy: resumed on the hub by itself, or somebody is reminded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Plan
from rollouts.domain.errors import Unreachable
from rollouts.models import Cluster, Command, Reversal
from rollouts.services import act
from tests.services.act.connections import Killed, Watched, kill, long_after
from tests.services.act.governing import Governing, governing, merged

RESUMED = ("done", "It is resumed, as it was paused for a time only.")


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        yield made


def ask(world: Governing, then: str = "resume", minutes: str = "30") -> Command:
    return world.request(Act.PAUSE, world.preview(Act.PAUSE, **{"for": minutes, "then": then}))


def paused(world: Governing, then: str = "resume") -> Command:
    command = world.carry_out(ask(world, then))
    world.advance(1)
    world.put_back()
    assert (command.state, suspend(world), world.suspended) == ("accepted", True, (True, True))
    return command


def suspend(world: Governing) -> Any:
    return world.policies[1].get("suspend")


def over() -> None:
    reversal = Reversal.objects.get()
    Reversal.objects.update(until=reversal.made_at, next_at=reversal.made_at)


def test_all_clusters_are_resumed_when_the_time_is_over(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    world.settle(paused(world))
    reversal = Reversal.objects.get()
    assert (reversal.rollout, reversal.until) == (None, reversal.made_at + timedelta(minutes=30))
    world.advance(29 * 60)
    world.put_back()
    assert suspend(world) is True
    world.advance(61)
    world.put_back()
    assert (suspend(world), world.reversed) == (False, [RESUMED])
    world.advance(1)
    assert world.suspended == (False, False)
    at = world.canary("eu-west")["status"]["iterations"]
    world.advance(10)
    assert world.canary("eu-west")["status"]["iterations"] == at + 1


def test_where_a_person_is_to_be_reminded_nothing_is_resumed(world: Governing) -> None:
    paused(world, "remind")
    over()
    world.put_back()
    assert (suspend(world), world.asked_to_put_back, Reversal.objects.get().state) == (True, [], "open")


def test_a_preview_tells_what_happens_then_and_where_releases_go_on(world: Governing) -> None:
    world.release("eu-west", iterations=1)
    seen = world.preview(Act.PAUSE, **{"for": "60", "then": "resume"}).judged
    assert isinstance(seen, Plan)
    assert "until it is resumed: by itself 1 hour after it is paused, if nobody does so before." in seen.effect
    assert "When the time is over releases go on in eu-west, whether somebody looks or not." in seen.warnings
    seen = world.preview(Act.PAUSE, **{"for": "60"}).judged
    assert isinstance(seen, Plan)
    assert "after 1 hour the page of the application and the fleet remind of it." in seen.effect
    assert seen.warnings == ()


def test_without_a_time_nothing_is_kept(world: Governing) -> None:
    world.carry_out(world.request(Act.PAUSE))
    assert not Reversal.objects.exists()


@pytest.mark.parametrize(("minutes", "then", "said"), [("0", "", "whole minutes"), ("5", "abort", "remind or resume")])
def test_a_choice_that_is_none_is_refused(world: Governing, minutes: str, then: str, said: str) -> None:
    with pytest.raises(act.PolicyUnconfirmed, match=said):
        ask(world, then, minutes)


def test_a_long_pause_is_given_up_as_soon_as_a_short_one_when_a_cluster_does_not_show_it(world: Governing) -> None:
    command = world.carry_out(ask(world, "remind", "10080"))
    assert command.expires_at <= world.now() + timedelta(minutes=2)


def test_what_a_person_resumes_is_not_resumed_again(world: Governing) -> None:
    world.settle(paused(world))
    world.carry_out(world.request(Act.RESUME))
    assert world.reversed == [("left", "olga has decided anew.")]
    world.advance(1)
    world.carry_out(world.request(Act.PAUSE))
    world.advance(1)
    over()
    world.put_back()
    assert suspend(world) is True


def test_what_somebody_resumed_on_the_hub_is_left(world: Governing) -> None:
    paused(world, "remind")
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], {"suspend": False}))
    world.look()
    world.put_back()
    assert world.reversed == [("left", "It was resumed by somebody else.")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_is_killed_while_it_pauses_is_followed(world: Governing, moment: str) -> None:
    command = ask(world)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment: kill}))
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    world.advance(1)
    over()
    world.put_back()
    assert (suspend(world), world.reversed) == (False, [RESUMED])


def test_a_hub_that_is_away_is_tried_until_it_answers(world: Governing) -> None:
    def nobody(_: Cluster) -> Any:
        raise Unreachable("hub gives no answer.")

    paused(world)
    over()
    world.put_back(connect=nobody)
    row = Reversal.objects.get()
    assert (row.state, row.attempts, row.sentence) == ("open", 1, "hub gives no answer.")
    world.advance(5)
    world.put_back()
    assert (suspend(world), world.reversed) == (False, [RESUMED])
