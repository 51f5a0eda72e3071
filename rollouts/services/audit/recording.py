"""Appends entries, one at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from rollouts.domain.authors import PROGRAM, Author, present
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind, digest
from rollouts.models import AuditEntry, AuditHead
from rollouts.services.audit.content import clipped, content_of, kept_patch, kept_text
from rollouts.services.audit.holding import add_checkpoint, hold, save_head

EVERY = 100
"""Entries from one checkpoint to the next."""
TRAIL = Subject(SubjectKind.TRAIL)
log = structlog.get_logger("audit")


@transaction.atomic
def record(
    *,
    act: Act,
    subject: Subject,
    outcome: Stage = Stage.DONE,
    by: Author | None = None,
    reason: str = "",
    preview: str = "",
    patch: Any = None,
    answer: str = "",
) -> AuditEntry:
    """Call it in the transaction of what it records, as the last thing there: the trail is held until the commit, and
    everybody else who acts waits.

    `by`: who asked, where that is not who is acting now (a worker carries out what a person wanted). `preview`: hash of
    what they were shown. `patch` and `answer`: what was sent, anything that JSON can hold, and what came back; secrets
    in them are hidden, but give none.
    """
    return append(
        held(),
        by or present(),
        subject,
        act=act.value,
        outcome=outcome.value,
        reason=kept_text(reason),
        preview=clipped("preview", preview),
        patch=kept_patch(patch),
        answer=kept_text(answer),
    )


def held() -> AuditHead:
    """In a transaction: the head, for `append`. What is wrong with it becomes an entry before it is signed anew."""
    head, doubt = hold()
    if doubt:
        append(head, PROGRAM, TRAIL, act=Act.DOUBT.value, outcome=Stage.FAILED.value, answer=doubt)
    return head


def append(head: AuditHead, by: Author, subject: Subject, **said: str) -> AuditEntry:
    names = {name: clipped(name, getattr(subject, name)) for name in ("cluster", "namespace", "name", "application")}
    entry = AuditEntry(
        number=head.number + 1,
        at=timezone.now(),
        person=clipped("person", by.name),
        person_id=by.id,
        kind=subject.kind.value,
        release=subject.release,
        request=clipped("request", by.request),
        address=clipped("address", by.address),
        previous=head.hash,
        **names,
        **said,
    )
    entry.hash = digest(content_of(entry), entry.previous)
    entry.save(force_insert=True)
    head.number, head.hash = entry.number, entry.hash
    save_head(head)
    if entry.number % EVERY == 0:
        add_checkpoint(entry.number, entry.hash, entry.at)
    if settings.AUDIT_LOG:
        transaction.on_commit(partial(_forward, entry))
    return entry


def _forward(entry: AuditEntry) -> None:
    said = {name: value for name, value in content_of(entry).items() if value not in ("", None)}
    log.info("audit", **{**said, "at": entry.at.isoformat(), "hash": entry.hash})
