"""Flagger's verdict on a value (the comparison in its `scheduler_metrics.go`), and values as Flagger writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rollouts.domain.observations import Check

SUCCESS_RATE, DURATION = "request-success-rate", "request-duration"
BUILT_IN = frozenset({SUCCESS_RATE, DURATION})
PART_QUERY, PART_TEMPLATE = " (query)", " (template)"
"""What the name of a check ends with that is one of several that an entry of the policy asks for."""


class Verdict(StrEnum):
    """What Flagger makes of a value. All but `PASSED` count as a failed check, except `UNREADABLE`: that is us."""

    PASSED = "passed"
    FAILED = "failed"
    NO_VALUES = "no-values"
    ERROR = "error"
    """The query itself failed."""
    UNREADABLE = "unreadable"
    """Not readable from here; what Flagger sees is not known."""


class Unit(StrEnum):
    PERCENT = "%"
    MILLISECONDS = "ms"
    PLAIN = ""


def is_built_in(check: Check) -> bool:
    """A check of a built-in name with a query or template of its own is none."""
    return check.name in BUILT_IN and not check.query and not check.template


def unit_of(check: Check) -> Unit:
    if not is_built_in(check):
        return Unit.PLAIN
    return Unit.PERCENT if check.name == SUCCESS_RATE else Unit.MILLISECONDS


def judge(check: Check, value: float | None) -> Verdict:
    """`value` in the check's unit. Durations and their limits are compared in whole milliseconds, the rest cut off."""
    if value is None or math.isnan(value):
        return Verdict.NO_VALUES
    low, high = check.minimum, check.maximum
    if unit_of(check) is Unit.MILLISECONDS:
        value = _whole(value)
        low, high = None if low is None else _whole(low), None if high is None else _whole(high)
    if (low is not None and value < low) or (high is not None and value > high):
        return Verdict.FAILED
    return Verdict.PASSED


def _whole(value: float) -> float:
    return value if math.isinf(value) else float(math.trunc(value))


def in_words(check: Check, value: float) -> str:
    """As Flagger writes it in its Events: `65.62%`, `1.515s`, `12.00`."""
    return writer_of(check)(value)


def writer_of(check: Check) -> Callable[[float], str]:
    """`in_words` for many values of one check."""
    match unit_of(check):
        case Unit.PERCENT:
            return "{:.2f}%".format
        case Unit.MILLISECONDS:
            return _go_duration
    return "{:.2f}".format


def _go_duration(milliseconds: float) -> str:
    """As Go prints a duration of whole milliseconds: `0s`, `500ms`, `1.515s`, `1m2s`, `1h0m0.5s`."""
    if not math.isfinite(milliseconds):
        return str(milliseconds)
    whole = math.trunc(milliseconds)
    sign, whole = ("-" if whole < 0 else ""), abs(whole)
    if whole < 1000:
        return f"{sign}{whole}ms" if whole else "0s"
    minutes, rest = divmod(whole, 60_000)
    seconds = f"{rest // 1000}.{rest % 1000:03}".rstrip("0").rstrip(".") + "s"
    if not minutes:
        return sign + seconds
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}h{minutes}m{seconds}" if hours else f"{sign}{minutes}m{seconds}"


class Asks(StrEnum):
    """What an Event is about, of an entry of the policy that may be several checks of one name."""

    BUILT_IN = "built-in"
    QUERY = "query"
    TEMPLATE = "template"
    OWN = "own"
    """A query or a template: Flagger writes their values alike."""


@dataclass(frozen=True, slots=True)
class Said:
    """What Flagger's Event about a failed check states. `name` is that of the entry in the policy; `check_of` finds the
    check. `value` in the check's unit; None when it found no values.
    """

    name: str
    asks: Asks
    value: float | None = None
    text: str = ""
    """The value as Flagger wrote it."""


_NUMBER = r"(?P<value>-?\d+(?:\.\d+)?|[+-]Inf)"
SAID = (
    (SUCCESS_RATE, re.compile(rf"success rate {_NUMBER}% [<>] \S+")),
    (DURATION, re.compile(r"request duration (?P<value>\S+) [<>] \S+")),
    ("", re.compile(rf"(?P<name>\S+) {_NUMBER} [<>] \S+")),
)
NO_VALUES = (
    (Asks.BUILT_IN, re.compile(r"no values found for \S+ metric (?P<name>\S+) probably .*")),
    (Asks.TEMPLATE, re.compile(r"no values found for custom metric: (?P<name>[^\s:]+).*")),
    (Asks.QUERY, re.compile(r"no values found for metric: (?P<name>[^\s:]+).*")),
)
ASKED_BY: Mapping[str, Asks] = {"Prometheus": Asks.QUERY, "Metric": Asks.TEMPLATE}
"""What is named in `Prometheus query failed for …` and in `Metric query failed for …`."""
_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|h|m|s|µs|ns)")
_MILLISECONDS = {"h": 3_600_000.0, "m": 60_000.0, "s": 1000.0, "ms": 1.0, "µs": 0.001, "ns": 0.000001}


def said(why: str) -> Said | None:
    """Reads the reason of a failed check (`success rate 65.62% < 99%`); None when it is about no check's value."""
    for asks, pattern in NO_VALUES:
        if found := pattern.fullmatch(why):
            return Said(found["name"], asks)
    for name, pattern in SAID:
        found = pattern.fullmatch(why)
        if found is None:
            continue
        value = _milliseconds(found["value"]) if name == DURATION else float(found["value"])
        asks = Asks.BUILT_IN if name else Asks.OWN
        return None if value is None else Said(name or found["name"], asks, value, found["value"])
    return None


def check_of(name: str, asks: Asks, checks: Iterable[Check]) -> Check | None:
    """The check that an Event is about. None where there is none, and where the Event fits a query as well as a
    template. Of two checks of one name the first counts.
    """
    fitting = [check for check in checks if name in _names_in_events(check) and asks in _asks(check)]
    return fitting[0] if len({check.name for check in fitting}) == 1 else None


def _names_in_events(check: Check) -> tuple[str, str]:
    """Its own, and that of the entry of which it is a part."""
    ending = PART_TEMPLATE if check.template else PART_QUERY if check.query else ""
    return check.name, check.name.removesuffix(ending)


def _asks(check: Check) -> tuple[Asks, ...]:
    if check.template:
        return Asks.TEMPLATE, Asks.OWN
    return (Asks.QUERY, Asks.OWN) if check.query else (Asks.BUILT_IN,)


def _milliseconds(written: str) -> float | None:
    parts = list(_PART.finditer(written.lstrip("-")))
    if "".join(part[0] for part in parts) != written.lstrip("-"):
        return None
    total = sum(float(part["number"]) * _MILLISECONDS[part["unit"]] for part in parts)
    return -total if written.startswith("-") else total
