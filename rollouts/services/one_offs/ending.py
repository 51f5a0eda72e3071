"""How it ends, and what the audit trail says of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.domain.authors import Author
from rollouts.domain.trail import Stage, Subject
from rollouts.models import ChangeState
from rollouts.models.one_offs import UNASKED, OneOff
from rollouts.services import audit
from rollouts.services.one_offs.claims import held, row_of

ENDS = {ChangeState.DONE: Stage.DONE, ChangeState.STOPPED: Stage.CANCELLED, ChangeState.FAILED: Stage.FAILED}
MAY_WAIT_FOR = timedelta(minutes=15)
"""A cluster that comes back hours later must not surprise anybody."""
NOT_HEARD = "The {} did not answer in time, and was not asked to do anything."
NOT_TAKEN = "The {} was asked, and did not take it in time. It is not asked again."


def is_late(row: OneOff, now: datetime) -> bool:
    return (row.asked_at or row.made_at) + MAY_WAIT_FOR <= now


def ended_late(row: OneOff, now: datetime) -> bool:
    """Asked before anything is sent: whether it was too late for that, which has ended it."""
    late = is_late(row, now)
    if late:
        said = NOT_HEARD if row.sent_at is None else NOT_TAKEN
        end(row, ChangeState.FAILED, said.format(row.ASKED), now)
    return late


def ended_unheard(row: OneOff, now: datetime) -> bool:
    """Whether it was never sent, and is too late by now, which has ended it."""
    unheard = row.sent_at is None and row.written_at is None and is_late(row, now)
    if unheard:
        end(row, ChangeState.FAILED, f"{row.sentence} {NOT_HEARD.format(row.ASKED)}".strip(), now)
    return unheard


def is_waited_out(row: OneOff, patience: timedelta, now: datetime) -> bool:
    """A cluster that was asked is not waited for for ever."""
    if row.written_at is not None:
        return row.written_at + patience <= now
    return row.sent_at is not None and is_late(row, now)


def requested(row: OneOff, patch: dict[str, Any] | None) -> None:
    _record(row, Stage.REQUESTED, patch=patch)


def accepted(row: OneOff, answer: str, now: datetime) -> datetime:
    """Noted once, together with its line in the trail, also by whoever comes after one who was killed; gives when it
    was.
    """
    if row.written_at is None:
        with transaction.atomic():
            if row_of(row).filter(written_at=None).update(written_at=now):
                _record(row, Stage.ACCEPTED, by=_asked_by(row), answer=answer)
        row.written_at = now
    return row.written_at


def refused(row: OneOff) -> None:
    """The cluster has said no to what was sent: whatever becomes of it now is not by us."""
    row_of(row).filter(written_at=None).update(sent_at=None)
    row.sent_at = None


def end(row: OneOff, state: ChangeState, sentence: str, now: datetime, *, by_program: bool = True) -> bool:
    """False, and nothing written, when it has ended already, or when another worker has claimed it meanwhile. What was
    never asked for is no matter of the trail.
    """
    with transaction.atomic():
        rows = held(row) if by_program else row_of(row)
        unended = rows.filter(state__in=(*UNASKED, ChangeState.OPEN))
        if not unended.update(state=state, sentence=sentence, ended_at=now):
            return False
        row.state, row.sentence, row.ended_at = state, sentence, now
        if row.asked_at is not None:
            # Whoever stops it has said nothing: the reason is of whoever asked.
            by, reason = (_asked_by(row), row.reason) if by_program else (None, "")
            _record(row, ENDS[state], by=by, answer=sentence, reason=reason)
    return True


def _record(row: OneOff, stage: Stage, **said: Any) -> None:
    whole = f"{row.namespace}/{row.name}"
    audit.record(
        act=row.act,
        subject=Subject(row.SUBJECT, row.name, row.namespace, row.asked_cluster.name, whole),
        outcome=stage,
        preview=row.digest,
        **({"reason": row.reason} | said),
    )


def _asked_by(row: OneOff) -> Author:
    return Author(row.person_name, row.person_id)
