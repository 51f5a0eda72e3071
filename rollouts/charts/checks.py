"""One check over time: both sides on one axis, the limits with the forbidden side shaded, and what was decided when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rollouts.charts.figure import (
    BAD,
    BAD_SOFT,
    BLUE,
    GREEN,
    SURFACE,
    Figure,
    Mark,
    MarkKind,
    Points,
    Window,
    finite,
    label,
    layout,
    plain,
    thinned,
    value_axis,
)
from rollouts.domain.checks import Unit, Verdict, in_words, unit_of, writer_of
from rollouts.domain.observations import Check

HEIGHT, SMALL_HEIGHT = 280, 190
SYMBOLS = {MarkKind.PHASE: "diamond", MarkKind.FAILED: "x", MarkKind.USERS: "triangle-right"}
SUFFIX = {Unit.PERCENT: "%", Unit.MILLISECONDS: "ms", Unit.PLAIN: ""}
SPARE = {"spare": True}
"""Of marks that the script leaves out where they are too many: their lines, or the curve itself, tell the same."""
APART = 0.09
"""Of the height: names of lines that end closer to each other than this are moved apart."""


class Judged(NamedTuple):
    """A value as it was judged at one tick; `words` say the verdict."""

    at: datetime
    value: float | None
    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class CheckData:
    """`check` without limits where they are not known any more."""

    check: Check
    green: Points
    blue: Points
    judged: tuple[Judged, ...] = ()


def check_figure(
    data: CheckData,
    marks: Sequence[Mark],
    window: Window,
    revision: str,
    *,
    extent: tuple[float, float] | None = None,
    small: bool = False,
) -> Figure:
    """`extent` is the value axis when several charts share one."""
    low, high = extent or value_extent([data], window)
    shown = [mark for mark in marks if window.has(mark.at)]
    lines = [_line("blue", data, window), _line("green", data, window)]
    names = _line_names(data, window, low, high)
    figure = layout(
        window,
        SMALL_HEIGHT if small else HEIGHT,
        revision,
        yaxis=value_axis(low, high, ticksuffix=SUFFIX[unit_of(data.check)], overlaying="y2"),
        yaxis2={"range": [0, 1], "fixedrange": True, "visible": False},
        shapes=_forbidden(data.check, low, high),
        annotations=names if small else names + _limit_names(data.check),
        meta={"names": [] if small else _mark_names(shown, window)},
    )
    moments = [*_mark_lines(shown, window), *_marks(shown, window)]
    return {"data": [*lines, *_judged(data, window), *moments], "layout": figure}


def value_extent(several: Iterable[CheckData], window: Window) -> tuple[float, float]:
    """From the lowest to the highest of all values and limits, with some room."""
    found: list[float] = []
    percent = False
    for data in several:
        percent = percent or unit_of(data.check) is Unit.PERCENT
        for points in (data.green, data.blue):
            found += [value for at, value in points if value is not None and window.has(at)]
        found += [limit for limit in (data.check.minimum, data.check.maximum) if limit is not None]
    finites = [value for value in found if finite(value) is not None]
    if not finites:
        return (0.0, 100.0) if percent else (0.0, 1.0)
    low, high = min(finites), max(finites)
    room = 0.12 * (high - low) or 0.05 * abs(high) or 1.0
    floor = 0.0 if low >= 0 else low - room
    top = min(high + room, 100.0 + room / 2) if percent else high + room
    return max(low - room, floor), top


def _line(name: str, data: CheckData, window: Window) -> Figure:
    points, colour, width = (data.blue, BLUE, 1.5) if name == "blue" else (data.green, GREEN, 2.5)
    drawn = thinned([(at, finite(value)) for at, value in points])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": window.places(at for at, _ in drawn),
        "y": [value for _, value in drawn],
        "connectgaps": False,
        "line": {"color": colour, "width": width},
        **_hover(data.check, [value for _, value in drawn]),
    }


def _hover(check: Check, values: Sequence[float | None]) -> Figure:
    """Values as `in_words` writes them; where Plotly can write them so, it does, and the page is smaller."""
    if unit_of(check) is not Unit.MILLISECONDS:
        return {"hovertemplate": "%{y:.2f}" + unit_of(check)}
    written = writer_of(check)
    return {"text": ["" if value is None else written(value) for value in values], "hovertemplate": "%{text}"}


def _judged(data: CheckData, window: Window) -> list[Figure]:
    """Each verdict stands on green's value: a dot has passed, a cross has not."""
    shown = [one for one in data.judged if finite(one.value) is not None and window.has(one.at)]
    passed = [one for one in shown if one.verdict == Verdict.PASSED]
    others = [one for one in shown if one.verdict != Verdict.PASSED]
    return [_verdicts(passed, window, "circle", GREEN, 7), _verdicts(others, window, "x", BAD, 9)]


