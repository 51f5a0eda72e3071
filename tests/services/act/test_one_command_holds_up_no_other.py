"""A command that cannot be looked after, as one whose key is gone, holds up nothing else, and ends in its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts import tasks
from rollouts.domain.commands import Act
from rollouts.models import Command, DraftTrial, PolicyDraft, Reversal
from rollouts.services import act, remove, whole
from rollouts.services.act import coming, drafts, settling
from tests.services.act.editing import Editing
from tests.services.act.governing import OTHER

OF_OTHERS = {"look_after_removals": remove, "look_after_applications": whole}
STEPS = ("settle", "begin_parts", "go_on", "look_after", *OF_OTHERS)


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Editing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        made = Editing(fleet)
        yield made
        made.close()


@pytest.fixture
def other_keys(settings: Any) -> Any:
    """Call it, and what was sealed before cannot be read any more."""

    def change() -> None:
        settings.SECRET_KEYS = [Fernet.generate_key().decode()]

    return change


def sealed(world: Editing) -> PolicyDraft:
    base = world.rollout["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"][0]
    return world.review(**{"commands-0": f"{base} --token=fresh"})


def accepted(world: Editing) -> Command:
    return world.carry_out(world.apply(sealed(world)))


def lost_by_the_broker(world: Editing) -> Command:
    """A later command, that a worker is to be asked for again."""
    world.asked.clear()
    return Command.objects.create(
        application=world.application, policy=OTHER, act=Act.PAUSE, mark="another", person=world.person,
        requested_at=world.now(), expires_at=world.now() + timedelta(minutes=1),
    )  # fmt: skip


def time_is_over(world: Editing, command: Command) -> None:
    Command.objects.filter(pk=command.pk).update(expires_at=world.now() - timedelta(seconds=1))


def test_others_are_looked_after_where_what_was_entered_cannot_be_read(world: Editing, other_keys: Any) -> None:
    command = accepted(world)
    lost = lost_by_the_broker(world)
    other_keys()
    world.advance(5)
    assert world.followed(command).state == "accepted"
    assert command.sentence.startswith("Whether it is there cannot be told. What is stored cannot be decrypted")
    assert set(world.asked) == {lost.pk}
    assert set(DraftTrial.objects.exclude(cluster=world.hub).values_list("lacks", flat=True)) != {""}


def test_it_ends_in_its_time_and_says_why(world: Editing, other_keys: Any) -> None:
    command = accepted(world)
    other_keys()
    time_is_over(world, command)
    assert world.settle(command).state == "expired"
    assert "not seen in time. Whether it is there cannot be told." in command.sentence
    assert "KURATOR_UI_SECRET_KEYS" in command.sentence


def test_with_its_key_again_it_is_seen(world: Editing, other_keys: Any, settings: Any) -> None:
    keys = settings.SECRET_KEYS
    command = accepted(world)
    other_keys()
    world.advance(3)
    world.followed(command)
    settings.SECRET_KEYS = keys
    world.advance(3)
    assert world.followed(command).state == "observed"


def test_what_cannot_be_carried_out_without_the_key_is_refused(world: Editing, other_keys: Any) -> None:
    command = world.apply(sealed(world))
    other_keys()
    assert world.carry_out(command).state == "refused"
    assert "cannot be decrypted" in command.sentence


def test_the_same_review_with_other_keys_is_another_row(world: Editing, other_keys: Any) -> None:
    first = sealed(world)
    assert sealed(world) == first
    other_keys()
    second = sealed(world)
    assert second != first
    assert "fresh" in drafts.draft_of(second).texts["commands-0"]


def test_an_error_nobody_thought_of_is_kept_to_its_command(world: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    command = world.carry_out(world.apply(world.review(interval="20")))
    lost = lost_by_the_broker(world)

    def broken(_: Command, __: datetime) -> coming.Coming:
        raise RuntimeError

    monkeypatch.setattr(settling, "coming", broken)
    world.advance(5)
    assert world.settle(command).state == "accepted"
    assert world.asked == [lost.pk]
    time_is_over(world, command)
    assert world.settle(command).state == "expired"
    assert command.sentence == settling.BROKEN


def test_what_cannot_be_judged_keeps_nothing_else_on(world: Editing) -> None:
    command = world.carry_out(world.request(Act.PAUSE, world.preview(Act.PAUSE, **{"for": "30", "then": "resume"})))
    world.advance(1)
    good = Reversal.objects.get()
    Reversal.objects.filter(pk=good.pk).update(until=good.made_at, next_at=good.made_at)
    sooner = {"made_at": good.made_at, "until": good.until, "next_at": good.made_at - timedelta(seconds=9)}
    Reversal.objects.create(command=command, switch="unknown", with_release=False, by_itself=True, **sooner)
    act.look_after(now=world.now(), feed=world.feed, enqueue=world.enqueue)
    assert world.asked_to_put_back == [good.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("broken", STEPS)
def test_a_step_that_fails_keeps_no_other_from_its_turn(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[str] = []

    def step(name: str) -> Any:
        def take(**_: Any) -> None:
            turns.append(name)
            if name == broken:
                raise RuntimeError

        return take

    for name in STEPS:
        monkeypatch.setattr(OF_OTHERS.get(name, act), name, step(name))
    tasks.settle_commands()
    assert turns == list(STEPS)
