"""How making or deleting an Application ends, and what the audit trail says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from rollouts.domain.authors import Author
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import ApplicationChange, ChangeKind, ChangeState
from rollouts.services import audit

ENDS = {ChangeState.DONE: Stage.DONE, ChangeState.STOPPED: Stage.CANCELLED, ChangeState.FAILED: Stage.FAILED}
ACTS = {ChangeKind.CREATE: Act.ADD, ChangeKind.DELETE: Act.REMOVE}


def requested(change: ApplicationChange) -> None:
    _record(change, Stage.REQUESTED, patch=change.manifest or None)


def accepted(change: ApplicationChange, answer: str) -> None:
    _record(change, Stage.ACCEPTED, by=_asked_by(change), answer=answer)


def end(
    change: ApplicationChange, state: ChangeState, sentence: str, now: datetime, *, by_program: bool = True
) -> bool:
    """False, and nothing written, when it has ended already. What was never asked for is no matter of the trail."""
    with transaction.atomic():
        held = ApplicationChange.objects.filter(
            pk=change.pk, state__in=(ChangeState.LOOKING, ChangeState.LOOKED, ChangeState.OPEN)
        )
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
