from __future__ import annotations

import json

import pytest

from rollouts.domain import trail
from rollouts.domain.authors import Author, acting
from rollouts.domain.commands import Act
from rollouts.models import AuditEntry, Command, CommandState
from rollouts.services import act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding


def stages() -> list[tuple[str, str]]:
    """Of every entry about a rollout: who, and how far the act had come."""
    return [(one.person, one.outcome) for one in AuditEntry.objects.filter(kind="rollout").order_by("number")]


def request(world: Commanding, wanted: Act, reason: str = "") -> Command:
    with acting(lambda: Author("olga", world.person.pk, "192.0.2.7")):
        return world.request(wanted, reason=reason, record=act.to_trail)


def test_what_was_asked_for_is_told_from_the_click_to_what_was_seen(world: Commanding) -> None:
    world.release(iterations=2)
    command = request(world, Act.ROLL_BACK, "wrong colour")
    world.carry_out(command, record=act.on_behalf)
    world.tick()
    world.settle(command, record=act.on_behalf)
    assert stages() == [("olga", "requested"), ("olga", "accepted"), ("olga", "observed")]
    requested, accepted, observed = AuditEntry.objects.filter(kind="rollout").order_by("number")
    assert (requested.act, requested.cluster, requested.namespace, requested.name, requested.release) == (
        "roll-back", CLUSTER, NAMESPACE, NAME, 1,
    )  # fmt: skip
    assert (requested.reason, requested.preview, requested.address) == (
        "wrong colour", command.preview, "192.0.2.7",
    )  # fmt: skip
    assert [one["body"]["status"] for one in json.loads(accepted.patch)] == [{"failedChecks": 2}]
    assert observed.answer == "The release is rolled back."


def test_a_refusal_is_told_with_its_reason(world: Commanding) -> None:
    world.release(iterations=1)
    command = request(world, Act.ROLL_BACK)
    world.allowed = False
    world.carry_out(command, record=act.on_behalf)
    assert stages() == [("olga", "requested"), ("olga", "refused")]
    assert "may not do this any more" in AuditEntry.objects.latest("number").answer


def test_whoever_cancels_is_named(world: Commanding) -> None:
    world.release(iterations=1)
    command = request(world, Act.ROLL_BACK)
    with acting(lambda: Author("otto", 77)):
        assert act.cancel(command=command, now=world.now(), record=act.to_trail, feed=world.feed)
    assert stages() == [("olga", "requested"), ("otto", "cancelled")]


@pytest.mark.parametrize("wanted", Act)
def test_every_act_has_a_word_in_the_trail(wanted: Act) -> None:
    assert trail.Act(wanted)


@pytest.mark.parametrize("state", CommandState)
def test_every_stage_has_a_word_in_the_trail(state: CommandState) -> None:
    assert trail.Stage(state)
