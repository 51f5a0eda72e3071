"""What a command turns on for a while: noted before it is turned on, and watched until it is off again.

The note is in the database before any patch is sent, so that no crash leaves a switch on that nobody knows of. Each
pass over open commands looks at open reversals too; `putting_back` turns off what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from rollouts.domain import memory
from rollouts.domain.commands import Act, Binding, Plan, Switch
from rollouts.domain.commands.reversal import has_ended
from rollouts.domain.commands.switches import is_on
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.domain.rollout import RolloutState
from rollouts.models import Command, CommandState, Reversal, ReversalState
from rollouts.services.act.record import tell

TASK = "rollouts.tasks.put_back"
AT_ONCE = 500
RecordReversal = Callable[[Reversal], None]
"""Writes what came of it into the audit trail."""
WRITES = {Act.PAUSE: Switch.SUSPEND, Act.RESUME: Switch.SUSPEND, Act.PROMOTE_NOW: Switch.SKIP_ANALYSIS}

TURN_ON = frozenset({Act.PAUSE, Act.PROMOTE_NOW})


def note(command: Command, plan: Plan, now: datetime) -> bool:
    """Before the patches of `plan` are sent. False when somebody else carries the command out by now: then they must
    not be.
    """
    wanted, rollout = plan.reversal, command.rollout
    if wanted is None or rollout is None:
        return True
    blue = memory.load(rollout.state).blue
    with transaction.atomic():
        mine = Command.objects.filter(pk=command.pk, state=CommandState.REQUESTED, claim=command.claim)
        if not mine.update(claim=command.claim):  # and nobody takes it before this is committed
            return False
        Reversal.objects.get_or_create(
            command=command,
            defaults={
                "rollout": rollout, "switch": wanted.switch, "until": now + wanted.after, "made_at": now,
                "with_release": wanted.with_release, "by_itself": wanted.by_itself, "next_at": now,
                "blue_before": blue.template if blue is not None else "",
            },
        )  # fmt: skip
    return True


def noted(command: Command) -> bool:
    return Reversal.objects.filter(command=command).exists()


def take_over(command: Command, now: datetime, record: RecordReversal) -> None:
    """A command that was accepted says anew how a switch stands: what earlier ones were to put back is settled."""
    switch = WRITES.get(Act(command.act))
    if switch is None or command.rollout is None:
        return
    earlier = Reversal.objects.filter(rollout=command.rollout, switch=switch, state=ReversalState.OPEN)
    for one in earlier.exclude(command=command).select_related("command", "rollout__cluster", "rollout__application"):
        end(one, ReversalState.LEFT, f"{command.person_name} has decided anew.", now, record)


def end(row: Reversal, state: ReversalState, sentence: str, now: datetime, record: RecordReversal) -> bool:
    """False, and nothing written, when somebody else was faster."""
    with transaction.atomic():
        held = Reversal.objects.filter(pk=row.pk, state=ReversalState.OPEN, claim=row.claim)
        if not held.update(state=state, sentence=sentence, ended_at=now):
            return False
        row.state, row.sentence, row.ended_at = state, sentence, now
        record(row)
    return True


def look_after(*, now: datetime, feed: ChangeFeed, enqueue: Enqueue) -> int:
    """One pass over what is open: asks for those that are due, and gives their number."""
    asked = 0
    rows = Reversal.objects.filter(state=ReversalState.OPEN).select_related("command", "rollout").order_by("next_at")
    for row in rows[:AT_ONCE]:
        state = memory.load(row.rollout.state)
        _see(row, state, now, feed)
        if row.next_at <= now and why_due(row, state, now):
            enqueue(TASK, {"reversal": row.pk})
            asked += 1
    return asked


def _see(row: Reversal, state: RolloutState, now: datetime, feed: ChangeFeed) -> None:
    if row.seen_at is None and is_on(Switch(row.switch), state.canary):
        row.seen_at = now
        Reversal.objects.filter(pk=row.pk, seen_at=None).update(seen_at=now)
        tell(row.command, now, feed)


def why_due(row: Reversal, state: RolloutState, now: datetime) -> str:
    """By what was observed; empty when it is not."""
    command = row.command
    binding = Binding(command.uid, command.release, command.applied, command.configs)
    if state.deleted_at is not None:
        return "The Canary was deleted."
    if row.with_release and has_ended(binding, state):
        return f"Release {command.release} has ended."
    if row.by_itself and row.until <= now:
        return "The time is over."
    if command.ended_at is not None and command.accepted_at is None:
        return "The command did not come about."
    if row.seen_at is not None and not is_on(Switch(row.switch), state.canary):
        return "It was turned off."
    return ""


LATE = timedelta(minutes=5)
"""A worker that was frozen while it sent the patch of a command may go on after the command has expired."""


def may_still_come(row: Reversal, now: datetime) -> bool:
    command = row.command
    return command.accepted_at is None and now < command.expires_at + LATE
