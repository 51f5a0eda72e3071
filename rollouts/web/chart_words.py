"""What a chart shows, as a sentence: who cannot see it, or has no time to, reads this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from rollouts.charts.checks import limit_text
from rollouts.charts.figure import Points, Window, finite
from rollouts.domain.checks import Verdict, in_words, judge
from rollouts.domain.curves import WHOLE_POINTS
from rollouts.domain.observations import Check
from rollouts.models import Measurement
from rollouts.web import times

LONGEST_STEP = timedelta(minutes=2)
"""A value stands for the time up to the next one, but not for longer than this, or than the step of a long range."""
VERDICTS: dict[str, str] = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NO_VALUES: "no values: counts as failed",
    Verdict.ERROR: "the query failed: counts as failed",
    Verdict.UNREADABLE: "not readable from here",
}


def limits(check: Check | None) -> str:
    """`at least 99%`; empty when there is no limit or none is known."""
    if check is None:
        return ""
    low = f"at least {limit_text(check, check.minimum)}" if check.minimum is not None else ""
    high = f"at most {limit_text(check, check.maximum)}" if check.maximum is not None else ""
    return " and ".join(words for words in (low, high) if words)


def summary(check: Check, green: Points, blue: Points, window: Window) -> str:
    """`window` is the time that is told of."""
    greens, blues = _valued(green, window), _valued(blue, window)
    if not greens and not blues:
        return "Neither side has a value in this time yet."
    if not greens:
        return f"There is no value of green; blue {_extent(check, blues)}."
    worst = _worst(check, greens)
    told = f"{_worst_words(check, worst)}{_beyond(check, green, window, worst)}"
    return f"Green's {check.name} {told}{_of_blue(check, blues)}."


def _valued(points: Points, window: Window) -> list[float]:
    return [value for at, value in points if value is not None and finite(value) is not None and window.has(at)]


def _worst(check: Check, values: Sequence[float]) -> float:
    """The one nearest to its limit, or farthest beyond it; without a limit the lowest."""
    if not _has_limit(check):
        return min(values)

    def room(value: float) -> float:
        low = value - check.minimum if check.minimum is not None else float("inf")
        high = check.maximum - value if check.maximum is not None else float("inf")
        return min(low, high)

    return min(values, key=room)


def _has_limit(check: Check) -> bool:
    return check.minimum is not None or check.maximum is not None


def _worst_words(check: Check, worst: float) -> str:
    return f"was {in_words(check, worst)} at its {'worst' if _has_limit(check) else 'lowest'}"


def _beyond(check: Check, green: Points, window: Window, worst: float) -> str:
    if not _has_limit(check):
        return ", without a limit"
    if judge(check, worst) is Verdict.PASSED:
        both = check.minimum is not None and check.maximum is not None
        return f", within the limit{'s' if both else ''} of {limits(check)}"
    below = check.minimum is not None and worst < check.minimum
    crossed = check.minimum if below else check.maximum
    limit = "" if crossed is None else limit_text(check, crossed)
    beyond, longest = timedelta(), max(LONGEST_STEP, (window.end - window.begin) / WHOLE_POINTS)
    for (at, value), (after, _) in zip(green, [*green[1:], (window.end, None)], strict=True):
        if value is not None and window.has(at) and judge(check, value) is Verdict.FAILED:
            beyond += min(max(after - at, timedelta()), longest)
    lasting = f" for {times.exact(beyond.total_seconds())} in all" if beyond else ""
    return f", {'below' if below else 'above'} the limit of {limit}{lasting}"


def _of_blue(check: Check, blues: Sequence[float]) -> str:
    return f"; blue {_extent(check, blues)}" if blues else "; there is no value of blue"


def _extent(check: Check, values: Sequence[float]) -> str:
    low, high = in_words(check, min(values)), in_words(check, max(values))
    return f"stayed at {low}" if low == high else f"was between {low} and {high}"


def verdict(one: Measurement, written: Callable[[float], str]) -> str:
    """With what Flagger said, where it said something. `written` is that of the check, see `writer_of`."""
    told = VERDICTS.get(one.verdict, one.verdict)
    if one.green is not None:
        told = f"{told}: {written(one.green)}"
    if one.said:
        told += f" (Flagger says {one.said})"
    return told


def disagreement(check: Check, at: datetime, one: Measurement) -> str:
    here = VERDICTS.get(one.verdict, one.verdict)
    value = f" with {in_words(check, one.green)}" if one.green is not None else ""
    said = one.said or "otherwise"
    return f"At {at:%H:%M:%S} UTC Flagger says {said}, and here it is {here}{value}."
