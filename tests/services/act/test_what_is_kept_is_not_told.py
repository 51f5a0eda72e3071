"""What this program keeps in a choice is what it has seen itself: whoever asks for an act cannot say it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.commands import KEPT, Act
from rollouts.domain.errors import InvalidInput
from rollouts.models import Batch, Command, Rollout
from rollouts.services import act
from tests.services.act.commanding import Commanding
from tests.services.act.several import Several
from tests.support.governed import POLICY, make_policy
from tests.support.people import make_operator

EACH = pytest.mark.parametrize("name", sorted(KEPT))


def nothing(*_: object) -> None:
    raise AssertionError("nothing is asked of a worker, or written")


@EACH
def test_no_act_is_requested_with_it(world: Commanding, name: str) -> None:
    world.release(iterations=1)
    for wanted in Act:
        with pytest.raises(InvalidInput, match=f"cannot be told '{name}'.*Leave it out"):
            world.preview(wanted, **{name: "90s"})
        with pytest.raises(InvalidInput, match=f"{wanted} cannot be told '{name}'"):
            act.request(
                rollout=world.rollout, wanted=act.want(wanted, {name: "90s"}), digest="", person=world.person,
                reason="", now=world.now(), enqueue=nothing, record=nothing, feed=world.feed,
            )  # fmt: skip
    assert not Command.objects.exists()


def test_a_roll_back_at_once_writes_no_interval_that_was_made_up(world: Commanding) -> None:
    world.release(iterations=1)
    found = str(world.spec["analysis"]["interval"])
    with pytest.raises(InvalidInput):
        world.request(Act.ROLL_BACK, tick="at-once", interval="1000000m", forced=found)
    assert not Command.objects.exists()


def test_none_is_requested_in_several_clusters(several: Several) -> None:
    several.release()
    wanted = act.want(Act.ROLL_BACK, {"interval": "1000000m", "forced": "10s"})
    rollouts = list(Rollout.objects.all())
    with pytest.raises(InvalidInput, match="cannot be told 'forced'"):
        act.request_many(
            application=several.application, rollouts=rollouts, chosen=[act.Chosen(rollouts[0].pk, "")],
            wanted=wanted, pace=act.Pace(), person=several.person, reason="", now=several.now(), enqueue=nothing,
            record=nothing, record_batch=nothing, feed=several.feed,
        )  # fmt: skip
    assert not Batch.objects.exists()


@EACH
def test_none_is_requested_of_a_policy(db: None, name: str) -> None:
    with pytest.raises(InvalidInput, match=f"pause cannot be told '{name}'"):
        act.request_policy(
            application=make_policy("eu-west"), policy=POLICY, wanted=act.want(Act.PAUSE, {name: "90s"}), digest="",
            person=make_operator(), reason="", now=timezone.now(), enqueue=nothing, record=nothing,
            feed=MemoryChangeFeed(),
        )  # fmt: skip
    assert not Command.objects.exists()
