"""From the object to fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from rollouts.domain.policies.fields import (
    NUMBER,
    OBJECTS,
    PAIRS,
    PORT,
    SECONDS,
    STRUCTURE,
    WHOLE,
    WHOLES,
    Alert,
    Command,
    Hook,
    Metric,
    RolloutPolicy,
)
from rollouts.domain.policies.layouts import KURATOR, Layout, Place

Obj = Mapping[str, Any]
NO_EFFECT = ("primary", "preview")
"""Kurator takes them and does nothing with them (kurator.md 17, G8)."""
LONGEST = 200
UNITS = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+", re.ASCII)
_NUMBER = re.compile(r"0|-?[1-9]\d*", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)", re.ASCII)


def read(found: Obj, layout: Layout = KURATOR) -> RolloutPolicy:
    metrics, hooks, alerts = (_objects(found, one) for one in (layout.metrics, layout.hooks, layout.alerts))
    commands = tuple(Command(at, one) for at, one in enumerate(list_at(found, layout.commands)) if isinstance(one, str))
    return RolloutPolicy(
        **_values(found, layout.scalars),
        metrics=tuple(Metric(at=at, **_values(one, layout.in_metric)) for at, one in metrics),
        commands=commands,
        hooks=tuple(Hook(at=at, **_values(one, layout.in_hook)) for at, one in hooks),
        alerts=tuple(Alert(at=at, **_values(one, layout.in_alert)) for at, one in alerts),
    )


def unknown(found: Obj, layout: Layout = KURATOR) -> tuple[tuple[str, str], ...]:
    """Place and text of whatever is in the object and not in the fields: it stays as it is."""
    every = _every(found, "", layout)
    return tuple((place, _text(value)) for place, value in every if not _known(place, value, layout))


def whole_seconds(said: str) -> int | None:
    """Of a duration as Go writes it. None where it is none, or has a part of a second."""
    if _DURATION.fullmatch(said) is None:
        return None
    total = sum((Decimal(number) * UNITS[unit] for number, unit in _PART.findall(said)), Decimal())
    return int(total) if total == int(total) else None


def at_place(found: Any, place: str) -> Any:
    """None where nothing is, or something above it is no object."""
    for step in place.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def list_at(rollout: Obj, place: str) -> list[Any]:
    found = at_place(rollout, place)
    return found if isinstance(found, list) else []


def _objects(found: Obj, place: str) -> list[tuple[int, Obj]]:
    """Of a list, each with its number there."""
    return [(at, one) for at, one in enumerate(list_at(found, place)) if isinstance(one, Mapping)]


def _values(found: Obj, places: Mapping[str, Place]) -> dict[str, Any]:
    values = {name: _fitting(at_place(found, one.place), one) for name, one in places.items()}
    return {name: value for name, value in values.items() if value is not None}


def _fitting(value: Any, one: Place) -> Any:
    """The value as the field has it; None where it is absent, or nothing that the field can be."""
    kind = one.kind
    if isinstance(one.default, bool) or isinstance(value, bool):
        return value if isinstance(one.default, bool) and isinstance(value, bool) else None
    if kind == WHOLE:
        return value if isinstance(value, int) else None
    if kind == SECONDS:
        return whole_seconds(value) if isinstance(value, str) else None
    if kind == NUMBER:
        return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None
    if kind == PORT:
        return _port(value)
    if kind == STRUCTURE:
        return value if isinstance(value, Mapping) and value else None
    if one.default == "":
        return value if isinstance(value, str) else None
    if kind == PAIRS:
        return tuple(value.items()) if _is_pairs(value) else None
    inner = int if kind == WHOLES else Mapping if kind in OBJECTS else str
    fits = isinstance(value, list) and all(isinstance(each, inner) and not isinstance(each, bool) for each in value)
    return tuple(value) if fits else None


def is_number(port: str) -> bool:
    """Whether a port of this text is written as a number."""
    return _NUMBER.fullmatch(port) is not None


def _port(value: Any) -> str | None:
    """Of a text that looks like a number it would not be known any more that it is none. With 0, which Flagger writes
    where it adds its finalizer to a Canary without one, it means none.
    """
    if isinstance(value, int):
        return str(value) if value else ""
    return value if isinstance(value, str) and not is_number(value) else None


def _is_pairs(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


def _every(found: Any, place: str, layout: Layout) -> Iterator[tuple[str, Any]]:
    """Every leaf; lists of plain values and the pairs of a field as one."""
    at = _field_at(place, layout)
    if at is not None and at.kind in (PAIRS, STRUCTURE) and found and _fitting(found, at) is not None:
        yield place, found
    elif isinstance(found, Mapping) and found:
        for name, inner in found.items():
            yield from _every(inner, f"{place}.{name}" if place else name, layout)
    elif isinstance(found, list) and place in layout.lists.values():
        for number, inner in enumerate(found):
            yield from _every(inner, f"{place}[{number}]", layout)
    elif found not in (None, {}, []):
        yield place, found


def _known(place: str, value: Any, layout: Layout) -> bool:
    if layout.commands and place.startswith(f"{layout.commands}["):
        return isinstance(value, str)
    at = _field_at(place, layout)
    return at is not None and _fitting(value, at) is not None


def _field_at(place: str, layout: Layout) -> Place | None:
    """Of one field, whatever its number in a list."""
    above, bracket, rest = place.partition("[")
    fields, inner = layout.scalars, place
    if bracket:
        fields = next((layout.inside(which) for which, place in layout.lists.items() if place == above), {})
        inner = rest.partition("].")[2]
    return next((one for one in fields.values() if one.place == inner), None)


def _text(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
