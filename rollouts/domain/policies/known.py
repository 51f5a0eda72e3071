"""Which fields of a policy the Kurator of a hub knows, and which of a Canary the Flagger of a cluster: what its
definition of the kind has a place for. Of the others an API server says nothing and drops them, or refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.domain.policies.layouts import KURATOR, Layout

WAYS: Mapping[str, tuple[str, ...]] = {KURATOR.name: ("spec", "syncPolicies", "rollout")}
OTHERWISE = ("spec",)
ANYTHING = ".*"
MOST, DEEPEST, LONGEST = 2000, 20, 200
"""Places, steps of one, characters of one: more has neither definition."""


@dataclass(frozen=True, slots=True)
class Known:
    """`places` are those of the layout's object, lists without numbers; None while they are not known, and then any
    field may be one.
    """

    places: frozenset[str] | None = None
    layout: Layout = KURATOR

    @property
    def read(self) -> bool:
        return self.places is not None

    def has(self, name: str) -> bool:
        """`name` as in `fields`, those of a metric as `metrics-NAME`."""
        if self.places is None:
            return True
        place = self._place(name)
        steps = place.split(".")
        above = (".".join(steps[:depth]) + ANYTHING for depth in range(1, len(steps)))
        return place in self.places or ANYTHING in self.places or any(one in self.places for one in above)

    def _place(self, name: str) -> str:
        """Empty for what the object cannot have."""
        first, _, rest = name.partition("-")
        if not rest:
            return self.layout.place_of(first)
        inside = self.layout.inside(first)
        return f"{self.layout.lists[first]}.{inside[rest].place}" if rest in inside else ""


def places_in(schema: Any, layout: Layout = KURATOR) -> tuple[str, ...]:
    """Of an OpenAPI schema of the kind. None at all where it says nothing of the layout's object."""
    for step in WAYS.get(layout.name, OTHERWISE):
        schema = _inner(schema)
        schema = _properties(schema).get(step) if not _open(schema) else schema
    found = []
    for place in _below(schema, "", 0):
        found.append(place)
        if len(found) == MOST:
            break
    return tuple(sorted(set(found)))


def _below(schema: Any, place: str, depth: int) -> Iterator[str]:
    """Where anything may stand below a place, that is said by a star."""
    schema = _inner(schema)
    if _open(schema):
        yield f"{place}{ANYTHING}"
    if depth == DEEPEST:
        return
    for name, inner in _properties(schema).items():
        one = f"{place}.{name}" if place else str(name)
        if len(one) <= LONGEST:
            yield one
            yield from _below(inner, one, depth + 1)


def _inner(schema: Any) -> Any:
    """Of a list what its items are."""
    for _ in range(DEEPEST):
        if not isinstance(schema, Mapping) or not isinstance(schema.get("items"), Mapping):
            break
        schema = schema["items"]
    return schema


def _properties(schema: Any) -> Mapping[str, Any]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _open(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("x-kubernetes-preserve-unknown-fields") is True
