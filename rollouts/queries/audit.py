"""Entries of the audit trail: those that were chosen, a page of them, or all of them in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from rollouts import access
from rollouts.models import AuditEntry

A_PAGE = 50
A_READ = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Empty means any. `first` and `last` are UTC days, both within. `before` and `after` are numbers of entries: the
    page with the next older or the next newer ones.
    """

    person: str = ""
    act: str = ""
    kind: str = ""
    cluster: str = ""
    application: str = ""
    """`namespace/name`."""
    outcome: str = ""
    first: date | None = None
    last: date | None = None
    before: int = 0
    after: int = 0

    @property
    def narrows(self) -> bool:
        texts = (self.person, self.act, self.kind, self.cluster, self.application, self.outcome)
        return any(texts) or self.first is not None or self.last is not None


@dataclass(frozen=True, slots=True)
class Page:
    """The newest first. `older` and `newer`: the number to go on from; 0 where there are none."""

    entries: tuple[AuditEntry, ...]
    older: int
    newer: int


def selected(person: access.Person, chosen: Chosen) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.all() if access.may_read_trail(person) else AuditEntry.objects.none()
    return narrowed(found, chosen)


def narrowed(entries: QuerySet[AuditEntry], chosen: Chosen) -> QuerySet[AuditEntry]:
    """Without regard to the page."""
    for column in ("person", "act", "kind", "cluster", "application", "outcome"):
        if value := getattr(chosen, column):
            entries = entries.filter(**{column: value})
    if chosen.first is not None:
        entries = entries.filter(at__gte=datetime.combine(chosen.first, time(), UTC))
    if chosen.last is not None:
        entries = entries.filter(at__lt=datetime.combine(chosen.last + timedelta(days=1), time(), UTC))
    return entries


def page(entries: QuerySet[AuditEntry], chosen: Chosen) -> Page:
    if chosen.after:
        found = list(entries.filter(number__gt=chosen.after).order_by("number")[: A_PAGE + 1])
        shown = tuple(reversed(found[:A_PAGE]))
        return Page(shown, shown[-1].number if shown else 0, shown[0].number if len(found) > A_PAGE else 0)
    if chosen.before:
        entries = entries.filter(number__lt=chosen.before)
    found = list(entries.order_by("-number")[: A_PAGE + 1])
    older = found[A_PAGE - 1].number if len(found) > A_PAGE else 0
    return Page(tuple(found[:A_PAGE]), older, found[0].number if found and chosen.before else 0)


def in_order(entries: QuerySet[AuditEntry]) -> Iterator[AuditEntry]:
    """The oldest first, a few hundred at a time: no query stays open for as long as the reader takes."""
    after = 0
    while found := list(entries.filter(number__gt=after).order_by("number")[:A_READ]):
        yield from found
        after = found[-1].number
