"""What the audit trail's page shows as its address, both ways. What cannot be read is ignored, never an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from rollouts.queries.audit import Chosen

TEXTS = ("person", "act", "kind", "cluster", "application", "outcome")
DAYS = {"from": "first", "to": "last"}
NUMBERS = ("before", "after")
LONGEST = 507
ANYTHING = Chosen()


def parse(query: QueryDict) -> Chosen:
    texts: dict[str, Any] = {name: query.get(name, "").replace("\0", "")[:LONGEST].strip() for name in TEXTS}
    days: dict[str, Any] = {field: _date(query.get(name, "")) for name, field in DAYS.items()}
    numbers: dict[str, Any] = {name: _number(query.get(name, "")) for name in NUMBERS}
    return Chosen(**texts, **days, **numbers)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def query_of(chosen: Chosen) -> str:
    """Without what is empty."""
    return urlencode(list(_pairs(chosen)))


def _pairs(chosen: Chosen) -> Iterator[tuple[str, str]]:
    for name in (*TEXTS, *DAYS, *NUMBERS):
        if value := getattr(chosen, DAYS.get(name, name)):
            yield name, str(value)


def address(chosen: Chosen, view: str = "audit", **changes: object) -> str:
    """Of the page, or of an export (`view`), with this changed; any change but one of the page leads to the newest."""
    query = query_of(replace(chosen, **{"before": 0, "after": 0, **changes}))  # type: ignore[arg-type]
    return reverse(view) + (f"?{query}" if query else "")
