"""What has more in it than lines can say, as blocks of YAML: the text of a field, and what a person has made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollouts.domain.policies import blocks
from rollouts.domain.redaction import HIDDEN, hide

Shown = Callable[[Any], str | None]
Parsed = Callable[[str], tuple[Any, str]]
ITEM = "- "
OBJECT, LIST = "names, each with a colon and what it says", "a list, each of its items after “- ”"


def shown(value: Mapping[str, Any] | None) -> str | None:
    """None where blocks would not say the same."""
    if not value:
        return ""
    made = _written(dict(value))
    return made if made is not None and same(parsed(made)[0], value) else None


def parsed(written: str) -> tuple[Mapping[str, Any] | None, str]:
    """And the sentence that says what is wrong; empty when nothing is."""
    found, sentence = _read(written)
    if sentence or found is None:
        return None, sentence
    return (found, "") if isinstance(found, dict) else (None, f"Write {OBJECT}.")


def or_lines(lines: Shown, parse: Parsed) -> tuple[Shown, Parsed]:
    """Of a list of objects: lines where they can say it, and blocks where not, whose first item tells them apart."""

    def both(found: Sequence[Mapping[str, Any]]) -> str | None:
        said = lines(found)
        if said is not None:
            return said
        made = _written([dict(one) for one in found])
        return made if made is not None and same(parse_both(made)[0], found) else None

    def parse_both(written: str) -> tuple[Any, str]:
        if not is_list(written):
            return parse(written)
        found, sentence = _read(written)
        if sentence:
            return (), sentence
        if not isinstance(found, list) or not all(isinstance(one, dict) and one for one in found):
            return (), f"Write {LIST}, and below it {OBJECT}."
        return tuple(found), ""

    return both, parse_both


def is_list(written: str) -> bool:
    return written.lstrip().startswith(ITEM)


def concealed(written: str) -> str:
    """With hidden whatever may be secret by its name; all of it where it cannot be understood."""
    found, sentence = _read(written)
    if sentence:
        return HIDDEN
    whole = hide(found)
    return written if same(whole, found) else _written(whole) or HIDDEN


def same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON: in Python `1`, `1.0` and `True` are equal."""
    try:
        return json.dumps(one, sort_keys=True, default=dict) == json.dumps(other, sort_keys=True, default=dict)
    except (TypeError, ValueError, RecursionError):
        return False


def _written(value: Any) -> str | None:
    try:
        return blocks.write(value)
    except (ValueError, RecursionError):
        return None


def _read(written: str) -> tuple[Any, str]:
    try:
        return blocks.read(written), ""
    except blocks.NotRead as error:
        return None, str(error)
