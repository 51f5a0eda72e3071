"""One value of a check at one moment: our verdict beside Flagger's own.

Flagger looks up a value a moment before it writes its status, whose time has whole seconds. So the seconds near that
time are read, and the nearest moment at which Flagger's verdict and value are met counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from rollouts.domain.checks import ASKED_BY, Asks, Verdict, check_of, in_words, is_built_in, judge, said
from rollouts.domain.observations import Check

NEAR = 2
"""Seconds before and after the time of a transition."""
CLOSE = 0.25
"""Seconds between two moments of which a value between theirs is looked for."""
MOST_CROSSINGS = 3
NOTHING = "The source has no value for this query at this moment."
NO_NUMBER = "The query gives no number (NaN), as it does without requests."

ADVANCED = re.compile(r"iteration (?P<number>\d+) of \d+")
QUERY_FAILED = re.compile(r"(?P<what>Prometheus|Metric) query failed(?: for (?P<check>[^\s:]+))?: .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stated:
    """What Flagger found a check to be. `text` is the value as it wrote it, empty where it wrote none."""

    verdict: Verdict
    text: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """`value` is finite, else None. `agrees` is None where Flagger said nothing, or we could not read."""

    value: float | None
    verdict: Verdict
    note: str = ""
    said: str = ""
    agrees: bool | None = None


def stated(why: str | None, checks: Sequence[Check]) -> Mapping[str, Stated]:
    """By name, what the reason of a transition says of the checks. One that failed says that those before it passed.

    Flagger makes no check at the tick of the first iteration.
    """
    if not why:
        return {}
    order = [check.name for check in sorted(checks, key=lambda check: bool(check.template))]
    if found := ADVANCED.fullmatch(why):
        return dict.fromkeys(order, Stated(Verdict.PASSED)) if int(found["number"]) > 1 else {}
    failed, last = _failed(why, checks)
    if failed is None or last is None:
        return {}
    return {**dict.fromkeys(order[: order.index(failed.name)], Stated(Verdict.PASSED)), failed.name: last}


def _failed(why: str, checks: Sequence[Check]) -> tuple[Check | None, Stated | None]:
    if one := said(why):
        verdict = Verdict.NO_VALUES if one.value is None else Verdict.FAILED
        return check_of(one.name, one.asks, checks), Stated(verdict, one.text, one.value)
    if failed := QUERY_FAILED.fullmatch(why):
        return _asked_in_vain(failed["check"], ASKED_BY[failed["what"]], checks), Stated(Verdict.ERROR)
    return None, None


def _asked_in_vain(name: str | None, asks: Asks, checks: Sequence[Check]) -> Check | None:
    """Of built-in checks Flagger does not name the one whose query failed."""
    if name is not None:
        return check_of(name, asks, checks)
    built_in = [check for check in checks if is_built_in(check)]
    return built_in[0] if len({check.name for check in built_in}) == 1 else None


def judged(check: Check, at: datetime, samples: Iterable[tuple[float, float]], stated: Stated | None) -> Judged:
    """`samples` are values near `at`, at whole seconds and perhaps between them; a second without one has no value."""
    moment = math.floor(at.timestamp())
    values: dict[float, float | None] = dict.fromkeys(range(moment - NEAR, moment + NEAR + 1))
    values.update((one, value) for one, value in samples if abs(one - moment) <= NEAR)
    if stated is None:
        return _judged(check, values[moment])
    for one in sorted(values, key=lambda one: (abs(one - moment), one)):
        if _meets(check, values[one], stated):
            found = _judged(check, values[one])
            shifted = f"Read {_seconds(one - moment)}, where Flagger's verdict is met." if one != moment else ""
            return Judged(found.value, found.verdict, _joined(found.note, shifted), stated.text, True)
    found = _judged(check, values[moment])
    note = _joined(found.note, _difference(found, stated))
    return Judged(found.value, found.verdict, note, stated.text, False)


def crossings(at: datetime, samples: Iterable[tuple[float, float]], stated: Stated) -> list[float]:
    """Moments, nearest to `at` first, where the value that Flagger states would be if it changed evenly between two
    that are `CLOSE`. A rate is extended to the edges of its window: while a series is new it is another at every
    millisecond.
    """
    if stated.value is None:
        return []
    wanted, moment = stated.value, math.floor(at.timestamp())
    read = sorted((one, value) for one, value in samples if abs(one - moment) <= NEAR and math.isfinite(value))
    found = [
        before + (after - before) * (wanted - first) / (last - first)
        for (before, first), (after, last) in pairwise(read)
        if after - before <= CLOSE and min(first, last) < wanted < max(first, last)
    ]
    return sorted(found, key=lambda one: abs(one - moment))[:MOST_CROSSINGS]


def unread(verdict: Verdict, note: str, stated: Stated | None) -> Judged:
    """The source gave no answer. A query that it refuses fails for Flagger, too."""
    agrees = stated.verdict is verdict if stated is not None and verdict is Verdict.ERROR else None
    return Judged(None, verdict, note, stated.text if stated else "", agrees)


def _judged(check: Check, value: float | None) -> Judged:
    verdict = judge(check, value)
    if value is None:
        return Judged(None, verdict, NOTHING)
    if math.isnan(value):
        return Judged(None, verdict, NO_NUMBER)
    if math.isinf(value):
        return Judged(None, verdict, f"The value is {_words(check, value)}.")
    return Judged(value, verdict)


def _meets(check: Check, value: float | None, stated: Stated) -> bool:
    if judge(check, value) is not stated.verdict:
        return False
    return stated.value is None or value is None or stated.value == value or _words(check, value) == stated.text


def _words(check: Check, value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return in_words(check, value).removesuffix("%")


def _difference(found: Judged, stated: Stated) -> str:
    if found.verdict is not stated.verdict:
        return f"Flagger found otherwise: {stated.verdict.value.replace('-', ' ')}{_value(stated)}."
    return f"Flagger's Event states another value{_value(stated)}."


def _value(stated: Stated) -> str:
    return f" ({stated.text})" if stated.text else ""


def _seconds(shift: float) -> str:
    return f"{abs(shift):g} s {'before' if shift < 0 else 'after'} the transition"


def _joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)
