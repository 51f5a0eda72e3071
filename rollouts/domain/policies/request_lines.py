"""Headers as lines, `x-tier: gold`, and the sites whose pages may ask as lines, `exact https://shop.example.com`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollouts.domain.policies.fields import Pairs

PAIR, ORIGIN = "x-tier: gold", "exact https://shop.example.com"
HOW = ("exact", "prefix", "suffix", "regex")


def pairs(found: Pairs) -> str | None:
    """None where lines cannot say it."""
    made = "\n".join(f"{name}: {value}" for name, value in found)
    return made if parsed_pairs(made) == (found, "") else None


def parsed_pairs(written: str) -> tuple[Pairs, str]:
    """And the sentence that says what is wrong; empty when nothing is. A name may begin with a colon, as `:path`."""
    found: dict[str, str] = {}
    for line in _lines(written):
        rest, colon, value = line[1:].partition(":")
        name = f"{line[0]}{rest}".strip()
        if not colon:
            return (), f"“{line[:80]}” is no header. Write its name, a colon and its value, as in “{PAIR}”."
        if name in found:
            return (), f"“{name[:80]}” is said twice, and a header has one place here."
        found[name] = value.strip()
    return tuple(found.items()), ""


def origins(found: Sequence[Mapping[str, Any]]) -> str | None:
    """None where lines cannot say it."""
    made = "\n".join(f"{how} {value}" for one in found for how, value in one.items())
    return made if parsed_origins(made) == (tuple(found), "") else None


def parsed_origins(written: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """As `parsed_pairs`. A line without a word for how it is compared is meant exactly."""
    found = []
    for line in _lines(written):
        how, _, value = line.partition(" ")
        if not value.strip() and how not in HOW:
            how, value = "exact", line
        if how not in HOW or not value.strip():
            return (), f"“{line[:80]}” is no site. Write {', '.join(HOW)} and what it is compared with: “{ORIGIN}”."
        found.append({how: value.strip()})
    return tuple(found), ""


def _lines(written: str) -> list[str]:
    return list(filter(None, (one.strip() for one in written.split("\n"))))
