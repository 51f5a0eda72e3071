"""A chart as a page shows it: `{% include "rollouts/bits/chart.html" with chart=block %}` draws one `ChartBlock`.

A page with charts includes `rollouts/bits/chart_scripts.html` in its block `head`. Everything but the picture is
there without scripts: title, limits, the summary in words, what is doubtful, the values as a table, the CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import TypeVar, cast

import msgspec
from django.utils.safestring import SafeString, mark_safe

from rollouts.charts.figure import Figure
from rollouts.web import times

MOST_ROWS = 200
"""Of a table, the newest; the CSV has all of them."""


@dataclass(frozen=True, slots=True)
class Plot:
    """`figure` is JSON, `height` its height in pixels. Title and `id` are for one of several plots in a chart, whose
    order may change while somebody looks at it.
    """

    figure: SafeString
    height: int
    id: str = ""
    title: str = ""
    address: str = ""
    """Where the title leads."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: SafeString
    """Lines of the body, ready to be shown."""
    omitted: int = 0
    """How many lines there are besides."""


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """`id` is the only one of its kind in the page. Without plots there is nothing to draw, and `summary` says why."""

    id: str
    title: str
    summary: str
    beside: str = ""
    """A few words beside the title: the limits."""
    plots: tuple[Plot, ...] = ()
    table: Table | None = None
    csv_url: str = ""
    notes: tuple[str, ...] = ()
    """Sentences about what is missing or doubtful."""
    wide: bool = False
    """It takes the whole width of the page."""


def plot(figure: Figure, **more: str) -> Plot:
    """Not in a `<script>`: htmx takes those out of the fragments it swaps in."""
    text = msgspec.json.encode(figure).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Plot(mark_safe(text), figure["layout"]["height"], **more)  # noqa: S308 - no markup is left in it


Cell = str | datetime | None


Row = TypeVar("Row")


def table(
    head: Sequence[str],
    rows: Sequence[Row],
    words: Callable[[Row], Sequence[Cell]] = lambda row: cast("Sequence[Cell]", row),
    *,
    most: int = MOST_ROWS,
) -> Table:
    """Of rows in order of time the newest, the newest first; `words` makes cells of a row. Hundreds of them: a template
    would cost ten times as much.
    """
    shown = rows[-most:]
    lines = "".join(_line(words(row)) for row in reversed(shown))
    return Table(tuple(head), mark_safe(lines), len(rows) - len(shown))  # noqa: S308 - each cell is escaped


def _line(row: Iterable[Cell]) -> str:
    return f"<tr><td>{'</td><td>'.join(map(_cell, row))}</td></tr>"


def _cell(value: Cell) -> str:
    if not value:
        return ""
    return escape(value) if isinstance(value, str) else _moment(value)


@lru_cache(maxsize=4096)
def _moment(at: datetime) -> str:
    """As `times.clock` shows it. The tables of a page tell of the same moments."""
    return f'<time datetime="{times.iso(at)}" data-time="clock">{at.astimezone(UTC):%d %b %H:%M:%S}</time>'
