"""Whom an A/B test is for, as lines that people can write: `x-group: exact insider` is one alternative, and several
conditions of one alternative are joined by ` and `. The method is not asked for, as a header is what tells users apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HOW = ("exact", "prefix", "regex")
EXAMPLE = "x-group: exact insider"
AND = " and "


def lines(match: Sequence[Mapping[str, Any]]) -> str | None:
    """None where it is more than headers that are compared."""
    made = [_line(one) for one in match]
    return None if None in made else "\n".join(one for one in made if one is not None)


def parse(written: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """And the sentence that says what is wrong; empty when nothing is."""
    found = []
    for line in filter(None, (one.strip() for one in written.splitlines())):
        headers: dict[str, dict[str, str]] = {}
        for part in line.split(AND):
            name, _, condition = part.partition(":")
            how, _, value = condition.strip().partition(" ")
            if not name.strip() or how not in HOW or not value.strip():
                return (), f"“{part.strip()}” is no condition. Write header, colon, how and value, as in “{EXAMPLE}”."
            headers[name.strip()] = {how: value.strip()}
        found.append({"headers": headers})
    return tuple(found), ""


def _line(one: Mapping[str, Any]) -> str | None:
    headers = one.get("headers")
    if set(one) != {"headers"} or not isinstance(headers, Mapping) or not headers:
        return None
    parts = []
    for name, condition in headers.items():
        if not isinstance(condition, Mapping) or len(condition) != 1:
            return None
        ((how, value),) = condition.items()
        parts.append(f"{name}: {how} {value}")
    line = AND.join(parts)
    return line if parse(line)[0] == (one,) else None
