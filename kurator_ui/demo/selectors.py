"""Label and field selectors of list and watch requests."""

from __future__ import annotations

import re
from collections.abc import Callable

from kurator_ui.demo.errors import Obj, bad_request

Test = Callable[[Obj], bool]
_SET = re.compile(r"^(?P<key>\S+)\s+(?P<op>in|notin)\s+\((?P<values>[^)]*)\)$")


def label_test(selector: str) -> Test:
    tests = [_label_requirement(part.strip()) for part in re.split(r",(?![^(]*\))", selector) if part.strip()]
    return lambda labels: all(test(labels) for test in tests)


def _label_requirement(part: str) -> Test:
    if found := _SET.match(part):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["op"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    for sign in ("!=", "==", "="):
        if sign in part:
            key, value = (side.strip() for side in part.split(sign, 1))
            if sign == "!=":
                return lambda labels: labels.get(key) != value
            return lambda labels: labels.get(key) == value
    if part.startswith("!"):
        return lambda labels: part[1:] not in labels
    return lambda labels: part in labels


def field_test(selector: str) -> Test:
    """Any path of plain fields is allowed; the real server knows fewer, and none that is missing here."""
    wanted: list[tuple[list[str], str, bool]] = []
    for part in filter(None, (part.strip() for part in selector.split(","))):
        path, sign, value = part.partition("=")
        if not sign:
            raise bad_request(f'Unable to find "v1, Resource" that match field selector "{selector}"')
        wanted.append((path.rstrip("!").split("."), value.removeprefix("="), path.endswith("!")))
    return lambda obj: all((_field(obj, path) == value) is not negated for path, value, negated in wanted)


def _field(obj: Obj, path: list[str]) -> str:
    value: object = obj
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def selection(labels: str, fields: str) -> Test | None:
    """One test of a whole object, or None when everything is wanted."""
    if not labels and not fields:
        return None
    by_label, by_field = label_test(labels), field_test(fields)
    return lambda obj: by_label(obj["metadata"].get("labels") or {}) and by_field(obj)
