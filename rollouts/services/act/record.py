"""Every stage of a command goes to the audit trail, within the transaction that writes it, and to open pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from rollouts.domain.ports import ChangeFeed, Hint
from rollouts.models import Command, CommandState
from rollouts.models.commands import OPEN

Record = Callable[[Command], None]
"""Writes the command as it is now into the audit trail."""


def move(
    command: Command, *, to: CommandState, sentence: str, now: datetime, record: Record, feed: ChangeFeed,
    **fields: object,
) -> bool:  # fmt: skip
    """False, and nothing written, when the row is no longer in the state and claim that `command` has."""
    with transaction.atomic():
        held = Command.objects.filter(pk=command.pk, state=command.state, claim=command.claim)
        fields = {"state": to, "sentence": sentence, "claimed_until": None, **fields}
        if to not in OPEN:
            fields["ended_at"] = now
        if not held.update(**fields):
            return False
        for name, value in fields.items():
            setattr(command, name, value)
        record(command)
    tell(command, now, feed)
    return True


def tell(command: Command, now: datetime, feed: ChangeFeed) -> None:
    topics = [f"commands-{command.rollout_id}" if command.rollout_id else f"application-{command.application_id}"]
    if command.batch is not None:
        topics.append(f"batches-{command.batch.application_id}")
    feed.publish([Hint(topic, int(now.timestamp() * 1000)) for topic in topics])
