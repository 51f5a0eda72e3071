"""A curve: one value for each moment of an even grid, growing while its release runs, and coarser the longer it gets.

Times are Unix seconds. A curve never moves its moments: it only takes in later ones, or leaves out every second one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

MOST_POINTS = 700
"""Of one curve: as many as a chart can show."""
LONGEST_STEP, SHORTEST_STEP = 15, 5
WHOLE_POINTS = 240
FEW_POINTS = 60


@dataclass(frozen=True, slots=True)
class Curve:
    """`values[n]` is the value at `begin + n * step`; None where there was none."""

    begin: int
    step: int
    values: tuple[float | None, ...] = ()

    @property
    def end(self) -> int:
        """The first moment that is not on it yet."""
        return self.begin + self.step * len(self.values)

    @property
    def known(self) -> int:
        """The number of seconds that it has values for."""
        return self.step * sum(value is not None for value in self.values)

    def at(self, moment: float) -> float | None:
        """The value at the last moment of the grid that is not later."""
        index = math.floor((moment - self.begin) / self.step)
        return self.values[index] if 0 <= index < len(self.values) else None

    def moment(self, moment: float) -> int:
        """The last moment of the grid that is not later."""
        return self.begin + math.floor((moment - self.begin) / self.step) * self.step


def running_step(interval: int) -> int:
    """For a release whose checks are made every `interval` seconds."""
    return max(SHORTEST_STEP, min(LONGEST_STEP, interval))


def whole_step(window: float) -> int:
    """For the whole curve of a release that has ended."""
    return max(LONGEST_STEP, math.ceil(window / WHOLE_POINTS))


def empty(begin: float, step: int) -> Curve:
    """Begins on a multiple of its step, so that the curves of both sides share their moments."""
    return Curve(math.floor(begin / step) * step, step)


def thinned(curve: Curve, until: float, most: int = MOST_POINTS) -> Curve:
    """As it has to be to take in all moments up to `until` without more than `most` points."""
    while (until - curve.begin) // curve.step >= most:
        curve = replace(curve, step=curve.step * 2, values=curve.values[::2])
    return curve


def few(curve: Curve, most: int = FEW_POINTS) -> Curve:
    """With at most `most` points. Each two of them are the lowest and the highest value of their time, in the order in
    which these came, so that a peak beyond a limit is still one. A time with a single value has it twice.
    """
    half = math.ceil(len(curve.values) / most)
    if half <= 1:
        return curve
    parts = [curve.values[start : start + 2 * half] for start in range(0, len(curve.values), 2 * half)]
    return replace(curve, step=half * curve.step, values=tuple(value for part in parts for value in _extremes(part)))


def _extremes(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    low, high = min(known), max(known)
    return (low, high) if known.index(low) <= known.index(high) else (high, low)


def missing(curve: Curve, until: float) -> tuple[int, int] | None:
    """The first and the last moment up to `until` that are to be added; None when there is none."""
    last = curve.moment(until)
    return (curve.end, last) if last >= curve.end else None


def extended(curve: Curve, samples: Iterable[tuple[float, float]], until: float) -> Curve:
    """With all moments up to `until`. A sample counts for the moment that it is at; NaN and Inf are no values."""
    wanted = missing(curve, until)
    if wanted is None:
        return curve
    first, last = wanted
    values: list[float | None] = [None] * ((last - first) // curve.step + 1)
    for at, value in samples:
        index = round((at - first) / curve.step)
        if 0 <= index < len(values) and abs(at - first - index * curve.step) < 0.5 and math.isfinite(value):
            values[index] = value
    return replace(curve, values=(*curve.values, *values))
