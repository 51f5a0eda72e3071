"""Objects as YAML writes them in indented blocks: as much of it as people need, and nothing that they could mean
otherwise. What YAML reads in two ways (`on`, `010`, `1:30`) has to stand in quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 20
ITEM = "-"
_NAME = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z/](?:[\w./@+=,;()*?$^~<>\\:-]| (?=[\w./@+=,;()*?$^~<>\\-]))*", re.ASCII)
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})\.\d+(?:[eE][+-]\d{1,3})?", re.ASCII)
_UNCLEAR = re.compile(
    r"[-+]?[0-9_]*[0-9](?:[0-9_:.xob]*)|[-+]?\.(?:inf|nan|[0-9].*)|[-+]?[0-9.]+e[-+]?[0-9]+|[-+]?0[xob][0-9a-f_]+"
    r"|\d{4}-\d\d?-\d\d?(?:[t ].*)?|true|false|y|n|yes|no|on|off|null|~|=|<<",
    re.IGNORECASE,
)
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_BEGINS_ANOTHER = re.compile(r"[-?](?: |$)|:")
"""An item, a name that is no text, or a value without a name."""
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_SIMPLE_LIST = re.compile(r"\[[^\[\]{}\"']*\]")
_QUOTED_ONCE = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"(?:^|\s)#.*")


class NotRead(ValueError):
    """Says which line, and what to do."""


@dataclass(slots=True)
class _Line:
    number: int
    indent: int
    text: str


def read(written: str) -> Any:
    """Raises NotRead. None where nothing is written."""
    lines = list(_lines(written))
    if not lines:
        return None
    found = _block(lines, lines[0].indent, 0)
    if lines:
        raise _wrong(lines[0], "it is not below anything")
    return found


def write(value: Any, indent: int = 0) -> str:
    """Raises ValueError for what is neither an object, a list, a text, a number nor a truth."""
    if isinstance(value, dict) and value:
        return "\n".join(f"{' ' * indent}{_called(name)}:{_below(inner, indent)}" for name, inner in value.items())
    if isinstance(value, list) and value:
        return "\n".join(f"{' ' * indent}{ITEM}{_item(inner, indent)}" for inner in value)
    return " " * indent + _scalar(value)


def _below(value: Any, indent: int) -> str:
    return f"\n{write(value, indent + 2)}" if isinstance(value, dict | list) and value else f" {_scalar(value)}"


def _item(value: Any, indent: int) -> str:
    return f" {write(value, indent + 2).lstrip(' ')}" if isinstance(value, dict) and value else _below(value, indent)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None or not isinstance(value, bool | int | float | dict | list):
        raise ValueError("no part of an object")
    if isinstance(value, float) and not abs(value) < 1e300:
        raise ValueError("no number of an object")
    return _with_point(repr(value)) if isinstance(value, float) and "e" in repr(value) else json.dumps(value)


def _with_point(number: str) -> str:
    """YAML knows no other number with an exponent."""
    before, _, exponent = number.partition("e")
    return f"{before if '.' in before else f'{before}.0'}e{exponent}"


def _called(name: Any) -> str:
    if not isinstance(name, str):
        raise ValueError("no name")
    return name if _NAME.fullmatch(name) and _meant(name) == name else _quote(name)


def _text(said: str) -> str:
    plain = _PLAIN.fullmatch(said) and ": " not in said and not said.endswith(":") and _meant(said) == said
    return said if plain else _quote(said)


def _quote(said: str) -> str:
    return json.dumps(said, ensure_ascii=not said.isprintable())


def _meant(said: str) -> Any:
    """Of a text without quotes; None where it can be meant otherwise."""
    if said in _TRUTHS:
        return _TRUTHS[said]
    if _WHOLE.fullmatch(said):
        return int(said)
    if _NUMBER.fullmatch(said) and abs(float(said)) < 1e300:
        return float(said)
    return None if _UNCLEAR.fullmatch(said) and not _ADDRESS.fullmatch(said) else said


def _lines(written: str) -> Iterator[_Line]:
    for number, line in enumerate(written.split("\n"), 1):
        text = line.strip()
        if text and not text.startswith("#") and not (text == "---" and number == 1):
            found = _Line(number, len(line) - len(line.lstrip(" ")), text)
            if line.lstrip(" ")[0] != text[0]:
                raise _wrong(found, "indent it with spaces only")
            yield found


def _block(lines: list[_Line], indent: int, depth: int) -> Any:
    if depth > DEEPEST:
        raise _wrong(lines[0], f"it is deeper than {DEEPEST} levels")
    if _is_item(lines[0]):
        return _sequence(lines, indent, depth)
    return _mapping(lines, indent, depth)


def _sequence(lines: list[_Line], indent: int, depth: int) -> list[Any]:
    found = []
    while lines and lines[0].indent == indent and _is_item(lines[0]):
        line = lines[0]
        rest = line.text[1:].lstrip(" ")
        if not rest:
            lines.pop(0)
            found.append(_inside(line, lines, indent, depth))
        elif _name(line, rest) is not None or rest.startswith(f"{ITEM} "):
            inner = indent + len(line.text) - len(rest)
            lines[0] = _Line(line.number, inner, rest)
            found.append(_block(lines, inner, depth + 1))
        else:
            lines.pop(0)
            found.append(_value(line, rest))
    return found


def _mapping(lines: list[_Line], indent: int, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while lines and lines[0].indent == indent and not _is_item(lines[0]):
        line = lines.pop(0)
        parts = _name(line, line.text)
        if parts is None:
            raise _wrong(line, "write a name, a colon and a value")
        name, rest = parts
        if name in found:
            raise _wrong(line, f"“{name[:40]}” is said twice")
        found[name] = _value(line, rest) if rest else _inside(line, lines, indent, depth, or_items=True)
    return found


def _inside(line: _Line, lines: list[_Line], indent: int, depth: int, *, or_items: bool = False) -> Any:
    """What stands below a line. Items may stand right below a name."""
    if lines and (lines[0].indent > indent or (or_items and lines[0].indent == indent and _is_item(lines[0]))):
        return _block(lines, lines[0].indent, depth + 1)
    raise _wrong(line, "it says nothing")


def _is_item(line: _Line) -> bool:
    return line.text == ITEM or line.text.startswith(f"{ITEM} ")


def _name(line: _Line, text: str) -> tuple[str, str] | None:
    """And what stands behind its colon."""
    if text[0] in "\"'":
        name, rest = _quoted(line, text)
        return (name, rest[1:].strip()) if rest.startswith(":") and rest[1:2] in ("", " ") else None
    name, colon, rest = text.partition(": ")
    if not colon and text.endswith(":"):
        name, colon = text[:-1], ":"
    if not colon or text[0] in "[{":
        return None
    if _meant(name) != name or _NAME.fullmatch(name) is None:
        raise _wrong(line, f"put the name “{name[:40]}” in quotes")
    return name, _COMMENT.sub("", rest).strip() if rest.lstrip()[:1] not in ('"', "'") else rest.strip()


def _value(line: _Line, text: str) -> Any:
    if text[:1] in ('"', "'"):
        said, rest = _quoted(line, text)
        if rest and not rest.startswith("#"):
            raise _wrong(line, "something stands behind the quotes")
        return said
    text = _COMMENT.sub("", text).strip()
    if _SIMPLE_LIST.fullmatch(text):
        *items, last = (one.strip() for one in text[1:-1].split(","))
        return [_value(line, one) for one in [*items, *([last] if last else [])]]
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text, parse_constant=_refused, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise _wrong(line, "write what is in braces on lines of its own") from None
    if not text or text[0] in "&*!|>%@`,]}" or _BEGINS_ANOTHER.match(text) or ": " in text or text.endswith(":"):
        raise _wrong(line, f"put “{text[:40]}” in quotes")
    if (meant := _meant(text)) is None:
        raise _wrong(line, f"“{text[:40]}” can be meant in two ways: put it in quotes, or say a number, true or false")
    return meant


def _quoted(line: _Line, text: str) -> tuple[str, str]:
    """And what stands behind it."""
    try:
        if text[0] == '"':
            said, end = json.JSONDecoder().raw_decode(text)
            return str(said), text[end:].strip()
        if found := _QUOTED_ONCE.match(text):
            return found[0][1:-1].replace("''", "'"), text[found.end() :].strip()
    except ValueError:
        pass
    raise _wrong(line, "the quotes are not closed")


def _refused(said: str) -> Any:
    raise ValueError(said)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("said twice")
    return dict(pairs)


def _wrong(line: _Line, said: str) -> NotRead:
    return NotRead(f"In line {line.number} {said}.")
