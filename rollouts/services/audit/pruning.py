"""Removes the oldest entries. What is left continues a signed checkpoint, so that this is told from tampering."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from rollouts.domain.authors import PROGRAM
from rollouts.domain.trail import Act, Stage
from rollouts.models import AuditCheckpoint, AuditEntry
from rollouts.services.audit.holding import add_checkpoint, save_head
from rollouts.services.audit.recording import TRAIL, append, held

ENTRIES_A_BATCH = 1000


def old_entries(keep: timedelta | None, now: datetime) -> Iterator[int]:
    """Numbers up to which the caller removes entries, one batch after the other; nothing when `keep` is None."""
    while keep is not None:
        batch = AuditEntry.objects.order_by("number").values_list("number", "at")[:ENTRIES_A_BATCH]
        last = 0
        for number, at in batch:
            if at >= now - keep:
                break
            last = number
        if not last:
            return
        yield last


@transaction.atomic
def remove_entries(*, to: int, now: datetime) -> int:
    """Those up to this number, and leaves an entry that says so. How many there were; 0 when others were quicker."""
    head = held()
    last = AuditEntry.objects.filter(number=to).first()
    if last is None:
        return 0
    said = f"Entries {head.pruned_to + 1} to {to} were removed for their age."
    add_checkpoint(to, last.hash, now)
    head.pruned_to = to
    save_head(head)
    removed, _ = AuditEntry.objects.filter(number__lte=to).delete()
    AuditCheckpoint.objects.filter(number__lt=to).delete()
    append(head, PROGRAM, TRAIL, act=Act.PRUNE.value, outcome=Stage.DONE.value, answer=said)
    return removed
