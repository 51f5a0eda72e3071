"""The reason of a command by the API, after it was requested."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import AuditEntry, Command, RequiredReason, Role, Rollout
from tests.api.asking import bearer, get, post
from tests.support.builders import make_command
from tests.support.governed import make_policy, make_policy_command
from tests.support.people import grant, make_operator, make_person, make_token

pytestmark = pytest.mark.django_db
WHY = "wrong colour"


@pytest.fixture
def person() -> Any:
    return make_operator("olga")


@pytest.fixture
def program(person: Any) -> Client:
    return bearer(make_token(person, "operate").secret)


def owed(program: Client, running: Rollout) -> int:
    """A roll back that went ahead without the reason that is required."""
    RequiredReason.objects.create()
    shown = post(program, f"/rollouts/{running.pk}/preview", act="roll-back")
    given = {name: shown[name] for name in ("act", "mark", "digest")}
    made = post(program, f"/rollouts/{running.pk}/commands", 201, **given)
    assert (made["reason"], made["owes_reason"]) == ("", True)
    return int(made["id"])


def say(client: Client, command: int, reason: str = WHY, status: int = 200) -> Any:
    return post(client, f"/commands/{command}/reason", status, reason=reason)


def test_a_required_reason_follows_and_is_in_the_audit_trail_once(program: Client, running: Rollout) -> None:
    command = owed(program, running)
    for _ in range(2):
        said = say(program, command, f" {WHY} ")
        assert (said["reason"], said["owes_reason"]) == (WHY, False)
    assert get(program, f"/commands/{command}")["reason"] == WHY
    entry = AuditEntry.objects.get(act="give-reason")
    assert (entry.person, entry.reason, entry.cluster) == ("olga", WHY, "eu-west")


def test_one_that_was_not_required_follows_too(program: Client, running: Rollout, person: Any) -> None:
    assert say(program, make_command(running, act="pause", person=person).pk)["reason"] == WHY


def test_that_of_a_policy_follows_too(program: Client, person: Any) -> None:
    command = make_policy_command(make_policy("checkout"), person=person)
    assert say(program, command.pk)["reason"] == WHY


def test_it_is_not_put_in_place_of_another(program: Client, running: Rollout, person: Any) -> None:
    command = make_command(running, person=person, reason="the first")
    assert say(program, command.pk, status=409)["error"] == {"code": "conflict", "message": "It has a reason already."}
    command.refresh_from_db()
    assert command.reason == "the first"


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_no_reason(program: Client, running: Rollout, person: Any, reason: str) -> None:
    error = say(program, make_command(running, person=person).pk, reason, 422)["error"]
    assert (error["message"], error["fields"][0]["where"]) == ("Say why.", "body.reason")


def test_nobody_else_says_why(running: Rollout, person: Any) -> None:
    command = make_command(running, person=person)
    root = make_person("root", is_superuser=True)
    error = say(bearer(make_token(root, "operate").secret), command.pk, status=403)["error"]
    assert error["message"] == "olga asked for it, and nobody else can say why."
    assert not Command.objects.exclude(reason="").exists()


def test_a_token_for_looking_says_nothing(running: Rollout, person: Any) -> None:
    command = make_command(running, person=person)
    say(bearer(make_token(person, "read").secret), command.pk, status=403)


def test_who_may_not_act_any_more_says_nothing(running: Rollout) -> None:
    somebody = make_person("bob", Role.OPERATOR)
    client, command = bearer(make_token(somebody, "operate").secret), make_command(running, person=somebody)
    grant(somebody, Role.VIEWER)
    say(client, command.pk, status=403)
    assert not AuditEntry.objects.filter(act="give-reason").exists()
