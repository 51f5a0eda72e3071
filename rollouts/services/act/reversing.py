"""What a command turns on for a while: noted before it is turned on, and watched until it is off again.

The note is in the database before any patch is sent, so that no crash leaves a switch on that nobody knows of. Each
pass over open commands looks at open reversals too; `putting_back` turns off what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from rollouts.domain import memory
from rollouts.domain.commands import IN_PARTS, Act, Binding, Plan, Switch, skips_analysis
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.forcing import NOT_FORCED
from rollouts.domain.commands.governed import have_ended, is_on_in
from rollouts.domain.commands.pausing import FOR
from rollouts.domain.commands.reversal import has_ended
from rollouts.domain.commands.switches import OF_THE_CANARY, is_on
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Command, CommandState, Reversal, ReversalState
from rollouts.queries import policies
from rollouts.services.act.parts import have_parts_ended
from rollouts.services.act.record import tell

TASK = "rollouts.tasks.put_back"
AT_ONCE = 500
log = structlog.get_logger(__name__)
RecordReversal = Callable[[Reversal], None]
"""Writes what came of it into the audit trail."""
CHANGED_BY_ANOTHER = "Another command has changed the interval, which is still to be put back."
WRITES = {Act.PAUSE: Switch.SUSPEND, Act.RESUME: Switch.SUSPEND}

NEEDED = (
    *("command__rollout__cluster", "command__application__hub", "command__batch"),
    *("rollout__cluster__hub", "rollout__application"),
)


def note(command: Command, plan: Plan, now: datetime) -> bool:
    """Before the patches of `plan` are sent. False when somebody else carries the command out by now: then they must
    not be.
    """
    noted, rollout = [one for one in (plan.reversal, plan.hold) if one is not None], command.rollout
    if not noted:
        return True
    blue = memory.load(rollout.state).blue if rollout is not None else None
    with transaction.atomic():
        mine = Command.objects.filter(pk=command.pk, state=CommandState.REQUESTED, claim=command.claim)
        if not mine.update(claim=command.claim):  # and nobody takes it before this is committed
            return False
        for wanted in noted:
            Reversal.objects.get_or_create(
                command=command, switch=wanted.switch,
                defaults={
                    "rollout": rollout, "until": now + wanted.after, "made_at": now,
                    "with_release": wanted.with_release, "by_itself": wanted.by_itself, "next_at": now,
                    "blue_before": blue.template if blue is not None else "",
                    "blues_before": _blues_of_a_policy(command, now),
                },
            )  # fmt: skip
    return True


def _blues_of_a_policy(command: Command, now: datetime) -> dict[str, str]:
    governed = policies.governed(command.application, command.policy, now) if command.application else None
    states = {str(one.cluster): one.state for one in governed.members} if governed is not None else {}
    return {key: state.blue.template for key, state in states.items() if state is not None and state.blue is not None}


def unless_changed(command: Command, plan: Plan) -> Plan:
    """An interval that another command has changed is left to it: changed twice, nobody would know what it was."""
    wanted = plan.reversal
    if wanted is None or wanted.switch is not Switch.INTERVAL:
        return plan
    open_now = Reversal.objects.filter(rollout=command.rollout, switch=wanted.switch, state=ReversalState.OPEN)
    if not open_now.exclude(command=command).exists():
        return plan
    effect = f"{plan.effect} {NOT_FORCED.format(CHANGED_BY_ANOTHER)}"
    return replace(plan, then=(), reversal=None, effect=effect)


def is_not_noted(command: Command) -> bool:
    """What it turns on should be turned off again, and it was not by it that it was turned on."""
    lasts = skips_analysis(Act(command.act), command.choice) or command.choice.get(FOR) or command.choice.get(FLUX)
    return bool(lasts) and not Reversal.objects.filter(command=command).exists()


def on_for(command: Command, now: datetime) -> timedelta:
    """How long what it turned on for a release stays on at most; no time where it waits for no release."""
    row = Reversal.objects.filter(command=command, with_release=True).first()
    return row.until - now if row is not None else timedelta()


def take_over(command: Command, now: datetime, record: RecordReversal) -> None:
    """A command that was accepted says anew how a switch stands: what earlier ones were to put back is settled."""
    act, choice = Act(command.act), command.choice
    written = {WRITES[act]} if act in WRITES else set()
    written |= {Switch.SKIP_ANALYSIS} if skips_analysis(act, choice) else set()
    written |= {Switch.RECONCILE} if choice.get(FLUX) else set()
    same = {"rollout": command.rollout, "command__application": command.application}
    earlier = Reversal.objects.filter(switch__in=written, state=ReversalState.OPEN, **same).exclude(command=command)
    for one in earlier.select_related(*NEEDED):
        if one.rollout is None and not _is_of_policy(one, command.policy, now):
            continue
        end(one, ReversalState.LEFT, f"{command.person_name} has decided anew.", now, record)


def _is_of_policy(row: Reversal, policy: str, now: datetime) -> bool:
    """By its name of today."""
    governed = policies.meant_by(row.command, now)
    return governed is not None and governed.policy.name == policy


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
    """One pass over what is open: asks for those that are due, and gives their number. Costs one query when nothing is
    open.
    """
    asked, open_now = 0, Reversal.objects.filter(state=ReversalState.OPEN)
    if not open_now.exists():
        return asked
    for row in open_now.select_related(*NEEDED).order_by("next_at")[:AT_ONCE]:
        try:
            seen = standing(row, now)
            _see(row, seen, now, feed)
            if row.next_at <= now and why_due(row, seen, now):
                enqueue(TASK, {"reversal": row.pk})
                asked += 1
        except Exception:  # one that cannot be judged must not keep on what others have turned on
            log.exception("what is to be put back could not be looked after", reversal=row.pk)
    return asked


@dataclass(frozen=True, slots=True)
class Standing:
    """How a switch and what it is for stand, as they were last observed."""

    on: bool
    ended: bool
    gone: bool = False


def standing(row: Reversal, now: datetime) -> Standing:
    switch, command = Switch(row.switch), row.command
    if row.rollout is None:
        governed = policies.meant_by(command, now)
        if governed is None:
            return Standing(on=False, ended=True, gone=True)
        in_parts = Act(command.act) in IN_PARTS
        ended = have_parts_ended(command) if in_parts else have_ended(command.bound, governed)
        return Standing(is_on_in(switch, governed.policy), ended)
    state = memory.load(row.rollout.state)
    binding = Binding(command.uid, command.release, command.applied, command.configs)
    if switch not in OF_THE_CANARY:  # nobody observes the annotations of targets
        return Standing(on=command.accepted_at is not None, ended=False)
    next_one = Act(command.act) is Act.EARLIER_VERSION
    ended = has_ended(binding, state, next_one=next_one)
    return Standing(is_on(switch, state.canary, command.choice), ended, state.deleted_at is not None)


def _see(row: Reversal, seen: Standing, now: datetime, feed: ChangeFeed) -> None:
    if row.seen_at is None and seen.on:
        row.seen_at = now
        Reversal.objects.filter(pk=row.pk, seen_at=None).update(seen_at=now)
        tell(row.command, now, feed)


def why_due(row: Reversal, seen: Standing, now: datetime) -> str:
    """By what was observed; empty when it is not."""
    command = row.command
    if seen.gone:
        return "What it was written to was deleted."
    if row.with_release and seen.ended:
        return "The release has ended."
    if row.by_itself and row.until <= now:
        return "The time is over."
    if command.ended_at is not None and command.accepted_at is None:
        return "The command did not come about."
    return "It was turned off." if row.seen_at is not None and not seen.on else ""


LATE = timedelta(minutes=5)
"""A worker that was frozen while it sent the patch of a command may go on after the command has expired."""


def may_still_come(row: Reversal, now: datetime) -> bool:
    command = row.command
    return command.accepted_at is None and now < command.expires_at + LATE
