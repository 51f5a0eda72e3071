"""Two releases side by side, in words: one line for each thing that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rollouts.queries.comparison import CheckPair, Comparison
from rollouts.queries.report import CheckReport, Report
from rollouts.web import report_words, times, words

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    earlier: str
    later: str

    @property
    def differs(self) -> bool:
        return self.earlier != self.later


@dataclass(frozen=True, slots=True)
class CheckLines:
    name: str
    lines: tuple[Line, ...]


def facts(comparison: Comparison) -> list[Line]:
    return [_line(comparison, label, told) for label, told in FACTS.items()]


def _line(comparison: Comparison, label: str, told: Callable[[Report], str]) -> Line:
    return Line(label, told(comparison.earlier) or NOTHING, told(comparison.later) or NOTHING)


def _images(images: Iterable[str] | None) -> str:
    return "\n".join(images or ())


def _analysis(report: Report) -> str:
    canary = report.policy
    if canary is None:
        return ""
    told = [words.STRATEGIES.get(canary.strategy, canary.strategy), f"every {times.exact(canary.interval)}"]
    if canary.iterations_wanted:
        told.append(f"{canary.iterations_wanted} iterations")
    return ", ".join([*told, f"{canary.threshold} failed checks roll back"])


def _on_green(report: Report) -> str:
    """How long users were on green in all."""
    if not report.written:
        return ""
    unsure = any(one.unsure for one in report.exposures)
    ended = [(one.end - one.begin).total_seconds() for one in report.exposures if one.end is not None]
    if len(ended) == len(report.exposures):
        told = times.exact(sum(ended)) if ended else "not yet" if report.running else "never"
        return f"{told} at most" if unsure else told
    return "they are now" if report.running and not unsure else "until a moment that was not seen"


def _failed(report: Report) -> str:
    return str(max(one.failed_checks for one in report.written)) if report.written else ""


FACTS: dict[str, Callable[[Report], str]] = {
    "Outcome": lambda report: report.sentence,
    "From": lambda report: _images(report.release.from_images),
    "To": lambda report: _images(report.release.to_images),
    "Triggered by": lambda report: words.TRIGGERS.get(report.release.trigger, report.release.trigger),
    "Took": lambda report: times.exact(report.row.seconds) if report.row.seconds is not None else "",
    "Users on green": _on_green,
    "Failed checks": _failed,
    "Analysis": _analysis,
}


def steps(comparison: Comparison) -> list[Line]:
    return [Line(pair.label, _seconds(pair.earlier), _seconds(pair.later)) for pair in comparison.steps]


def _seconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else times.exact(seconds)


def checks(comparison: Comparison) -> list[CheckLines]:
    return [CheckLines(pair.name, tuple(_check(pair))) for pair in comparison.checks]


def _check(pair: CheckPair) -> Iterable[Line]:
    earlier, later = (dict(_told(one)) if one else {} for one in (pair.earlier, pair.later))
    for label in dict.fromkeys([*earlier, *later]):
        yield Line(label, earlier.get(label) or NOTHING, later.get(label) or NOTHING)


def _told(one: CheckReport) -> Iterable[tuple[str, str]]:
    yield "Limit", report_words.limits(one.measured.check)
    for label, blue, green in report_words.spreads(one):
        yield f"Green, {label}", green
        yield f"Blue, {label}", blue
    yield "Verdicts", report_words.verdicts(one)
