"""The reason of an act: missing where one is required, or given after the click."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from rollouts.domain.commands import REASON_MAY_FOLLOW, Act
from rollouts.domain.ports import ChangeFeed
from rollouts.models import Application, Command, Rollout
from rollouts.queries import reasons
from rollouts.services.act.record import Record, tell


def missing(person: Any, one: Rollout | Application, act: Act, reason: str) -> str:
    """The sentence for who has to say why and has not. Where it may follow nothing is missing yet."""
    if reason or act in REASON_MAY_FOLLOW or not reasons.is_required(person, one, act):
        return ""
    return "Say why: a reason is required."


def give_reason(*, command: Command, person: Any, reason: str, now: datetime, record: Record, feed: ChangeFeed) -> str:
    """Once, by whoever asked for the act. The sentence why not, or nothing."""
    if command.person_id != person.pk:
        return f"{command.person_name} asked for it, and nobody else can say why."
    if not reason:
        return "Say why."
    with transaction.atomic():
        if not Command.objects.filter(pk=command.pk, reason="").update(reason=reason, owes_reason=False):
            return "" if Command.objects.filter(pk=command.pk, reason=reason).exists() else "It has a reason already."
        command.reason, command.owes_reason = reason, False
        record(command)
    tell(command, now, feed)
    return ""
