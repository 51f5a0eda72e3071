"""Which texts of policies and plain Canaries are old enough to go: the newest of each stay, however old they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from rollouts.models import PolicyRevision

NEWEST = 20
"""The last of them is what new ones are compared with, the others are what people go back to."""
OWNERS_A_BATCH = 50
ROWS_A_BATCH = 1000
OF_POLICIES, OF_CANARIES = ("application", "policy"), ("plain",)
"""Whose they are, as the indexes have it: what is read for every policy there is are these alone, and no text."""


def old_revisions(age: timedelta | None, now: datetime) -> Iterator[QuerySet[PolicyRevision]]:
    """In batches, which the caller removes. Stopped anywhere, the next call finds the rest."""
    if age is None:
        return
    for whose in (OF_POLICIES, OF_CANARIES):
        for owners in _with_many(whose):
            surplus = _surplus(whose, owners).filter(at__lt=now - age).values_list("pk", flat=True)
            while pks := list(surplus[:ROWS_A_BATCH]):
                yield PolicyRevision.objects.filter(pk__in=pks)


def _with_many(whose: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """Owners of more than those that stay, in their order."""
    owned = PolicyRevision.objects.filter(**{f"{whose[0]}__isnull": False}).values_list(*whose)
    many = owned.annotate(number=Count("pk")).filter(number__gt=NEWEST).order_by(*whose)
    found = list(many[:OWNERS_A_BATCH])
    while found:
        yield [owner for *owner, _ in found]
        found = list(many.filter(_after(whose, found[-1]))[:OWNERS_A_BATCH])


def _after(whose: tuple[str, ...], last: tuple[Any, ...]) -> Q:
    first, *rest = whose
    beyond = Q(**{f"{first}__gt": last[0]})
    return reduce(or_, [Q(**{first: last[0], f"{name}__gt": last[1]}) for name in rest], beyond)


def _surplus(whose: tuple[str, ...], owners: list[tuple[Any, ...]]) -> QuerySet[PolicyRevision]:
    """Theirs, but for the newest ones."""
    of_them = reduce(or_, [Q(**dict(zip(whose, owner, strict=True))) for owner in owners])
    newer = PolicyRevision.objects.filter(**{name: OuterRef(name) for name in whose}, pk__gt=OuterRef("pk"))
    return PolicyRevision.objects.filter(of_them, Exists(newer.order_by("pk")[NEWEST - 1 : NEWEST]))
