"""What all figures have in common. A figure is a plain dict in Plotly's schema, without a template.

Colours are the names of our tokens (`var(--blue)`) and moments end in `Z`: `static/js/charts.js` puts in the colour
of the present scheme and the time in the viewer's zone. Text from a cluster goes through `plain`, because Plotly
reads a few tags.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

Figure = dict[str, Any]
Points = Sequence[tuple[datetime, float | None]]
"""In order of time; None where there is no value."""

INK, INK_2, INK_3, LINE, SURFACE = (f"var(--{name})" for name in ("ink", "ink-2", "ink-3", "line", "surface"))
BLUE, GREEN, BAD, BAD_SOFT, WARN = (f"var(--{name})" for name in ("blue", "green", "bad", "bad-soft", "warn"))
SIDES = {"blue": BLUE, "green": GREEN}
STANDOFF = 5
"""Pixels between the names of an axis and the plot."""
MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)
MOST_POINTS = 720
"""Of one line: more than there are pixels for."""


class MarkKind(StrEnum):
    PHASE = "phase"
    FAILED = "failed"
    USERS = "users"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth a line through a chart. `label` is short and stands at the line, `words` say it in full."""

    at: datetime
    kind: MarkKind
    label: str
    words: str
    side: str = ""
    """To which the users moved."""

    @property
    def colour(self) -> str:
        if self.kind is MarkKind.FAILED:
            return BAD
        return SIDES.get(self.side, INK_2) if self.kind is MarkKind.USERS else INK_3


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a chart shows: on a clock, or in minutes from `origin` on."""

    begin: datetime
    end: datetime
    origin: datetime | None = None

    def place(self, at: datetime) -> str | float:
        return moment(at) if self.origin is None else round((at - self.origin) / MINUTE, 3)

    def places(self, moments: Iterable[datetime]) -> list[str] | list[float]:
        """`place` of many at once."""
        if self.origin is None:
            return [*map(moment, moments)]
        return [round((at - self.origin) / MINUTE, 3) for at in moments]

    def length(self, span: timedelta) -> float:
        """As the length of a bar."""
        return span / MILLISECOND if self.origin is None else round(span / MINUTE, 3)

    def has(self, at: datetime) -> bool:
        return self.begin <= at <= self.end


def plain(text: str) -> str:
    return html.escape(text, quote=False)


@lru_cache(maxsize=4096)
def moment(at: datetime) -> str:
    """Kept: the charts of a page show the same moments many times."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace(".000", "").replace("+00:00", "Z")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def finite(value: float | None) -> float | None:
    """Neither NaN nor infinity can be drawn."""
    return value if value is not None and math.isfinite(value) else None


def thinned(points: Points, most: int = MOST_POINTS) -> Points:
    """Of each stretch the lowest and the highest value, so that no excess is lost."""
    if len(points) <= most:
        return points
    stretch = math.ceil(len(points) / (most // 2))
    kept: list[tuple[datetime, float | None]] = []
    for first in range(0, len(points), stretch):
        several = points[first : first + stretch]
        valued = [(value, at) for at, value in several if value is not None]
        if not valued:
            kept.append((several[0][0], None))
            continue
        ends = {min(valued), max(valued)}
        kept += sorted((at, value) for value, at in ends)
    return kept


def layout(window: Window, height: int, revision: str, **more: Any) -> Figure:
    """`revision`: as long as it is the same, what a viewer zoomed into stays."""
    return {
        "height": height,
        "margin": {"l": 58, "r": 46, "t": 22, "b": 30},
        "paper_bgcolor": SURFACE,
        "plot_bgcolor": SURFACE,
        "font": {"color": INK_2, "size": 12},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": SURFACE, "bordercolor": LINE, "font": {"color": INK, "size": 12}},
        "showlegend": False,
        "dragmode": "zoom",
        "uirevision": revision,
        "xaxis": time_axis(window),
        **more,
    }


def label(colour: str) -> Figure:
    """Of a word that stands in a chart, legible also where lines run below it."""
    return {"showarrow": False, "font": {"color": colour, "size": 11}, "bgcolor": SURFACE, "borderpad": 1}


def time_axis(window: Window) -> Figure:
    kind: Figure = {"type": "linear", "ticksuffix": " min", "hoverformat": ".1f"}
    if window.origin is None:
        kind = {
            "type": "date",
            "hoverformat": "%d %b %H:%M:%S",
            "tickformatstops": [
                {"dtickrange": [None, 59_000], "value": "%H:%M:%S"},
                {"dtickrange": [60_000, 86_300_000], "value": "%H:%M"},
                {"dtickrange": [86_400_000, None], "value": "%d %b"},
            ],
        }
    return {
        **kind,
        "range": [window.place(window.begin), window.place(window.end)],
        "showgrid": False,
        "zeroline": False,
        "linecolor": LINE,
        "ticks": "outside",
        "tickcolor": LINE,
        "ticklen": 4,
        "tickangle": 0,
        "ticklabeloverflow": "allow",
    }


def value_axis(low: float, high: float, **more: Any) -> Figure:
    return {
        "range": [low, high],
        "fixedrange": True,
        "gridcolor": LINE,
        "zeroline": False,
        "nticks": 5,
        "tickmode": "auto",
        "ticklabelstandoff": STANDOFF,
        "ticklabeloverflow": "allow",
        **more,
    }
