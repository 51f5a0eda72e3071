"""Releases by day: how they ended, how long the successful ones took, and which share was rolled back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rollouts.charts.figure import BAD, INK, INK_2, INK_3, LINE, STANDOFF, SURFACE, Figure, Window, layout, midnight

HEIGHT = 260
EDGE = "var(--edge)"
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "succeeded": (INK_3, ""),
    "failed": (BAD, "/"),
    "superseded": (EDGE, "."),
    "deleted": (LINE, "x"),
    "running": (SURFACE, ""),
}
"""Colour and pattern of each outcome, from the lowest part of a bar to the highest."""
PATTERN = {"fillmode": "overlay", "fgcolor": SURFACE, "size": 6, "solidity": 0.25}
SPAN_DAYS = 92
"""Of a longer time the days are too narrow for a gap between their bars."""


@dataclass(frozen=True, slots=True)
class DayData:
    """Times in minutes, the share in percent; None where there is none."""

    day: date
    outcomes: Mapping[str, int]
    typical: float | None
    slow: float | None
    share_failed: float | None


def outcomes_figure(days: Sequence[DayData], revision: str) -> Figure:
    seen = [name for name in OUTCOMES if any(day.outcomes.get(name) for day in days)]
    bars = [_bars(name, [day.outcomes.get(name, 0) for day in days], days) for name in seen]
    return {"data": bars, "layout": _layout(days, revision, {"rangemode": "tozero"}, barmode="stack")}


def _bars(name: str, numbers: Sequence[int], days: Sequence[DayData]) -> Figure:
    colour, pattern = OUTCOMES[name]
    return {
        "type": "bar",
        "name": name,
        "x": [day.day.isoformat() for day in days],
        "y": list(numbers),
        "marker": {
            "color": colour,
            "line": {"color": EDGE, "width": 1},
            "pattern": PATTERN | {"shape": pattern},
        },
    }


def durations_figure(days: Sequence[DayData], revision: str) -> Figure:
    lines = [
        _line("half of them within", [day.typical for day in days], days, INK, "solid"),
        _line("nine of ten within", [day.slow for day in days], days, INK_3, "dot"),
    ]
    return {"data": lines, "layout": _layout(days, revision, {"rangemode": "tozero", "ticksuffix": " min"})}


def shares_figure(days: Sequence[DayData], revision: str) -> Figure:
    bar = {
        "type": "bar",
        "name": "rolled back",
        "x": [day.day.isoformat() for day in days],
        "y": [day.share_failed for day in days],
        "marker": {"color": BAD, "pattern": PATTERN | {"shape": "/"}},
        "hovertemplate": "%{y:.1f}%",
    }
    axis = {"range": [0, 102], "ticksuffix": "%"}
    figure = _layout(days, revision, axis)
    figure["showlegend"] = False
    figure["margin"]["t"] = 12
    return {"data": [bar], "layout": figure}


def _line(name: str, values: Sequence[float | None], days: Sequence[DayData], colour: str, dash: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [day.day.isoformat() for day in days],
        "y": list(values),
        "connectgaps": False,
        "line": {"color": colour, "dash": dash, "width": 2},
        "marker": {"size": 6, "color": colour},
        "hovertemplate": "%{y:.1f} min",
    }


def _layout(days: Sequence[DayData], revision: str, axis: Figure, **more: object) -> Figure:
    first, last = midnight(days[0].day), midnight(days[-1].day)
    figure = layout(Window(first, last), HEIGHT, revision, **more)
    half = timedelta(hours=12)
    # Days are UTC's: without a zone, the script leaves them as they are.
    figure["xaxis"] |= {
        "range": [f"{first - half:%Y-%m-%dT%H:%M}", f"{last + half:%Y-%m-%dT%H:%M}"],
        "hoverformat": "%A, %d %b %Y",
        "tickformat": "%d %b",
        "minallowed": f"{first - half:%Y-%m-%dT%H:%M}",
        "maxallowed": f"{last + half:%Y-%m-%dT%H:%M}",
    }
    del figure["xaxis"]["tickformatstops"]
    look = {"fixedrange": True, "gridcolor": LINE, "zeroline": False, "nticks": 5, "ticklabelstandoff": STANDOFF}
    figure["yaxis"] = look | axis
    figure["bargap"] = 0.25 if len(days) <= SPAN_DAYS else 0
    figure["showlegend"] = True
    figure["legend"] = {
        "orientation": "h",
        "traceorder": "normal",
        "x": 0,
        "y": 1.02,
        "yanchor": "bottom",
        "font": {"color": INK_2},
    }
    figure["margin"] = figure["margin"] | {"t": 34, "r": 16}
    return figure
