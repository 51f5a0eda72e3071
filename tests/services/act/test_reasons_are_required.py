"""Where an administrator wants a reason, nothing is requested without one; that of a roll back may follow."""

from __future__ import annotations

import json

import pytest

from rollouts.domain.commands import Act
from rollouts.models import AuditEntry, Command, RequiredReason, Role
from rollouts.services import act
from tests.services.act.commanding import Commanding
from tests.support.people import anew, grant, make_person


@pytest.fixture
def world(world: Commanding) -> Commanding:
    """Olga is an operator, and a release runs."""
    grant(world.person, Role.OPERATOR)
    world.person = anew(world.person)
    world.release(iterations=1)
    return world


@pytest.mark.parametrize("rule", [{}, {"act": "pause"}, {"role": "operator"}, {"role": "operator", "act": "pause"}])
def test_without_it_nothing_is_requested(world: Commanding, rule: dict[str, str]) -> None:
    RequiredReason.objects.create(**rule)
    with pytest.raises(act.Unconfirmed, match="Say why") as refused:
        world.request(Act.PAUSE)
    assert refused.value.field == "reason"
    assert (Command.objects.count(), world.asked) == (0, [])
    assert world.request(Act.PAUSE, reason="lunch").reason == "lunch"


@pytest.mark.parametrize("rule", [{"act": "retry"}, {"role": "admin"}, {"role": "admin", "act": "pause"}])
def test_what_is_asked_of_others_or_for_other_acts_is_not_asked(world: Commanding, rule: dict[str, str]) -> None:
    RequiredReason.objects.create(**rule)
    assert world.request(Act.PAUSE).owes_reason is False


def test_an_admin_is_asked_what_is_asked_of_admins(world: Commanding) -> None:
    RequiredReason.objects.create(role="admin")
    grant(world.person, Role.ADMIN)
    world.person = anew(world.person)
    with pytest.raises(act.Unconfirmed):
        world.request(Act.PAUSE)


def test_a_roll_back_goes_ahead_and_owes_it(world: Commanding) -> None:
    RequiredReason.objects.create()
    command = world.carry_out(world.request(Act.ROLL_BACK))
    assert (command.state, command.owes_reason) == ("accepted", True)
    assert give(world, command, "wrong colour") == ""
    command.refresh_from_db()
    assert (command.reason, command.owes_reason) == ("wrong colour", False)


def give(world: Commanding, command: Command, reason: str) -> str:
    return act.give_reason(
        command=command, person=world.person, reason=reason, now=world.now(), record=act.of_the_reason, feed=world.feed
    )


def test_a_reason_that_follows_is_in_the_audit_trail_once(world: Commanding) -> None:
    command = world.request(Act.ROLL_BACK)
    assert [give(world, command, "wrong colour") for _ in range(2)] == ["", ""]
    entry = AuditEntry.objects.get(act="give-reason")
    assert (entry.reason, entry.cluster, entry.preview) == ("wrong colour", "eu-west", command.preview)
    assert entry.answer.startswith("For roll back, asked for at ")


def test_a_reason_is_not_put_in_place_of_another(world: Commanding) -> None:
    command = world.request(Act.ROLL_BACK, reason="wrong colour")
    assert give(world, command, "something else") == "It has a reason already."
    assert give(world, command, "") == "Say why."
    command.refresh_from_db()
    assert command.reason == "wrong colour"


def test_nobody_else_says_why(world: Commanding) -> None:
    command = world.request(Act.ROLL_BACK)
    world.person = make_person("otto", Role.ADMIN)
    assert give(world, command, "I guess") == "olga asked for it, and nobody else can say why."
    command.refresh_from_db()
    assert command.reason == ""


def test_the_command_carried_out_meanwhile_keeps_the_reason(world: Commanding) -> None:
    """A worker that read the command before the reason came writes only what is its own."""
    command = world.request(Act.ROLL_BACK)
    give(world, Command.objects.get(pk=command.pk), "wrong colour")
    assert world.carry_out(command).reason == "wrong colour"


def test_changes_of_what_is_required_are_in_the_audit_trail(db: None) -> None:
    rule = RequiredReason.objects.create(role="operator", act="pause")
    rule.act = ""
    rule.save()
    rule.delete()
    entries = AuditEntry.objects.filter(kind="required-reason").order_by("number")
    assert [(one.act, one.name) for one in entries] == [
        ("add", "of operators for pause"),
        ("change", "of operators for any act"),
        ("remove", "of operators for any act"),
    ]
    assert json.loads(entries[1].patch) == {"before": {"act": "pause"}, "after": {"act": ""}}
