"""Which requests are meant, as lines that people can write: `x-group: exact insider`, or of the request itself
`uri prefix /shop`, is one alternative, and several conditions of one alternative are joined by ` and `.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HOW = ("exact", "prefix", "suffix", "regex")
EXAMPLE = "x-group: exact insider"
OF_ADDRESS = "uri prefix /shop"
AND = " and "
PARTS = ("uri", "method", "authority", "scheme")
"""Of a request itself, said without a colon."""
QUERY = "query "
"""Before the name of a parameter of the address."""
HEADERS, PARAMETERS = "headers", "queryParams"


def lines(match: Sequence[Mapping[str, Any]]) -> str | None:
    """None where it is more than headers, parameters and parts of the request that are compared."""
    made = [_line(one) for one in match]
    return None if None in made else "\n".join(one for one in made if one is not None)


def parse(written: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """And the sentence that says what is wrong; empty when nothing is."""
    found = []
    for line in filter(None, (one.strip() for one in written.splitlines())):
        alternative: dict[str, Any] = {}
        for part in line.split(AND):
            where, name, condition = _parts(part.strip())
            how, _, value = condition.strip().partition(" ")
            if not name or how not in HOW or not value.strip():
                return (
                    (),
                    f"“{part.strip()[:80]}” is no condition. Write header, colon, how and value, as in “{EXAMPLE}”.",
                )
            inner = alternative.setdefault(where, {}) if where else alternative
            if name in inner:
                return (
                    (),
                    f"“{part.strip()[:80]}” is the second condition on the same. Requests that may be one or the other"
                    " are alternatives: write each on a line of its own.",
                )
            inner[name] = {how: value.strip()}
        found.append(alternative)
    return tuple(found), ""


def _parts(part: str) -> tuple[str, str, str]:
    """Below which name it stands, its own name, and how it is compared."""
    first, _, rest = part.partition(" ")
    if first in PARTS and rest.strip().partition(" ")[0] in HOW:
        return "", first, rest
    name, _, condition = part.partition(":")
    if name.startswith(QUERY):
        return PARAMETERS, name.removeprefix(QUERY).strip(), condition
    return HEADERS, name.strip(), condition


def _line(one: Mapping[str, Any]) -> str | None:
    parts = []
    for where, compared in one.items():
        if not isinstance(compared, Mapping) or not compared:
            return None
        if where in PARTS:
            parts.append((f"{where} ", compared))
        elif where in (HEADERS, PARAMETERS):
            prefix = QUERY if where == PARAMETERS else ""
            parts += [(f"{prefix}{name}: ", condition) for name, condition in compared.items()]
        else:
            return None
    made = []
    for before, condition in parts:
        if not isinstance(condition, Mapping) or len(condition) != 1:
            return None
        ((how, value),) = condition.items()
        made.append(f"{before}{how} {value}")
    line = AND.join(made)
    return line if parse(line)[0] == (one,) else None
