"""Releases as lanes: a bar for each stretch of time, crosses below it where checks failed. On a clock, or counted from
each lane's own beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from rollouts.charts.figure import (
    BAD,
    BLUE,
    GREEN,
    INK,
    INK_2,
    INK_3,
    LINE,
    STANDOFF,
    SURFACE,
    WARN,
    Figure,
    Window,
    layout,
    plain,
)

COLOURS = {
    "run": INK_3,
    "promotion": INK,
    "quiet": LINE,
    "warn": WARN,
    "bad": BAD,
    "blue": BLUE,
    "green": GREEN,
    "split": INK_3,
    "unknown": LINE,
}
PALE = {"quiet", "unknown"}
"""Too pale for text in the colour of the ground."""
ROW, TOP, BOTTOM = 30, 8, 30
"""Height of a lane, and of what is above and below all lanes, in pixels."""
BELOW = 0.42
"""Of a lane: how far below its middle its crosses stand, clear of the label in the bar."""
SLACK = 0.2
"""Of a lane: below the last one, for its crosses."""
LEGIBLE = 0.03
"""Of the axis: a shorter bar has no room for its label, and to find that out costs the browser more than the bar."""
SHORTEST = 0.004
"""Of the axis: what is too short to be seen is still drawn this long."""


class Span(NamedTuple):
    """`tone` is a key of `COLOURS`; `label` stands in the bar when there is room, `words` say all."""

    begin: datetime
    end: datetime
    tone: str
    label: str
    words: str


class Failure(NamedTuple):
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    spans: tuple[Span, ...]
    failures: tuple[Failure, ...] = ()
    start: datetime | None = None
    """What the lane is counted from when it is not drawn on a clock; else its first span's."""

    @property
    def origin(self) -> datetime | None:
        return self.start or (self.spans[0].begin if self.spans else None)


def lanes_figure(lanes: Sequence[Lane], window: Window, revision: str, *, from_start: bool = False) -> Figure:
    """The first lane is the uppermost. Counted from their start, lanes are as long as `window` is."""
    shortest, legible = (window.end - window.begin) * SHORTEST, (window.end - window.begin) * LEGIBLE
    placed = [(plain(lane.name), lane, replace(window, origin=lane.origin) if from_start else window) for lane in lanes]
    bars = [(name, own, span) for name, lane, own in placed for span in lane.spans]
    fails = [(row, own, failed) for row, (_, lane, own) in enumerate(placed) for failed in lane.failures]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [name for name, _, _ in bars],
        "base": [own.place(span.begin) for _, own, span in bars],
        "x": [own.length(max(span.end - span.begin, shortest)) for _, own, span in bars],
        "width": 0.62,
        "marker": {
            "color": [COLOURS.get(span.tone, INK_3) for _, _, span in bars],
            "line": {"color": SURFACE, "width": 1},
        },
        "text": [plain(span.label) if span.end - span.begin >= legible else "" for _, _, span in bars],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "insidetextfont": {"color": [INK if span.tone in PALE else SURFACE for _, _, span in bars], "size": 12},
        "customdata": [plain(span.words) for _, _, span in bars],
        "hovertemplate": "%{y}<br>%{customdata}<extra></extra>",
    }
    failed = {
        "type": "scatter",
        "mode": "markers",
        "yaxis": "y2",
        "cliponaxis": False,
        "y": [row + BELOW for row, _, _ in fails],
        "x": [own.place(one.at) for _, own, one in fails],
        "text": [f"{placed[row][0]}<br>{plain(one.words)}" for row, _, one in fails],
        "marker": {"symbol": "x", "color": BAD, "size": 8},
        "hovertemplate": "%{text}<extra></extra>",
    }
    return {"data": [bar, failed], "layout": _layout([name for name, _, _ in placed], window, revision, from_start)}


def _layout(names: Sequence[str], window: Window, revision: str, from_start: bool) -> Figure:
    figure = layout(
        replace(window, origin=window.begin) if from_start else window,
        TOP + round(ROW * (max(1, len(names)) + SLACK)) + BOTTOM,
        revision,
        hovermode="closest",
        uniformtext={"mode": "hide", "minsize": 10},
        bargap=0.3,
        barmode="overlay",
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": list(names),
            "range": [len(names) - 0.5 + SLACK, -0.5],
            "fixedrange": True,
            "automargin": True,
            "ticks": "",
            "tickfont": {"color": INK_2},
            "ticklabelstandoff": STANDOFF,
        },
        yaxis2={"range": [len(names) - 0.5 + SLACK, -0.5], "fixedrange": True, "visible": False, "overlaying": "y"},
    )
    figure["margin"] = figure["margin"] | {"t": TOP, "b": BOTTOM}
    figure["xaxis"] = figure["xaxis"] | {"showgrid": True, "gridcolor": LINE}
    return figure
