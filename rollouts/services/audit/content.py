"""What an entry keeps of what it is given: no secret, no end of text, nothing that a database would not hold."""

from __future__ import annotations

import json
from typing import Any

from rollouts.domain.redaction import HIDDEN, hide, hide_in_text
from rollouts.domain.trail import Content
from rollouts.models import AuditEntry

LONGEST_TEXT, LONGEST_PATCH = 4000, 100_000
DATA = frozenset({"data", "stringData", "binaryData"})
"""What a Secret keeps its values under. No object of this program's acts has anything else there."""
LENGTHS = {field.name: field.max_length for field in AuditEntry._meta.fields}
CHAIN = frozenset({"previous", "hash"})


def kept_text(text: str) -> str:
    text = hide_in_text(text.replace("\0", "")).strip()
    return f"{text[:LONGEST_TEXT]}…" if len(text) > LONGEST_TEXT else text


def kept_patch(patch: Any) -> str:
    """As canonical JSON; empty for None. One that is too long is kept by its length alone."""
    if patch is None:
        return ""
    text = json.dumps(hide(_without_data(patch)), sort_keys=True, separators=(",", ":"), default=str)
    return text if len(text) <= LONGEST_PATCH else json.dumps({"too long to keep": f"{len(text)} characters"})


def _without_data(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_data(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    path = value.get("path")
    of_data = isinstance(path, str) and "value" in value and bool(DATA & set(path.split("/")))
    return {
        key: _hidden(inner) if key in DATA or (of_data and key == "value") else _without_data(inner)
        for key, inner in value.items()
    }


def _hidden(value: Any) -> Any:
    """The names of the values may stay."""
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN


def clipped(field: str, text: str) -> str:
    """What fits into this column: PostgreSQL refuses a longer text, SQLite takes it."""
    return text.replace("\0", "")[: LENGTHS[field]]


def content_of(entry: AuditEntry) -> Content:
    """All that its hash is made of, the hash before it apart."""
    return {field.attname: getattr(entry, field.attname) for field in AuditEntry._meta.fields
            if field.attname not in CHAIN}  # fmt: skip
