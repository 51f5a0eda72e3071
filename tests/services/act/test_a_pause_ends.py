"""A pause for a time: resumed by itself, or somebody is reminded, as the person chose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act, Refusal
from rollouts.models import Command, Reversal
from rollouts.services import act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Killed, Watched, kill, long_after

RESUMED = ("done", "It is resumed, as it was paused for a time only.")


def ask(world: Commanding, **choice: str) -> Command:
    chosen: Any = {name.rstrip("_"): value for name, value in choice.items()}
    return world.request(Act.PAUSE, **chosen)


def paused(world: Commanding, then: str = "resume") -> Command:
    world.release(iterations=1)
    command = world.carry_out(ask(world, for_="30", then=then))
    world.look()
    world.put_back()
    assert (command.state, world.spec["suspend"]) == ("accepted", True)
    return command


def over() -> None:
    reversal = Reversal.objects.get()
    Reversal.objects.update(until=reversal.made_at, next_at=reversal.made_at)


def test_it_is_resumed_when_the_time_is_over_and_the_release_goes_on(world: Commanding) -> None:
    paused(world)
    reversal = Reversal.objects.get()
    assert reversal.until == reversal.made_at + timedelta(minutes=30)
    world.fleet.advance(29 * 60)
    world.put_back()
    assert world.spec["suspend"] is True
    world.fleet.advance(61)
    world.put_back()
    assert (world.spec["suspend"], world.reversed) == (False, [RESUMED])
    at = world.status["iterations"]
    world.tick()
    assert world.status["iterations"] == at + 1


def test_the_end_of_the_release_resumes_nothing(world: Commanding) -> None:
    """A pause holds for what comes next, too."""
    world.carry_out(ask(world, for_="30", then="resume"))
    world.look()
    world.put_back()
    assert world.spec["suspend"] is True


def test_where_a_person_is_to_be_reminded_nothing_is_resumed(world: Commanding) -> None:
    paused(world, "remind")
    over()
    world.put_back()
    assert (world.spec["suspend"], world.asked_to_put_back, Reversal.objects.get().state) == (True, [], "open")


def test_who_chooses_only_a_time_is_reminded(world: Commanding) -> None:
    world.release(iterations=1)
    seen = world.preview(Act.PAUSE, **{"for": "60"}).judged
    assert not isinstance(seen, Refusal)
    assert "until somebody resumes it; after 1 hour its page and the fleet remind of it" in seen.effect
    assert seen.reversal is not None
    assert not seen.reversal.by_itself


def test_without_a_time_nothing_is_kept(world: Commanding) -> None:
    world.release(iterations=1)
    world.carry_out(world.request(Act.PAUSE))
    assert not Reversal.objects.exists()


@pytest.mark.parametrize("minutes", ["0", "-5", "1.5", "10081", "٣", "99999999999999999999", "00000000199999"])
def test_a_time_that_is_none_is_refused(world: Commanding, minutes: str) -> None:
    world.release(iterations=1)
    with pytest.raises(act.Unconfirmed, match="for 1 to 10080 whole minutes"):
        ask(world, for_=minutes)


def test_what_happens_then_has_to_be_one_of_two(world: Commanding) -> None:
    world.release(iterations=1)
    with pytest.raises(act.Unconfirmed, match="remind or resume, and not “abort”"):
        ask(world, for_="30", then="abort")


def test_what_a_person_resumes_is_not_resumed_again(world: Commanding) -> None:
    world.settle(paused(world))
    world.carry_out(world.request(Act.RESUME))
    assert world.reversed == [("left", "olga has decided anew.")]
    world.look()
    world.carry_out(world.request(Act.PAUSE))
    over()
    world.put_back()
    assert world.spec["suspend"] is True


def test_what_somebody_resumed_past_this_program_is_left(world: Commanding) -> None:
    paused(world, "remind")
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"suspend": False}})
    world.look()
    world.put_back()
    assert world.reversed == [("left", "It was resumed by somebody else.")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_is_killed_while_it_pauses_is_followed(world: Commanding, moment: str) -> None:
    world.release(iterations=1)
    command = ask(world, for_="30", then="resume")
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment: kill}))
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    world.look()
    over()
    world.put_back()
    assert (world.spec["suspend"], world.reversed) == (False, [RESUMED])
