"""Entries of the audit trail in words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rollouts.domain import trail
from rollouts.models import AuditEntry
from rollouts.web import audit_address

ACTS = tuple(str(act) for act in trail.Act)
KINDS = tuple(str(kind) for kind in trail.SubjectKind)
OUTCOMES = tuple(str(stage) for stage in trail.Stage)
CALLED = {"trail": "audit trail", "required-reason": "required reason"}


@dataclass(frozen=True, slots=True)
class EntryWords:
    """`subject` says what the act was done to, after the word of the act: `add` `cluster eu-west-1`."""

    entry: AuditEntry
    act: str
    subject: str
    failed: bool
    patch: str
    by_person: str
    """Address of all that this person did."""


def words_of(entry: AuditEntry) -> EntryWords:
    return EntryWords(
        entry=entry,
        act=entry.act.replace("-", " "),
        subject=_subject(entry),
        failed=entry.outcome == trail.Stage.FAILED,
        patch=json.dumps(json.loads(entry.patch), indent=2, ensure_ascii=False) if entry.patch else "",
        by_person=audit_address.address(audit_address.ANYTHING, person=entry.person),
    )


def _subject(entry: AuditEntry) -> str:
    name = "/".join(part for part in (entry.namespace, entry.name) if part)
    where = f"on {entry.cluster}" if entry.cluster and entry.cluster != entry.name else ""
    release = f", release {entry.release}" if entry.release is not None else ""
    return " ".join(part for part in (CALLED.get(entry.kind, entry.kind), name, where) if part) + release
