"""Lines in CSV that are safe to open: a spreadsheet takes text that begins like a formula for one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")

CsvCell = str | float | None


class _Line:
    """What `csv.writer` writes into: gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[CsvCell]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(head)
    for row in rows:
        yield writer.writerow([_cell(cell) for cell in row])


def _cell(value: CsvCell) -> CsvCell:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
