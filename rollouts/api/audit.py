"""The audit trail, for who administers everything."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Query, Router, Schema

from rollouts import access
from rollouts.api.errors import answers
from rollouts.api.paging import Listed, Piece, Text, cut, only_known
from rollouts.models import AuditEntry
from rollouts.queries import audit

router = Router(tags=["audit"])
FOR_ADMINS = "The audit trail is for who administers everything."


class ChosenEntries(Piece):
    """`first` and `last` are UTC days, both within. `application` is `namespace/name`."""

    person: Text = ""
    act: Text = ""
    kind: Text = ""
    cluster: Text = ""
    application: Text = ""
    outcome: Text = ""
    first: date | None = None
    last: date | None = None


class EntryShape(Schema):
    number: int
    at: datetime
    person: str
    act: str
    kind: str
    cluster: str
    namespace: str
    name: str
    application: str
    release: int | None
    reason: str
    preview: str
    patch: Any
    answer: str
    outcome: str
    request: str
    address: str
    previous: str
    hash: str


@router.get("/audit", response=answers(Listed[EntryShape]))
def list_entries(request: HttpRequest, chosen: Query[ChosenEntries]) -> Listed[EntryShape]:
    """The newest first."""
    only_known(request, chosen)
    if not access.may_read_trail(request.user):
        raise PermissionDenied(f"{FOR_ADMINS} {access.whom_to_ask()}")
    said = {name: getattr(chosen, name) for name in ChosenEntries.model_fields if name not in Piece.model_fields}
    found = audit.selected(request.user, audit.Chosen(**said))
    if chosen.cursor:
        found = found.filter(number__lt=chosen.cursor)
    entries = list(found.order_by("-number")[: chosen.limit + 1])
    shown, after = cut(entries, chosen.limit, lambda one: one.number)
    return Listed(items=[_shape(one) for one in shown], next=after)


def _shape(one: AuditEntry) -> EntryShape:
    said = {name: getattr(one, name) for name in EntryShape.model_fields if name != "patch"}
    return EntryShape(**said, patch=json.loads(one.patch) if one.patch else None)
