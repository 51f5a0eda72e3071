"""What takes many steps, as the command line asks for it: told first, then asked for, then waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts import access, wiring
from rollouts.management import finding, telling_changes
from rollouts.management.telling_changes import Change
from rollouts.management.waiting import Exit, Pause, Tell
from rollouts.models import Application, ApplicationChange, ChangeState, Removal, RemovalState, Rollout
from rollouts.queries import canary_specs, policies, removals
from rollouts.queries import whole as queries
from rollouts.queries.change_steps import StepState
from rollouts.queries.new_applications import entered_by_name, judge, said_of
from rollouts.queries.whole_review import review
from rollouts.services import remove, whole

A_MINUTE = timedelta(minutes=1)
"""For a worker to ask the hub."""
UNASKED = "Nobody has asked for it yet: confirm it first."
AS_IT_IS = "It cannot be done as it is now."


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the command line beside the thing that is changed. `wait`: None when nobody waits."""

    reason: str
    confirm: str
    dry_run: bool
    wait: timedelta | None
    pause: Pause
    tell: Tell


def of_policy(person: Any, one: Application, policy: str, asked: Asked) -> None:
    now = timezone.now()
    if sentence := removals.may_not(person, one, finding.policy(one, policy, now)):
        raise _not_done(sentence)
    seen = remove.preview_removal(application=one, policy=policy, now=now)
    if seen is None:
        raise _not_done(policies.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal(application=one, policy=policy, **given)

    _ask(person, seen, ask, asked, now, plain=False)


def of_canary(person: Any, one: Rollout, asked: Asked) -> None:
    """Of one that no policy makes."""
    now = timezone.now()
    if sentence := removals.may_not_of_canary(person, one):
        raise _not_done(sentence)
    seen = remove.preview_removal_of_canary(rollout=one, now=now)
    if seen is None:
        raise _not_done(canary_specs.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal_of_canary(rollout=one, **given)

    _ask(person, seen, ask, asked, now, plain=True)


def _ask(
    person: Any, seen: remove.RemovalPreview, ask: Callable[..., Removal], asked: Asked, now: datetime, *, plain: bool
) -> None:  # fmt: skip
    if seen.plan.refusals:
        raise _not_done(" ".join(seen.plan.refusals))
    for line in telling_changes.planned(seen, plain=plain):
        asked.tell(line)
    if asked.dry_run:
        return
    made = ask(
        mark=seen.mark, digest=seen.digest, person=person, reason=asked.reason, typed=asked.confirm, now=now
    )  # fmt: skip
    asked.tell(f"Asked for as removals/{made.pk}.")
    if asked.wait is not None:
        follow(made, asked.wait, asked.pause, asked.tell)


def look_at_deletion(person: Any, one: Application, asked: Asked) -> None:
    """Deletes nothing: tells what would go, and how to confirm it."""
    if one.hub is None or one.deleted_at is not None:
        raise _not_done("It is no Application of Kurator, or it is gone.")
    if sentence := queries.may_not_delete(person, queries.parts_of(one)):
        raise _not_done(sentence)
    made = whole.begin_deletion(application=one, person=person, now=timezone.now(), enqueue=wiring.enqueue)
    _until_looked(made, asked)


def look_at_creation(person: Any, fields: dict[str, str], asked: Asked) -> None:
    """Makes nothing: judges what is entered, has the hub try it out, and tells how to confirm it."""
    fleets = queries.fleets_for(person)
    if not fleets:
        raise _not_done(queries.MAY_NOT_CREATE.format(access.whom_to_ask()))
    judged = judge(person, entered_by_name(fields, fleets), fleets)
    if judged.fleet is None or judged.wrong:
        raise _not_done("\n".join(f"{one.field}: {said_of(one, fleets)}" for one in judged.wrong))
    made = whole.begin_creation(
        hub=judged.fleet.hub, application=judged.application, clusters=judged.reached, person=person,
        now=timezone.now(), enqueue=wiring.enqueue,
    )  # fmt: skip
    _until_looked(made, asked)


def _until_looked(change: ApplicationChange, asked: Asked) -> None:
    deadline = timezone.now() + A_MINUTE
    while change.state == ChangeState.LOOKING:
        if timezone.now() >= deadline:
            said = change.sentence or "No worker has looked yet."
            raise CommandError(f"application-changes/{change.pk}: {said}", returncode=Exit.TIMED_OUT)
        asked.pause()
        change.refresh_from_db()
    if change.state != ChangeState.LOOKED:
        raise _not_done(change.sentence)
    for line in telling_changes.reviewed(change):
        asked.tell(line)
    seen = review(change)
    if seen.traps:
        raise _not_done(AS_IT_IS)
    typed = f" --confirm {seen.typed}" if seen.typed else ""
    asked.tell(f"Nothing is done yet. To go on: change confirm application-changes/{change.pk}{typed} --reason TEXT")


def confirm(person: Any, change: ApplicationChange, asked: Asked) -> None:
    """What was told when it was looked at: the row keeps what that was."""
    if sentence := queries.may_not(person, change):
        raise _not_done(sentence)
    whole.confirm(
        change=change, digest=change.digest, typed=asked.confirm, reason=asked.reason, now=timezone.now(),
        enqueue=wiring.enqueue,
    )  # fmt: skip
    asked.tell(f"Asked for as application-changes/{change.pk}.")
    if asked.wait is not None:
        follow(change, asked.wait, asked.pause, asked.tell)


def stop(person: Any, one: Change) -> str:
    """What is left then."""
    now = timezone.now()
    if isinstance(one, Removal):
        may_not, stopped = removals.may_not_stop(person, one), lambda: remove.stop_removal(removal=one, now=now)
    else:
        may_not, stopped = queries.may_not(person, one), lambda: whole.stop(change=one, now=now)
    if may_not:
        raise _not_done(may_not)
    if not stopped():
        raise _not_done(removals.ENDED_ALREADY)
    return one.sentence


def follow(one: Change, timeout: timedelta, pause: Pause, tell: Tell) -> None:
    """Tells each step as it comes. Returns when all are done; raises CommandError when it ends before, or lasts: then
    it goes on.
    """
    if isinstance(one, ApplicationChange) and one.asked_at is None:
        raise _not_done(UNASKED)
    deadline, told = timezone.now() + timeout, set[str]()
    while True:
        one.refresh_from_db()
        for state, line in telling_changes.steps(one):
            if state is not StepState.TO_COME and line not in told:
                told.add(line)
                tell(line)
        if one.ended_at is not None:
            break
        if timezone.now() >= deadline:
            raise CommandError("It has not ended in time, and goes on.", returncode=Exit.TIMED_OUT)
        pause()
    if one.state != RemovalState.DONE:
        raise CommandError(one.sentence, returncode=Exit.OTHERWISE)
    tell(one.sentence or "Done.")


def _not_done(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=Exit.NOT_DONE)
