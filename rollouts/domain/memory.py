"""A rollout's memory as JSON types and back. Values that equal their default are left out; missing keys get it back.

The codec of each dataclass is made once, from its annotations, because fleets are read and written by the thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from rollouts.domain.configs import Configs
from rollouts.domain.earlier import Versions
from rollouts.domain.kurator import Policy, Trouble
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.policies.offering import Offers
from rollouts.domain.rollout import RolloutState
from rollouts.domain.whole.deleting import Deletion

Convert = Callable[[Any], Any]
Stored = Mapping[str, Any]
EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False, datetime: datetime.fromtimestamp(0, UTC)}


def dump(value: object) -> dict[str, Any]:
    """Of a dataclass. Only dicts, lists, text, numbers and booleans; what loads it (also after a trip through JSON)
    gives an equal one.
    """
    kind: Any = type(value)
    dumped: dict[str, Any] = _dumper(kind)(value)
    return dumped


@cache
def _dumper(kind: type[Any]) -> Convert:
    hints = get_type_hints(kind)
    members = [(one.name, _default(one, hints[one.name]), _codec(hints[one.name])[0]) for one in fields(kind)]

    def convert(value: Any) -> dict[str, Any]:
        dumped: dict[str, Any] = {}
        for name, default, encode in members:
            member = getattr(value, name)
            if member is default or member == default:
                continue
            dumped[name] = member if encode is None else encode(member)
        return dumped

    return convert


@cache
def _loader(kind: type[Any]) -> Convert:
    hints = get_type_hints(kind)
    decoders = {one.name: _codec(hints[one.name])[1] for one in fields(kind)}
    required = {
        one.name: _default(one, hints[one.name])
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    }

    def convert(stored: Stored) -> Any:
        given = dict(required)
        for name, member in stored.items():
            decode = decoders.get(name, MISSING)
            if decode is not MISSING:
                given[name] = member if decode is None else decode(member)
        return kind(**given)

    return convert


def _default(one: Field[Any], hint: Any) -> Any:
    if one.default is not MISSING:
        return one.default
    if one.default_factory is not MISSING:
        return one.default_factory()
    if isinstance(hint, type) and is_dataclass(hint):
        return _loader(hint)({})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next(iter(hint))
    return EMPTY.get(hint)


def _codec(hint: Any) -> tuple[Convert | None, Convert | None]:
    """How a value is made JSON and how it is read back; None where it stays as it is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        encode, decode = _codec(next(one for one in arguments if one is not NoneType))
        return _unless_none(encode), _unless_none(decode)
    if origin is tuple:
        encode, decode = _codec(arguments[0])
        return (
            list if encode is None else lambda values: [encode(one) for one in values],
            tuple if decode is None else lambda values: tuple([decode(one) for one in values]),
        )
    if origin is not None:  # a mapping of text
        return dict, None
    if hint is datetime:
        return datetime.isoformat, datetime.fromisoformat
    if isinstance(hint, type) and is_dataclass(hint):
        return _dumper(hint), _loader(hint)
    if issubclass(hint, StrEnum):
        known, fallback = {one.value: one for one in hint}, Phase.UNKNOWN if hint is Phase else next(iter(hint))
        return str, lambda value: known.get(value, fallback)
    return None, None


def _unless_none(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


# Keys that are missing or not known do no harm, so that older and newer versions can read each other's memory.
load: Callable[[Stored], RolloutState] = _loader(RolloutState)
load_canary: Callable[[Stored], Canary] = _loader(Canary)
load_trouble: Callable[[Stored], Trouble] = _loader(Trouble)
load_policy: Callable[[Stored], Policy] = _loader(Policy)
load_versions: Callable[[Stored], Versions] = _loader(Versions)
load_configs: Callable[[Stored], Configs] = _loader(Configs)
load_offers: Callable[[Stored], Offers] = _loader(Offers)
load_deletion: Callable[[Stored], Deletion] = _loader(Deletion)
