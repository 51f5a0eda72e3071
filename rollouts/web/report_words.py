"""What a report says in words: how it ended, what each check came to, what was decided at each moment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.safestring import SafeString

from rollouts.domain.checks import Verdict, in_words, writer_of
from rollouts.domain.observations import Check
from rollouts.domain.rollout import Outcome
from rollouts.domain.summaries import Spread
from rollouts.models import Measurement
from rollouts.queries.report import CheckReport, Report
from rollouts.web import bits, chart_words, rollout_words, times
from rollouts.web.markup import NOTHING, markup
from rollouts.web.rollout_words import Entry
from rollouts.web.words import PhaseLook

ROWS = 300
"""Measurements of one check that the page shows, the newest; the CSV has them all."""
OUTCOMES = {
    Outcome.RUNNING: PhaseLook("Running", "", "ring", "run"),
    Outcome.SUCCEEDED: PhaseLook("Succeeded", "", "check", "quiet"),
    Outcome.FAILED: PhaseLook("Failed", "", "cross", "bad"),
    Outcome.SUPERSEDED: PhaseLook("Superseded", "", "arrow", "quiet"),
    Outcome.DELETED: PhaseLook("Deleted", "", "close", "quiet"),
}
VERDICTS: dict[str, PhaseLook] = {
    Verdict.PASSED: PhaseLook("passed", "", "check", "quiet"),
    Verdict.FAILED: PhaseLook("failed", "", "cross", "bad"),
    Verdict.NO_VALUES: PhaseLook("no values", "", "diamond", "warn"),
    Verdict.ERROR: PhaseLook("query failed", "", "diamond", "warn"),
    Verdict.UNREADABLE: PhaseLook("not readable from here", "", "diamond", "warn"),
}
REMOVED = "The single values were removed after their time. This is what they came to."
COUNTED = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NO_VALUES: "without values",
    Verdict.ERROR: "with a failed query",
    Verdict.UNREADABLE: "not readable from here",
}


@dataclass(frozen=True, slots=True)
class CheckWords:
    name: str
    limits: str
    verdicts: str
    """`12 passed, 2 failed`."""
    disagreeing: int
    spreads: tuple[tuple[str, str, str], ...]
    """What it is, of blue, of green."""
    notes: tuple[str, ...]
    queries: tuple[tuple[str, str], ...]
    rows: SafeString
    left_out: int


class Happened:
    """What a transition was, by its number. A row of several stands under the number of the last one."""

    def __init__(self, told: Iterable[Entry]) -> None:
        self._rows = sorted((one.transition.number, ", ".join(one.what)) for one in told)

    def at(self, number: int | None) -> str:
        if number is None:
            return ""
        place = bisect_left(self._rows, number, key=lambda row: row[0])
        return self._rows[place][1] if place < len(self._rows) else ""


def outcome_look(outcome: str) -> PhaseLook:
    return OUTCOMES[Outcome(outcome)]


def tone(report: Report) -> str:
    return "bad" if report.release.outcome == Outcome.FAILED else ""


def entries(report: Report) -> list[Entry]:
    return [rollout_words.entry(one, report.policy) for one in report.transitions]


def checks(report: Report, told: Iterable[Entry]) -> list[CheckWords]:
    happened = Happened(told)
    return [_check(one, happened) for one in report.checks]


def limits(check: Check | None) -> str:
    return "limit not known" if check is None else chart_words.limits(check) or "no limit"


def value(check: Check | None, number: float | None) -> str:
    return "" if number is None else in_words(check or Check("", 0), number)


def verdicts(one: CheckReport) -> str:
    found = one.summary.verdicts
    counted = [f"{found.of(verdict)} {text}" for verdict, text in COUNTED.items() if found.of(verdict)]
    return ", ".join(counted) or "no values are kept"


def spreads(one: CheckReport) -> tuple[tuple[str, str, str], ...]:
    """What it is, of blue, of green."""
    facts = ("worst", "median") if _has_worst(one) else ("lowest", "median", "highest")
    return tuple((fact, _of(one, one.summary.blue, fact), _of(one, one.summary.green, fact)) for fact in facts)


def _has_worst(one: CheckReport) -> bool:
    return one.summary.green.worst is not None or one.summary.blue.worst is not None


def _of(one: CheckReport, side: Spread, fact: str) -> str:
    return value(one.measured.check, getattr(side, fact))


def _check(one: CheckReport, happened: Happened) -> CheckWords:
    measured = one.measured
    sides = (measured.blue, measured.green)
    shown, written = measured.measurements[-ROWS:], writer_of(measured.check or Check("", 0))
    return CheckWords(
        name=one.name,
        limits=limits(measured.check),
        verdicts=verdicts(one),
        disagreeing=one.summary.verdicts.disagreeing,
        spreads=spreads(one),
        notes=(*dict.fromkeys(side.note for side in sides if side.note), *([REMOVED] if one.removed else [])),
        queries=tuple((side.side.value, side.query) for side in sides if side.query),
        rows=SafeString("".join(_row(each, written, happened) for each in shown)),
        left_out=len(measured.measurements) - len(shown),
    )


ROW = (
    '<tr class="row"><td class="c-time">{}</td><td class="c-what">{}</td><td class="c-blue">{}</td>'
    '<td class="c-green">{}</td><td class="c-verdict">{}</td><td class="c-said">{}{}</td><td class="c-why">{}</td></tr>'
)
DISAGREES = markup(' <b class="warn-text">differs</b>')


def _row(one: Measurement, written: Callable[[float], str], happened: Happened) -> SafeString:
    """A function and no template: a page shows hundreds."""
    sides = ("" if value is None else written(value) for value in (one.blue, one.green))
    doubt = DISAGREES if one.agrees is False else NOTHING
    what = happened.at(one.transition)
    return markup(ROW, times.moment(one.at), what, *sides, _verdict(one.verdict), one.said, doubt, one.note)


@lru_cache(maxsize=64)
def _verdict(word: str) -> str:
    look = VERDICTS.get(word)
    if look is None:
        return word
    return markup('<span class="phase {}">{}<span>{}</span></span>', look.tone, bits.icon(look.shape), look.name)
