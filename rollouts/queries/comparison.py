"""Two releases of one rollout side by side: the same step and the same check stand in the same line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rollouts import access
from rollouts.domain.steps import durations
from rollouts.queries import report as reports
from rollouts.queries.report import CheckReport, Report


@dataclass(frozen=True, slots=True)
class StepPair:
    """How long a step took, in seconds. `None` where the release did not come to it, or its time is not known."""

    label: str
    earlier: float | None
    later: float | None


@dataclass(frozen=True, slots=True)
class CheckPair:
    name: str
    earlier: CheckReport | None
    later: CheckReport | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`earlier` is the one with the lower number, however it was asked for."""

    earlier: Report
    later: Report
    steps: tuple[StepPair, ...]
    checks: tuple[CheckPair, ...]


def comparison(person: access.Person, id: int, other: int, now: datetime) -> Comparison | None:
    """None when the person may not see one of them, or they are no two releases of one rollout."""
    one, another = reports.find(person, id), reports.find(person, other)
    if one is None or another is None or one.pk == another.pk or one.rollout_id != another.rollout_id:
        return None
    earlier, later = (reports.report(release, now) for release in sorted((one, another), key=lambda one: one.number))
    return Comparison(earlier, later, tuple(_steps(earlier, later)), tuple(_checks(earlier, later)))


def _steps(earlier: Report, later: Report) -> Iterable[StepPair]:
    before, after = durations(earlier.line), durations(later.line)
    for label in _aligned(list(before), list(after)):
        pair = StepPair(label, before.get(label), after.get(label))
        if pair.earlier is not None or pair.later is not None:
            yield pair


def _aligned(before: list[str], after: list[str]) -> list[str]:
    """Every label once, in an order that is right for both: what only one has stands after what it followed there."""
    order = list(before)
    for place, label in enumerate(after):
        if label not in order:
            order.insert(order.index(after[place - 1]) + 1 if place else 0, label)
    return order


def _checks(earlier: Report, later: Report) -> Iterable[CheckPair]:
    before, after = {one.name: one for one in earlier.checks}, {one.name: one for one in later.checks}
    for name in dict.fromkeys([*before, *after]):
        yield CheckPair(name, before.get(name), after.get(name))
