"""Objects as YAML: what people write by hand, and nothing that they could mean otherwise.

What those who read YAML take for different things (`on`, `010`, `1:30`) has to stand in quotes; anchors, tags and names
that are said twice are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml import events
from yaml.resolver import Resolver

DEEPEST = 20
CLEAR = "put it in quotes, or say a number, true or false"
TEXT = "tag:yaml.org,2002:str"
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})\.\d+(?:[eE][+-]\d{1,3})?", re.ASCII)
_UNCLEAR = re.compile(
    r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[-+]?\d+)?|[-+]?0[xob][\da-f_]*|true|false|y|n", re.IGNORECASE
)
"""What YAML 1.2, or another reader of 1.1, takes for a number or a truth; the rest is known to the library."""
_resolver: Any = Resolver()


class NotRead(ValueError):
    """Says which line, and what to do."""


def read(written: str) -> Any:
    """Raises NotRead. None where nothing is written."""
    try:
        found = list(yaml.parse(written, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise _wrong(error.problem_mark, f"it is no YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise NotRead(f"It is no YAML: {str(error).splitlines()[0]}.") from None
    except (ValueError, OverflowError):  # of the library's own, where an escape or a version is beyond all there are
        raise NotRead("It is no YAML: an escape or a number is beyond what it can say.") from None
    inner = [one for one in found if isinstance(one, events.NodeEvent | events.CollectionEndEvent)]
    for one in found:
        _judge(one)
    if not inner:
        return None
    rest = iter(inner)
    value = _value(next(rest), rest, 0)
    if following := next(rest, None):
        raise _wrong(following.start_mark, "another object begins: write one only")
    return value


def write(value: Any) -> str:
    """Raises ValueError for what is neither an object, a list, a text, a number nor a truth."""
    try:
        made: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    return made.removesuffix("\n")


def _judge(event: Any) -> None:
    if getattr(event, "anchor", None) is not None:
        raise _wrong(event.start_mark, "say it whole: “&” and “*” are not read")
    if getattr(event, "tag", None) is not None:
        raise _wrong(event.start_mark, "leave out what begins with “!”")


def _value(event: Any, rest: Iterator[Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise _wrong(event.start_mark, f"it is deeper than {DEEPEST} levels")
    if isinstance(event, events.MappingStartEvent):
        return _mapping(rest, depth + 1)
    if isinstance(event, events.SequenceStartEvent):
        return [_value(one, rest, depth + 1) for one in _until_end(rest)]
    return _scalar(event)


def _mapping(rest: Iterator[Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in _until_end(rest):
        name = _scalar(event) if isinstance(event, events.ScalarEvent) else None
        if not isinstance(name, str):
            raise _wrong(event.start_mark, "a name is no text: put it in quotes")
        if name in found:
            raise _wrong(event.start_mark, f"“{name[:40]}” is said twice")
        found[name] = _value(next(rest), rest, depth)
    return found


def _until_end(rest: Iterator[Any]) -> Iterator[Any]:
    while not isinstance(event := next(rest), events.CollectionEndEvent):
        yield event


def _scalar(event: events.ScalarEvent) -> Any:
    said = event.value
    if event.style is not None:
        return _whole(event.start_mark, said)
    if not said:
        raise _wrong(event.start_mark, 'nothing is said here: write a value, or “""” for an empty one')
    if (meant := _meant(said)) is None:
        raise _wrong(
            event.start_mark,
            f"“{said[:40]}” can be meant in two ways: put it in quotes, or say a number, true or false",
        )
    return meant


def _whole(mark: Any, said: str) -> str:
    """With the two halves of a character, which JSON writes as escapes of their own, as one."""
    try:
        found = said.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        found = "\0"
    if "\0" in found:
        raise _wrong(mark, "an escape stands for no character")
    return found


def _meant(said: str) -> Any:
    """Of a text without quotes; None where it can be meant otherwise."""
    if said in _TRUTHS:
        return _TRUTHS[said]
    if _WHOLE.fullmatch(said):
        return int(said)
    if _NUMBER.fullmatch(said) and abs(float(said)) < 1e300:
        return float(said)
    is_text = _resolver.resolve(yaml.ScalarNode, said, (True, False)) == TEXT
    return said if is_text and not _UNCLEAR.fullmatch(said) else None


def _wrong(mark: Any, said: str) -> NotRead:
    return NotRead(f"In line {mark.line + 1} {said}.")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, said: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(TEXT, said, style=None if said.isprintable() and _meant(said) == said else '"')


def _nothing(dumper: yaml.SafeDumper, value: None) -> yaml.ScalarNode:
    raise ValueError("no part of an object")


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    if not abs(value) < 1e300:
        raise ValueError("no number of an object")
    return dumper.represent_float(value)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(type(None), _nothing)
_Dumper.add_representer(float, _number)
