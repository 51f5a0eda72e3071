"""Reads the whole trail and says where it is not what was written."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

from rollouts.domain.trail import BEGINNING, Act, digest
from rollouts.models import AuditCheckpoint, AuditEntry, AuditHead
from rollouts.queries.audit import in_order
from rollouts.services.audit.content import content_of
from rollouts.services.audit.holding import signer, text_of_checkpoint, text_of_head

MOST_PROBLEMS = 100


@dataclass(slots=True)
class Verified:
    """`first` and `last` are numbers of entries, 0 without any. Everything up to `signed_to` is vouched for by a
    signature: it can have been changed by nobody who has no key.
    """

    entries: int = 0
    first: int = 0
    last: int = 0
    signed_to: int = 0
    checkpoints: int = 0
    hash: str = ""
    """Of the last entry."""
    problems: list[str] = field(default_factory=list)

    def tell(self, problem: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


def verify() -> Verified:
    """Entries may be appended and removed for their age meanwhile. Of the problems, the first hundred."""
    while True:
        begin = _begin()
        found = _verify()
        if not found.problems or _begin() == begin:
            return found


def _begin() -> int:
    return AuditHead.objects.values_list("pruned_to", flat=True).first() or 0


def _verify() -> Verified:
    found = Verified()
    # The head is read last, so that it knows of everything else.
    newest = AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0
    checkpoints = {one.number: one for one in AuditCheckpoint.objects.all()}
    head = AuditHead.objects.first()
    if head is not None:
        if settings.SECRET_KEYS and not signer().signed(text_of_head(head), head.signature):
            found.tell("The head of the trail is not signed with any of the keys in KURATOR_UI_SECRET_KEYS.")
    elif newest or checkpoints:
        found.tell("The head of the trail is missing: entries at its end may have been removed.")
    _walk(found, head or AuditHead(number=newest), checkpoints)
    _look_at_the_end(found, head, checkpoints, newest)
    return found


def _walk(found: Verified, head: AuditHead, checkpoints: dict[int, AuditCheckpoint]) -> None:
    expected, previous = head.pruned_to + 1, _hash_before(found, head, checkpoints)
    for entry in in_order(AuditEntry.objects.filter(number__gt=head.pruned_to, number__lte=head.number)):
        if entry.number > expected:
            found.tell(f"{_entries(expected, entry.number - 1)} missing.")
        elif previous and entry.previous != previous:
            found.tell(f"Entry {entry.number} does not continue the one before it: one of the two was replaced.")
        if digest(content_of(entry), entry.previous) != entry.hash:
            found.tell(f"Entry {entry.number} was changed.")
        if entry.act == Act.DOUBT.value:
            found.tell(f"Entry {entry.number} says: {entry.answer}")
        if entry.number in checkpoints:
            _compare(found, checkpoints[entry.number], entry.hash)
        found.entries, found.first, found.last = found.entries + 1, found.first or entry.number, entry.number
        expected, previous = entry.number + 1, entry.hash
    found.hash = previous


def _hash_before(found: Verified, head: AuditHead, checkpoints: dict[int, AuditCheckpoint]) -> str:
    """What the first entry must continue; empty when that is not known."""
    if not head.pruned_to:
        return BEGINNING
    if start := checkpoints.get(head.pruned_to):
        _compare(found, start, start.hash)
        return start.hash
    found.tell(f"The checkpoint of entry {head.pruned_to}, the last one that was removed for its age, is missing.")
    return ""


def _compare(found: Verified, checkpoint: AuditCheckpoint, hash: str) -> None:
    if settings.SECRET_KEYS and not signer().signed(text_of_checkpoint(checkpoint), checkpoint.signature):
        found.tell(f"The checkpoint of entry {checkpoint.number} is not signed with any of the keys.")
    elif checkpoint.hash != hash:
        found.tell(f"Entry {checkpoint.number} is not the one that its checkpoint was signed for.")
    else:
        found.checkpoints += 1
        if not found.problems and checkpoint.signature:
            found.signed_to = checkpoint.number


def _look_at_the_end(
    found: Verified, head: AuditHead | None, checkpoints: dict[int, AuditCheckpoint], newest: int
) -> None:
    ends_at = max(found.last, head.pruned_to if head else 0)
    known_to = max(head.number if head else 0, *checkpoints, 0)
    if known_to > ends_at:
        found.tell(f"{_entries(ends_at + 1, known_to)} cut off the end.")
    elif newest > known_to and head:
        found.tell(f"{_entries(known_to + 1, newest)} not appended by this program.")
    elif head and found.entries and head.hash != found.hash:
        found.tell(f"Entry {found.last} is not the one that the head was signed for.")
    if head and head.signature and not found.problems:
        found.signed_to = head.number


def _entries(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
