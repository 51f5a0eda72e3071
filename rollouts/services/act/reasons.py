"""The reason of an act: missing where one is required, or given after the click."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from rollouts.domain.commands import REASON_MAY_FOLLOW, Act
from rollouts.domain.ports import ChangeFeed
from rollouts.models import Application, Command, Rollout
from rollouts.queries import reasons
from rollouts.services.act.record import Record, tell

SAY_WHY = "Say why."


def owing(act: Act, reason: str) -> frozenset[str]:
    """The roles of which one is still wanted: none once it is given. To be read once for all that a request is of."""
    return frozenset() if reason else reasons.roles_asked(act)


def missing(person: Any, things: Iterable[Rollout | Application], act: Act, owe: frozenset[str]) -> str:
    """The sentence for who has to say why and has not, of roles that `owe` it. Where it may follow nothing is missing
    yet.
    """
    if act in REASON_MAY_FOLLOW or not any(reasons.is_asked(person, one, owe) for one in things):
        return ""
    return "Say why: a reason is required."


def not_theirs(command: Command, person: Any) -> str:
    """The sentence for who cannot say why it was asked for; empty for who asked for it."""
    return "" if command.person_id == person.pk else f"{command.person_name} asked for it, and nobody else can say why."


def give_reason(*, command: Command, person: Any, reason: str, now: datetime, record: Record, feed: ChangeFeed) -> str:
    """Once, by whoever asked for the act. The sentence why not, or nothing."""
    if wrong := not_theirs(command, person) or ("" if reason else SAY_WHY):
        return wrong
    with transaction.atomic():
        if not Command.objects.filter(pk=command.pk, reason="").update(reason=reason, owes_reason=False):
            return "" if Command.objects.filter(pk=command.pk, reason=reason).exists() else "It has a reason already."
        command.reason, command.owes_reason = reason, False
        record(command)
    tell(command, now, feed)
    return ""
