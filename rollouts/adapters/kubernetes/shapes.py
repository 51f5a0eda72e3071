"""What the decoders share: the metadata of an object, and how single values are made safe to keep.

Everything here was written by somebody in a cluster. A null counts as absent, text is cut and freed of NUL (PostgreSQL
stores none), a counter is brought into the range of a database integer, a time that is none is None. A value of another
*type* than the field's is left to msgspec, whose error names the path; the object is then shown as unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from msgspec import Raw, Struct, field

NAME_LIMIT = 253
UID_LIMIT = 64
"""A UID is a UUID; the database has room for this."""
TEXT_LIMIT = 4000
_LARGEST = 2**31 - 1

_DURATION = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600),
}  # fmt: skip


class Manager(Struct, rename="camel"):
    manager: str | None = None
    time: str | None = None
    fields: Raw = field(name="fieldsV1", default=Raw(b"{}"))
    """The tree of fields that it owns, left undecoded: large, and seldom of interest."""


class Owner(Struct):
    kind: str | None = None
    name: str | None = None


class Meta(Struct, rename="camel"):
    """The metadata that is used. Annotations are left to each kind, so that a huge one is skipped unread."""

    name: str
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    owner_references: list[Owner] | None = None
    managed_fields: list[Manager] | None = None


class Reference(Struct):
    """A reference to another object, in any of the many shapes that have a kind and a name."""

    kind: str | None = None
    name: str | None = None


class ObjectWithMeta(Struct):
    metadata: Meta


class ListMeta(Struct, rename="camel"):
    resource_version: str | None = None
    continue_: str | None = field(name="continue", default=None)


def text(value: str | None, limit: int = NAME_LIMIT) -> str:
    if not value:
        return ""
    return value.replace("\x00", "")[:limit]


def texts(values: Iterable[str] | None, limit: int = NAME_LIMIT) -> tuple[str, ...]:
    return tuple([text(value, limit) for value in values]) if values else ()


def count(value: int | None) -> int:
    """A counter: never negative, never larger than a database integer."""
    if not value or value < 0:
        return 0
    return value if value <= _LARGEST else _LARGEST


@lru_cache(maxsize=4096)  # one moment is written in several fields of an object
def instant(value: str | None) -> datetime | None:
    """An RFC 3339 time in UTC; None when absent, not a time, or Go's zero time."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None


@lru_cache(maxsize=1024)  # a fleet has few
def duration(value: str | None) -> int | None:
    """Whole seconds of a Go duration such as `90s`, `1m30s`; None when it is none."""
    value = (value or "")[:64]
    parts = _DURATION.findall(value)
    if not parts or "".join(parts) != value or any(part[0] in "+-" for part in parts[1:]):
        return None
    sign = -1 if value[0] == "-" else 1
    total = Fraction(0)
    for part in parts:
        number = re.match(r"[+-]?([\d.]+)(.+)", part)
        if number is None:
            return None
        total += Fraction("0" + number[1].rstrip(".")) * _SECONDS[number[2]]
    return min(int(sign * total), _LARGEST)


def identity(found: Any) -> dict[str, str]:
    """Namespace, name, uid and resource version of an object that could not be decoded, as far as they can be read."""
    metadata = found.get("metadata") if isinstance(found, dict) else None
    if not isinstance(metadata, dict):
        metadata = {}
    keys = {"namespace": "namespace", "name": "name", "uid": "uid", "resource_version": "resourceVersion"}
    values = {ours: metadata.get(theirs) for ours, theirs in keys.items()}
    limits = {"uid": UID_LIMIT}
    return {
        ours: text(value, limits.get(ours, NAME_LIMIT)) if isinstance(value, str) else ""
        for ours, value in values.items()
    }
