"""What the history page shows as its address, both ways. What cannot be read is ignored, never an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from rollouts.queries.history import Chosen

SPANS = {"7 days": 7, "30 days": 30, "90 days": 90}
USUAL = 30
LONGEST = 366
LONGEST_NAME = 253


def parse(query: QueryDict, today: date) -> Chosen:
    """`days` counts back from today; else `from` and `to` are dates."""
    first, last = _date(query.get("from", "")), _date(query.get("to", ""))
    days = _number(query.get("days", ""))
    if days and 0 < days <= LONGEST:
        first, last = today - timedelta(days=days - 1), today
    elif first is None or last is None or not 0 <= (last - first).days < LONGEST:
        first, last = today - timedelta(days=USUAL - 1), today
    return Chosen(
        first=first,
        last=last,
        rollout=_number(query.get("rollout", "")),
        application=_number(query.get("application", "")),
        cluster=query.get("cluster", "").replace("\0", "")[:LONGEST_NAME].strip(),
    )


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def query_of(chosen: Chosen, today: date) -> str:
    """Counted back from today where it ends today: such an address stays of use tomorrow."""
    pairs: list[tuple[str, str | int | None]] = [
        ("rollout", chosen.rollout),
        ("application", chosen.application),
        ("cluster", chosen.cluster),
    ]
    if chosen.last != today:
        pairs += [("from", chosen.first.isoformat()), ("to", chosen.last.isoformat())]
    elif chosen.days != USUAL:
        pairs.append(("days", chosen.days))
    return urlencode([(name, str(value)) for name, value in pairs if value])


def address(chosen: Chosen, today: date, **changes: object) -> str:
    query = query_of(replace(chosen, **changes), today)  # type: ignore[arg-type]
    return reverse("history") + (f"?{query}" if query else "")
