"""Entries of the audit trail as lines of a file, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from enum import StrEnum

from rollouts.models import AuditEntry
from rollouts.queries.csv_lines import CsvCell, csv_lines

COLUMNS = tuple(field.attname for field in AuditEntry._meta.fields)


class Format(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"


def export_lines(entries: Iterable[AuditEntry], format: Format) -> Iterator[str]:
    """Each with its line's end. CSV begins with the names of the columns; `patch` is JSON in both."""
    if format is Format.CSV:
        return csv_lines(COLUMNS, (_cells(entry) for entry in entries))
    return (json.dumps(_object(entry), ensure_ascii=False) + "\n" for entry in entries)


def moment(entry: AuditEntry) -> str:
    """As it was hashed."""
    return entry.at.astimezone(UTC).isoformat(timespec="microseconds")


def _cells(entry: AuditEntry) -> list[CsvCell]:
    return [moment(entry) if name == "at" else getattr(entry, name) for name in COLUMNS]


def _object(entry: AuditEntry) -> dict[str, object]:
    """Without what is empty."""
    said = {name: value for name in COLUMNS if (value := getattr(entry, name)) not in ("", None)}
    return {**said, "at": moment(entry), **({"patch": json.loads(entry.patch)} if entry.patch else {})}