def _verdicts(judged: Sequence[Judged], window: Window, symbol: str, colour: str, size: int) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "judged",
        "meta": SPARE,
        "x": window.places(one.at for one in judged),
        "y": [one.value for one in judged],
        "text": [plain(one.words) for one in judged],
        "marker": {"symbol": symbol, "color": colour, "size": size, "line": {"color": SURFACE, "width": 1}},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _marks(marks: Sequence[Mark], window: Window) -> list[Figure]:
    """Failures by themselves: where they are too many to be drawn, the other marks still are."""
    failed = [mark for mark in marks if mark.kind is MarkKind.FAILED]
    others = [mark for mark in marks if mark.kind is not MarkKind.FAILED]
    rows = (("failures", failed), ("marks", others))
    return [_row_of_marks(name, several, window) for name, several in rows if several]


def _row_of_marks(name: str, marks: Sequence[Mark], window: Window) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "meta": SPARE,
        "yaxis": "y2",
        "cliponaxis": False,
        "x": window.places(mark.at for mark in marks),
        "y": [1] * len(marks),
        "text": [plain(mark.words) for mark in marks],
        "marker": {
            "symbol": [SYMBOLS[mark.kind] for mark in marks],
            "color": [mark.colour for mark in marks],
            "size": 9,
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _forbidden(check: Check, low: float, high: float) -> list[Figure]:
    sides = ((check.minimum, low), (check.maximum, high))
    shapes: list[Figure] = []
    for limit, edge in sides:
        if limit is None or finite(limit) is None:
            continue
        place = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
        shapes.append({"type": "rect", **place, "y0": limit, "y1": edge, "fillcolor": BAD_SOFT, "line": {"width": 0}})
        line = {"color": BAD, "width": 1.2, "dash": "dash"}
        shapes.append({"type": "line", **place, "y0": limit, "y1": limit, "line": line})
    return shapes


def _limit_names(check: Check) -> list[Figure]:
    return [
        {
            "xref": "paper",
            "x": 0.005,
            "xanchor": "left",
            "y": limit,
            "text": f"limit {limit_text(check, limit)}",
            **label(BAD),
        }
        for limit in (check.minimum, check.maximum)
        if limit is not None and finite(limit) is not None
    ]


def limit_text(check: Check, limit: float) -> str:
    """As Flagger writes limits: `99%`, `500ms`."""
    return in_words(check, limit) if unit_of(check) is Unit.MILLISECONDS else f"{limit:g}{unit_of(check)}"


def _line_names(data: CheckData, window: Window, low: float, high: float) -> list[Figure]:
    """The name of each side where its line ends, so that no legend and no colour is needed to tell them apart."""
    ends = []
    for name, points, colour in (("blue", data.blue, BLUE), ("green", data.green, GREEN)):
        valued = [(at, value) for at, value in points if finite(value) is not None and window.has(at)]
        if valued:
            ends.append((valued[-1][1] or 0.0, valued[-1][0], name, colour))
    ends.sort()
    near = len(ends) == 2 and ends[1][0] - ends[0][0] < APART * (high - low)
    shift = (-8, 8) if near else (0, 0)
    return [
        {
            "x": window.place(at),
            "y": value,
            "yshift": shift[place],
            "xanchor": "left",
            "xshift": 4,
            "text": name,
            **label(colour),
        }
        for place, (value, at, name, colour) in enumerate(ends)
    ]


def _mark_lines(marks: Sequence[Mark], window: Window) -> list[Figure]:
    """One trace for all lines of a look: a shape for each of a hundred would cost as much as the whole chart."""
    looks: dict[tuple[str, str], list[Mark]] = {}
    for mark in marks:
        looks.setdefault((mark.colour, "dot" if mark.kind is MarkKind.FAILED else "solid"), []).append(mark)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "moments",
            "yaxis": "y2",
            "x": [place for mark in several for place in (window.place(mark.at), window.place(mark.at), None)],
            "y": [0, 1, None] * len(several),
            "line": {"color": colour, "dash": dash, "width": 1.2},
            "connectgaps": False,
            "hoverinfo": "skip",
        }
        for (colour, dash), several in looks.items()
    ]


def _mark_names(marks: Sequence[Mark], window: Window) -> list[list[str | float]]:
    """Not as annotations: the script makes those of the names for which there is room, the most telling first."""
    ranks = [MarkKind.FAILED, MarkKind.USERS, MarkKind.PHASE]
    return [[window.place(mark.at), plain(mark.label), mark.colour, ranks.index(mark.kind)] for mark in marks]
