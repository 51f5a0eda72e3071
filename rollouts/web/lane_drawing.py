"""Lanes as shapes of an SVG: numbers only, so that no style attributes are needed. Widths are in thousandths."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain.phases import PROMOTING
from rollouts.queries.lanes import ApplicationDetail, Axis, Lane
from rollouts.queries.rows import RolloutRow
from rollouts.web import words

WIDTH = 1000
NARROWEST = 3.0
"""What is too short to be seen is still drawn this wide."""
STEPS = [timedelta(seconds=s) for s in (30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800)]
MOST_TICKS = 6
NONE_YET, EARLIER = "no release since it has been watched", "its last release was earlier"


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    side: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawing:
    rollout: RolloutRow
    bars: tuple[Bar, ...]
    failures: tuple[float, ...]
    text: str
    """The lane in words, for who cannot see it."""
    note: str
    """Said in place of an empty lane."""


@dataclass(frozen=True, slots=True)
class Mark:
    percent: float
    moment: datetime


def draw(detail: ApplicationDetail) -> list[Drawing]:
    return [_drawing(lane, detail.axis) for lane in detail.lanes]


def marks(axis: Axis | None) -> list[Mark]:
    """A few round moments of the axis."""
    if axis is None:
        return []
    span = axis.end - axis.begin
    step = next((step for step in STEPS if span / step <= MOST_TICKS), STEPS[-1])
    first = axis.begin.timestamp() // step.total_seconds() * step.total_seconds() + step.total_seconds()
    found: list[Mark] = []
    moment = datetime.fromtimestamp(first, axis.begin.tzinfo)
    while moment < axis.end and len(found) <= MOST_TICKS:
        found.append(Mark(_place(moment, axis), moment))
        moment += step
    return found


def _place(moment: datetime, axis: Axis) -> float:
    share = (moment - axis.begin) / (axis.end - axis.begin)
    return round(WIDTH * min(max(share, 0.0), 1.0), 1)


def _drawing(lane: Lane, axis: Axis | None) -> Drawing:
    if axis is None:
        return Drawing(lane.rollout, (), (), NONE_YET, NONE_YET)
    bars, said = [], []
    for stretch in lane.stretches:
        look = words.phase_look(stretch.phase)
        said.append(f"{look.name} at {stretch.begin:%H:%M:%S} UTC")
        if stretch.end < axis.begin:
            continue
        x = _place(stretch.begin, axis)
        width = max(NARROWEST, round(_place(stretch.end, axis) - x, 1))
        title = f"{look.name}, users on {stretch.live_side}"
        tone = "promotion" if stretch.phase in PROMOTING else look.tone
        bars.append(Bar(min(x, WIDTH - NARROWEST), width, stretch.live_side, tone, title))
    failures = tuple(_place(moment, axis) for moment in lane.failures if moment >= axis.begin)
    note = "" if bars else EARLIER if said else NONE_YET
    return Drawing(lane.rollout, tuple(bars), failures, "; ".join(said) or NONE_YET, note)
