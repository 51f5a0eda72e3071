"""The head of the trail: who has it appends, and nobody else until the transaction ends."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import F

from rollouts.models import AuditCheckpoint, AuditEntry, AuditHead
from rollouts.services.secrets import Signer

MISSING = "The head of the trail was missing: entries at its end may have been removed."
UNSIGNED = (
    "The head of the trail was not signed with any of the keys in KURATOR_UI_SECRET_KEYS: entries at its end may have"
    " been removed or changed, or the key was taken out before anything was signed with the next one."
)


def signer() -> Signer:
    return Signer(settings.SECRET_KEYS, "audit trail")


def text_of_head(head: AuditHead) -> str:
    return f"head {head.number} {head.hash} {head.pruned_to}"


def text_of_checkpoint(checkpoint: AuditCheckpoint) -> str:
    return f"checkpoint {checkpoint.number} {checkpoint.hash}"


def hold() -> tuple[AuditHead, str]:
    """In a transaction. Also what is wrong with the head, in a sentence; to sign it again must not hide that."""
    if AuditHead.objects.update(number=F("number")):
        head = AuditHead.objects.get()
        return head, "" if _trusted(head) else UNSIGNED
    newest = AuditEntry.objects.order_by("-number").first()
    if AuditHead.objects.exists():
        return hold()  # another one was quicker: its entry and its head are there since the question above
    head = AuditHead(number=newest.number, hash=newest.hash) if newest else AuditHead()
    head.signature = signer().sign(text_of_head(head))
    if AuditHead.objects.bulk_create([head], ignore_conflicts=True) and newest is None:
        return hold()  # also where another one was quicker
    return hold()[0], MISSING


def _trusted(head: AuditHead) -> bool:
    return not settings.SECRET_KEYS or signer().signed(text_of_head(head), head.signature)


def save_head(head: AuditHead) -> None:
    head.signature = signer().sign(text_of_head(head))
    head.save(force_update=True)


def add_checkpoint(number: int, hash: str, now: datetime) -> None:
    """For who holds the head. One that is there already stays: it says the same."""
    if AuditCheckpoint.objects.filter(number=number).exists():
        return
    made = AuditCheckpoint(number=number, hash=hash, at=now)
    made.signature = signer().sign(text_of_checkpoint(made))
    made.save(force_insert=True)
