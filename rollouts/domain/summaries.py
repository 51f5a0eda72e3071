"""What the values of one check amount to: the worst, the middle one, how often it passed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, NamedTuple

from rollouts.domain.checks import Verdict
from rollouts.domain.observations import Check

KNOWN = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the values on one side, in the check's unit. None where there is none to tell.

    `worst`: the one nearest to a limit or furthest beyond it; None for a check without limits.
    """

    count: int = 0
    lowest: float | None = None
    median: float | None = None
    highest: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often green's value was judged so. `disagreeing`: where Flagger's Event told otherwise."""

    counts: dict[Verdict, int] = field(default_factory=dict)
    disagreeing: int = 0

    def of(self, verdict: Verdict) -> int:
        return self.counts.get(verdict, 0)


@dataclass(frozen=True, slots=True)
class Summary:
    """All that is left of a check when its values are removed."""

    green: Spread = field(default_factory=Spread)
    blue: Spread = field(default_factory=Spread)
    verdicts: Verdicts = field(default_factory=Verdicts)


class Value(NamedTuple):
    """What of a measurement counts. `agrees`: whether Flagger told the same; None where it told nothing."""

    green: float | None
    blue: float | None
    verdict: str
    agrees: bool | None


def summary(check: Check | None, values: Iterable[Value]) -> Summary:
    values = tuple(values)
    return Summary(
        green=spread(check, (one.green for one in values)),
        blue=spread(check, (one.blue for one in values)),
        verdicts=verdicts((one.verdict, one.agrees) for one in values),
    )


def dump(summary: Summary) -> dict[str, Any]:
    """In types of JSON, which has no endless numbers; `load` of it equals `summary`."""
    sides = {
        side: {name: _text(value) for name, value in asdict(found).items() if value is not None}
        for side, found in (("green", summary.green), ("blue", summary.blue))
    }
    counts = {verdict.value: number for verdict, number in summary.verdicts.counts.items()}
    return {**sides, "verdicts": counts, "disagreeing": summary.verdicts.disagreeing}


def load(stored: Mapping[str, Any]) -> Summary:
    green, blue = (_spread(stored.get(side, {})) for side in ("green", "blue"))
    counts = {KNOWN[word]: number for word, number in stored.get("verdicts", {}).items() if word in KNOWN}
    return Summary(green, blue, Verdicts(counts, stored.get("disagreeing", 0)))


def _text(value: float) -> float | str:
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def _spread(stored: Mapping[str, Any]) -> Spread:
    numbers = {name: float(stored[name]) for name in ("lowest", "median", "highest", "worst") if name in stored}
    return Spread(count=stored.get("count", 0), **numbers)


def spread(check: Check | None, values: Iterable[float | None]) -> Spread:
    known = [value for value in values if value is not None and not math.isnan(value)]
    if not known:
        return Spread()
    return Spread(len(known), min(known), median(known), max(known), _worst(check, known))


def _worst(check: Check | None, values: list[float]) -> float | None:
    if check is None or (check.minimum is None and check.maximum is None):
        return None
    return min(values, key=lambda value: _room(check, value))


def _room(check: Check, value: float) -> float:
    """How far the value is within its limits; negative beyond them."""
    low = math.inf if check.minimum is None else value - check.minimum
    high = math.inf if check.maximum is None else check.maximum - value
    return min(low, high)


def verdicts(judged: Iterable[tuple[str, bool | None]]) -> Verdicts:
    """Of pairs of the stored verdict and whether Flagger agreed; a word that is no verdict is not counted."""
    known = [(KNOWN[word], agrees) for word, agrees in judged if word in KNOWN]
    counts = Counter(verdict for verdict, _ in known)
    return Verdicts(dict(counts), sum(1 for _, agrees in known if agrees is False))
