"""From the object to fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import Field
from typing import Any

from rollouts.domain.policies.fields import (
    COMMANDS,
    MATCH,
    METRICS,
    NUMBER,
    ORIGINS,
    PAIRS,
    PLACED,
    PLACED_IN_METRIC,
    WHOLE,
    WHOLES,
    Command,
    Metric,
    RolloutPolicy,
)

Obj = Mapping[str, Any]
NO_EFFECT = ("primary", "preview")
"""Kurator takes them and does nothing with them (kurator.md 17, G8)."""
PLACES_OF_PAIRS = frozenset(one.metadata["place"] for one in PLACED.values() if one.metadata.get("kind") == PAIRS)
LONGEST = 200


def read(rollout: Obj) -> RolloutPolicy:
    values = {name: value for name, one in PLACED.items() if (value := _value(rollout, one)) is not None}
    metrics = tuple(_metric(at, one) for at, one in enumerate(list_at(rollout, METRICS)) if isinstance(one, Mapping))
    commands = tuple(Command(at, one) for at, one in enumerate(list_at(rollout, COMMANDS)) if isinstance(one, str))
    return RolloutPolicy(**values, metrics=metrics, commands=commands)


def unknown(rollout: Obj) -> tuple[tuple[str, str], ...]:
    """Place and text of whatever is in the object and not in the fields: it stays as it is."""
    return tuple((place, _text(value)) for place, value in _unknown(rollout, "") if not _known(rollout, place, value))


def at_place(found: Any, place: str) -> Any:
    """None where nothing is, or something above it is no object."""
    for step in place.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def list_at(rollout: Obj, place: str) -> list[Any]:
    found = at_place(rollout, place)
    return found if isinstance(found, list) else []


def _metric(at: int, found: Obj) -> Metric:
    values = {name: value for name, one in PLACED_IN_METRIC.items() if (value := _value(found, one)) is not None}
    return Metric(at=at, **values)


def _value(found: Obj, one: Field[Any]) -> Any:
    return _fitting(at_place(found, one.metadata["place"]), one)


def _fitting(value: Any, one: Field[Any]) -> Any:
    """The value as the field has it; None where it is absent, or nothing that the field can be."""
    kind = one.metadata.get("kind", "")
    if isinstance(one.default, bool) or isinstance(value, bool):
        return value if isinstance(one.default, bool) and isinstance(value, bool) else None
    if kind == WHOLE:
        return value if isinstance(value, int) else None
    if kind == NUMBER:
        return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None
    if one.default == "":
        return value if isinstance(value, str) else None
    if kind == PAIRS:
        return tuple(value.items()) if _is_pairs(value) else None
    inner = int if kind == WHOLES else Mapping if kind in (MATCH, ORIGINS) else str
    fits = isinstance(value, list) and all(isinstance(each, inner) and not isinstance(each, bool) for each in value)
    return tuple(value) if fits else None


def _is_pairs(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


def _unknown(found: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every leaf; lists of plain values and the pairs of a field as one."""
    if place in PLACES_OF_PAIRS and found and _is_pairs(found):
        yield place, found
    elif isinstance(found, Mapping) and found:
        for name, inner in found.items():
            yield from _unknown(inner, f"{place}.{name}" if place else name)
    elif isinstance(found, list) and place in (METRICS, COMMANDS):
        for at, inner in enumerate(found):
            yield from _unknown(inner, f"{place}[{at}]")
    elif found not in (None, {}, []):
        yield place, found


def _known(rollout: Obj, place: str, value: Any) -> bool:
    if place.startswith(f"{COMMANDS}["):
        return isinstance(value, str)
    if place.startswith(f"{METRICS}["):
        inner = place.partition("].")[2]
        fields = PLACED_IN_METRIC
    else:
        inner, fields = place, PLACED
    fitting = [one for one in fields.values() if one.metadata["place"] == inner]
    return any(_fitting(value, one) is not None for one in fitting)


def _text(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
