"""Who owns a single field of an object, as its `managedFields` tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import ValidationError
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import Manager, instant, text

_FIELDS = Decoder(dict[str, dict[str, Any]])


def owner_of(managers: Iterable[Manager], part: str, field: str) -> tuple[str, datetime | None]:
    """The manager that owns `part.field`, the latest of several, and when it last wrote any field of its own."""
    owners = [
        (text(one.manager), instant(one.time))
        for one in managers
        if one.manager and _owns(one, f"f:{part}", f"f:{field}")
    ]
    known = [owner for owner in owners if owner[1] is not None]
    return max(known, key=lambda owner: str(owner[1])) if known else owners[0] if owners else ("", None)


def _owns(manager: Manager, part: str, field: str) -> bool:
    try:
        return field in _FIELDS.decode(manager.fields).get(part, {})
    except ValidationError:  # not the shape we know: nobody can be named
        return False
