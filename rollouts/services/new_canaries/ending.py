"""How making a Canary ends, and what the audit trail says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.domain.authors import Author
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import ChangeState, NewCanary
from rollouts.models.whole import UNASKED
from rollouts.services import audit
from rollouts.services.new_canaries.entered import manifest_of

ENDS = {ChangeState.DONE: Stage.DONE, ChangeState.STOPPED: Stage.CANCELLED, ChangeState.FAILED: Stage.FAILED}
MAY_WAIT_FOR = timedelta(minutes=15)
"""A cluster that comes back hours later must not surprise anybody."""
NOT_HEARD = "The cluster did not answer in time, and was not asked to do anything."
NOT_TAKEN = "The cluster was asked, and did not take it in time. It is not asked again."
ASKED_BEFORE = "The cluster was asked before, and may have accepted it: look whether the Canary is there."
UNFOLLOWED = "It is in the cluster, and no longer followed."
ACCEPTED = "The Canary is in the cluster."


def is_late(row: NewCanary, now: datetime) -> bool:
    return (row.asked_at or row.made_at) + MAY_WAIT_FOR <= now


def ended_late(row: NewCanary, now: datetime) -> bool:
    """Asked before anything is sent: whether it was too late for that, which has ended it."""
    late = is_late(row, now)
    if late:
        end(row, ChangeState.FAILED, NOT_HEARD if row.sent_at is None else NOT_TAKEN, now)
    return late


def told(row: NewCanary, said: str) -> str:
    """With how far it has come, for who is told that it goes no further."""
    if row.written_at is not None:
        return f"{UNFOLLOWED} {said}"
    return f"{ASKED_BEFORE} {said}" if row.sent_at is not None else said


def requested(row: NewCanary) -> None:
    _record(row, Stage.REQUESTED, patch=manifest_of(row))


def accepted(row: NewCanary, now: datetime) -> None:
    """Noted once, together with its line in the trail. Also by whoever comes after one who was killed."""
    if row.written_at is not None:
        return
    with transaction.atomic():
        if NewCanary.objects.filter(pk=row.pk, written_at=None).update(written_at=now):
            _record(row, Stage.ACCEPTED, by=_asked_by(row), answer=ACCEPTED)
    row.written_at = now


def refused(row: NewCanary) -> None:
    """The cluster has said no to what was sent: whatever Canary is there then is not by us."""
    NewCanary.objects.filter(pk=row.pk, written_at=None).update(sent_at=None)
    row.sent_at = None


def end(
    row: NewCanary, state: ChangeState, sentence: str, now: datetime, *, by_program: bool = True
) -> bool:  # fmt: skip
    """False, and nothing written, when it has ended already, or when another worker has claimed it meanwhile. What was
    never asked for is no matter of the trail.
    """
    with transaction.atomic():
        held = NewCanary.objects.filter(pk=row.pk, state__in=(*UNASKED, ChangeState.OPEN))
        if by_program:
            held = held.filter(claim=row.claim)
        if not held.update(state=state, sentence=sentence, ended_at=now):
            return False
        if state == ChangeState.DONE:  # else it may be entered again
            NewCanary.objects.filter(pk=row.pk).update(sealed="")
        row.state, row.sentence, row.ended_at = state, sentence, now
        if row.asked_at is not None:
            _record(row, ENDS[state], by=_asked_by(row) if by_program else None, answer=sentence)
    return True


def _record(row: NewCanary, stage: Stage, **said: Any) -> None:
    whole = f"{row.namespace}/{row.name}"
    audit.record(
        act=Act.ADD,
        subject=Subject(SubjectKind.ROLLOUT, row.name, row.namespace, row.cluster.name, whole),
        outcome=stage,
        reason=row.reason,
        preview=row.digest,
        **said,
    )


def _asked_by(row: NewCanary) -> Author:
    return Author(row.person_name, row.person_id)
