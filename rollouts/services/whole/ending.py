"""How making or deleting an Application ends, and what the audit trail says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.domain.authors import Author
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import ApplicationChange, ChangeKind, ChangeState
from rollouts.services import audit

ENDS = {ChangeState.DONE: Stage.DONE, ChangeState.STOPPED: Stage.CANCELLED, ChangeState.FAILED: Stage.FAILED}
ACTS = {ChangeKind.CREATE: Act.ADD, ChangeKind.DELETE: Act.REMOVE}

MAY_WAIT_FOR = timedelta(minutes=15)
"""A hub that comes back hours later must not surprise anybody."""
NOT_HEARD = "The hub did not answer in time, and was not asked to do anything."
NOT_TAKEN = "The hub was asked, and did not take it in time. It is not asked again."

ASKED_BEFORE = "The hub was asked before, and may have accepted it: look what it has."
UNFOLLOWED = "It is no longer followed."


def is_late(change: ApplicationChange, now: datetime) -> bool:
    return (change.asked_at or change.made_at) + MAY_WAIT_FOR <= now


def ended_late(change: ApplicationChange, now: datetime) -> bool:
    """Asked before anything is sent: whether it was too late for that, which has ended it."""
    late = is_late(change, now)
    if late:
        end(change, ChangeState.FAILED, NOT_HEARD if change.sent_at is None else NOT_TAKEN, now)
    return late


def unanswered(change: ApplicationChange, said: str, came: str, patience: timedelta, now: datetime) -> None:
    """A hub that was asked is not waited for for ever. `came`: what is known once it has accepted."""
    if change.written_at is not None and change.written_at + patience <= now:
        end(change, ChangeState.FAILED, f"{came} {UNFOLLOWED} {said}", now)
    elif change.written_at is None and change.sent_at is not None and is_late(change, now):
        end(change, ChangeState.FAILED, f"{ASKED_BEFORE} {said}", now)


def requested(change: ApplicationChange) -> None:
    _record(change, Stage.REQUESTED, patch=change.manifest or None)


def accepted(change: ApplicationChange, answer: str, now: datetime) -> datetime:
    """Noted once, together with its line in the trail; gives when it was."""
    if change.written_at is None:
        with transaction.atomic():
            if ApplicationChange.objects.filter(pk=change.pk, written_at=None).update(written_at=now):
                _record(change, Stage.ACCEPTED, by=_asked_by(change), answer=answer)
        change.written_at = now
    return change.written_at


def refused(change: ApplicationChange) -> None:
    """The hub has said no to what was sent: whatever becomes of the Application now is not by us."""
    ApplicationChange.objects.filter(pk=change.pk, written_at=None).update(sent_at=None)
    change.sent_at = None


def end(
    change: ApplicationChange, state: ChangeState, sentence: str, now: datetime, *, by_program: bool = True
) -> bool:
    """False, and nothing written, when it has ended already, or when another worker has claimed it meanwhile. What was
    never asked for is no matter of the trail.
    """
    with transaction.atomic():
        held = ApplicationChange.objects.filter(
            pk=change.pk, state__in=(ChangeState.LOOKING, ChangeState.LOOKED, ChangeState.OPEN)
        )
        if by_program:
            held = held.filter(claim=change.claim)
        if not held.update(state=state, sentence=sentence, ended_at=now):
            return False
        change.state, change.sentence, change.ended_at = state, sentence, now
        if change.asked_at is not None:
            by = _asked_by(change) if by_program else None
            _record(change, ENDS[state], by=by, answer=sentence)
    return True


def _record(change: ApplicationChange, stage: Stage, **said: Any) -> None:
    whole = f"{change.namespace}/{change.name}"
    audit.record(
        act=ACTS[ChangeKind(change.kind)],
        subject=Subject(SubjectKind.APPLICATION, change.name, change.namespace, change.hub.name, whole),
        outcome=stage,
        reason=change.reason,
        preview=change.digest,
        **said,
    )


def _asked_by(change: ApplicationChange) -> Author:
    return Author(change.person_name, change.person_id)
