"""From fields back to the object: a JSON patch of exactly the changed places.

What may be secret was hidden when the policy was read, so nothing but what somebody has entered is ever written.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollouts.domain.policies.fields import PAIRS, PORT, SECONDS, Alert, Command, Hook, Metric, RolloutPolicy
from rollouts.domain.policies.layouts import KURATOR, Layout, Place
from rollouts.domain.policies.reading import Obj, is_number

Entry = Metric | Command | Hook | Alert
Operation = Mapping[str, Any]
NEVER_EMPTY = frozenset(
    {
        *("sessionAffinity", "retries", "headers", "request", "response", "corsPolicy", "canaryStrategy"),
        *("thresholdRange", "customMetric", "provider", "secretRef", "templateRef", "providerRef"),
        *("autoscalerRef", "primaryScalerReplicas", "ingressRef", "routeRef", "upstreamRef", "rewrite"),
        *("apex", "primary", "canary", "unmanagedMetadata"),
    }
)
"""Parts that mean something else without any field, or are refused (flagger.md 2): they go with their last one."""


def write(
    found: Obj, before: RolloutPolicy, after: RolloutPolicy, layout: Layout = KURATOR
) -> tuple[Operation, ...]:  # fmt: skip
    """What makes the object, of which `before` was read, say what `after` says. Paths are from it on. Metrics,
    commands, webhooks and alerts keep their order; new ones come last.
    """
    made: list[Operation] = []
    shape = copy.deepcopy(dict(found))
    for place, value in _changed(layout.scalars, before, after):
        made += _put(shape, place.split("."), value)
    for which, place in layout.lists.items():
        made += _of_list(shape, place, getattr(before, which), getattr(after, which), layout.inside(which))
    return tuple(made)


def applied(found: Any, operations: Iterable[Operation]) -> Any:
    """A copy, patched. For operations that `write` has made."""
    made = copy.deepcopy(found)
    for one in operations:
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in one["path"].split("/")[1:]]
        inner = made
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        if isinstance(inner, list):
            if one["op"] == "remove":
                del inner[int(last)]
            elif one["op"] == "replace":
                inner[int(last)] = one["value"]
            else:
                inner.append(one["value"])
        elif one["op"] == "remove":
            del inner[last]
        else:
            inner[last] = one["value"]
    return made


def _changed(places: Mapping[str, Place], before: Any, after: Any) -> Iterator[tuple[str, Any]]:
    """None for what is to be absent."""
    for name, one in places.items():
        value = getattr(after, name)
        if value != getattr(before, name):
            alone = one.place.split(".")[-2:-1]  # a flag that is off must not keep what is above it
            gone = value == one.default and (not isinstance(value, bool) or not NEVER_EMPTY.isdisjoint(alone))
            yield one.place, None if gone else _plain(value, one)


def _plain(value: Any, one: Place) -> Any:
    if one.kind == PAIRS:
        return dict(value)
    if one.kind == PORT:
        return int(value) if is_number(value) else value
    if one.kind == SECONDS:
        return f"{value}s"
    if isinstance(value, tuple):
        return [dict(one) if isinstance(one, Mapping) else one for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _put(shape: Any, steps: Sequence[Any], value: Any) -> Iterator[Operation]:
    """One operation, at the deepest place that is there already; `shape` is patched with it."""
    inner = shape
    for depth, step in enumerate(steps[:-1]):
        below = inner[step] if isinstance(inner, list) or step in inner else None
        if not isinstance(below, list if isinstance(steps[depth + 1], int) else dict):
            if value is None:
                return
            below = value
            for name in reversed(steps[depth + 1 :]):
                below = {name: below}
            yield {"op": "add", "path": _path(steps[: depth + 1]), "value": copy.deepcopy(below)}
            inner[step] = below
            return
        inner = below
    last = steps[-1]
    if value is None:
        if last in inner:
            yield _removed(shape, steps)
        return
    yield {"op": "replace" if isinstance(inner, list) or last in inner else "add", "path": _path(steps), "value": value}
    inner[last] = value


def _removed(shape: Any, steps: Sequence[Any]) -> Operation:
    above = [shape]
    for step in steps[:-1]:
        above.append(above[-1][step])
    depth = len(steps) - 1
    while depth and steps[depth - 1] in NEVER_EMPTY and len(above[depth]) == 1:
        depth -= 1
    del above[depth][steps[depth]]
    return {"op": "remove", "path": _path(steps[: depth + 1])}


def _of_list(
    shape: Any, place: str, before: Sequence[Entry], after: Sequence[Entry], inside: Mapping[str, Place]
) -> Iterator[Operation]:
    steps = place.split(".")
    known = {one.at: one for one in before}
    for one in after:
        if one.at is not None and one != known[one.at]:
            if isinstance(one, Command):
                yield from _put(shape, [*steps, one.at], one.text)
                continue
            for inner, value in _changed(inside, known[one.at], one):
                yield from _put(shape, [*steps, one.at, *inner.split(".")], value)
    kept = {one.at for one in after}
    gone = sorted((one.at for one in before if one.at is not None and one.at not in kept), reverse=True)
    new = [_made(one, inside) for one in after if one.at is None]
    present = _inside(shape, steps)
    if gone and len(gone) == len(present or ()) and not new:
        yield {"op": "remove", "path": _path(steps)}
        return
    for at in gone:
        yield {"op": "remove", "path": _path([*steps, at])}
    if new and present is None:
        yield from _put(shape, steps, new)
        return
    for each in new:
        yield {"op": "add", "path": _path([*steps, "-"]), "value": each}


def _made(one: Entry, inside: Mapping[str, Place]) -> Any:
    if isinstance(one, Command):
        return one.text
    made: dict[str, Any] = {}
    for place, value in _changed(inside, type(one)(), one):
        for _ in _put(made, place.split("."), value):
            pass
    return made


def _inside(shape: Any, steps: Sequence[str]) -> list[Any] | None:
    for step in steps:
        shape = shape.get(step) if isinstance(shape, dict) else None
    return shape if isinstance(shape, list) else None


def _path(steps: Sequence[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
