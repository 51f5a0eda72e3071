"""Answers in CSV, as files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from rollouts.queries.csv_lines import CsvCell, csv_lines
from rollouts.web.fragments import private

__all__ = ["CsvCell", "csv_answer"]


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[CsvCell]]) -> HttpResponse:
    """`name` is that of the file, without its ending; whatever a file name may not have in it becomes a dash."""
    answer = HttpResponse(csv_lines(head, rows), content_type="text/csv; charset=utf-8")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:150]
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}.csv"'
    return private(answer)
