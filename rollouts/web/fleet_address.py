"""The fleet page's filter as its address, both ways. Unknown names and values in an address are ignored, never an
error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from rollouts.queries.filters import FleetFilter, Part, Sort, View

LISTS = {
    "cluster": "clusters",
    "namespace": "namespaces",
    "phase": "phases",
    "strategy": "strategies",
    "provider": "providers",
    "owner": "owners",
}
"""Name in the address, which may be repeated, and field of the filter."""
BACKWARDS = "backwards"
LONGEST = 200
MOST_VALUES = 50
MOST_PAGES = 100_000


def parse(query: QueryDict) -> FleetFilter:
    lists: dict[str, Any] = {field: _values(query.getlist(name)) for name, field in LISTS.items()}
    sort = next((sort for sort in Sort if sort == query.get("sort")), Sort.NEED)
    return FleetFilter(
        text=_clean(query.get("q", "")),
        application=_clean(query.get("application", "")),
        part=next((part for part in Part if part == query.get("part")), None),
        sort=sort,
        backwards=query.get("order") == BACKWARDS and sort is not Sort.NEED,
        view=next((view for view in View if view == query.get("view")), View.ROLLOUTS),
        page=_page(query.get("page", "1")),
        **lists,
    )


def _clean(value: str) -> str:
    return " ".join(value.replace("\0", "")[:LONGEST].split())


def _values(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({cleaned for value in values if (cleaned := _clean(value))})[:MOST_VALUES])


def _page(value: str) -> int:
    return max(1, min(int(value), MOST_PAGES)) if value.isascii() and value.isdigit() and len(value) < 10 else 1


def query_of(chosen: FleetFilter) -> str:
    """The shortest query string that means the same; equal filters have equal ones."""
    pairs = [("q", chosen.text), ("application", chosen.application)]
    pairs += [(name, value) for name, field in LISTS.items() for value in getattr(chosen, field)]
    pairs.append(("part", chosen.part or ""))
    pairs.append(("sort", chosen.sort if chosen.sort is not Sort.NEED else ""))
    pairs.append(("order", BACKWARDS if chosen.backwards else ""))
    pairs.append(("view", chosen.view if chosen.view is not View.ROLLOUTS else ""))
    pairs.append(("page", str(chosen.page) if chosen.page > 1 else ""))
    return urlencode([(name, value) for name, value in pairs if value])


def address(chosen: FleetFilter, **changes: Any) -> str:
    """Of the fleet page with this filter changed. Any change but one of the page leads back to the first page."""
    query = query_of(replace(chosen, **{"page": 1, **changes}))
    return reverse("fleet") + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen value, with the address of the page without it."""

    name: str
    value: str
    without: str


def chips(chosen: FleetFilter) -> list[Chip]:
    found = [Chip("text", chosen.text, address(chosen, text=""))] if chosen.text else []
    if chosen.application:
        found.append(Chip("application", chosen.application, address(chosen, application="")))
    for name, field in LISTS.items():
        values = getattr(chosen, field)
        found += [
            Chip(name, value, address(chosen, **{field: tuple(v for v in values if v != value)})) for value in values
        ]
    return found
