"""The charts of the history page, with their sentences and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse

from rollouts.charts.history import OUTCOMES, DayData, durations_figure, outcomes_figure, shares_figure
from rollouts.domain.rollout import Outcome
from rollouts.domain.totals import GRAIN
from rollouts.queries.history import Day, History
from rollouts.web import times
from rollouts.web.chart_blocks import ChartBlock, Table, plot, table

DayRow = tuple[str | float | None, ...]
HEAD = ("day (UTC)", *OUTCOMES, "half within (s)", "nine of ten within (s)", "rolled back (%)")
EVERYTHING = 400
"""Lines: a range has no more days than that."""


def blocks(found: History, query: str) -> list[ChartBlock]:
    if not found.whole.outcomes:
        return []
    csv_url = reverse("history-csv") + (f"?{query}" if query else "")
    days = [_data(day) for day in found.days]
    whole = found.whole
    return [
        ChartBlock(
            id="outcomes",
            title="Releases per day",
            summary=outcomes_summary(whole, len(days)),
            plots=(plot(outcomes_figure(days, query)),),
            table=_table(("Day", *OUTCOMES), [_outcomes(day) for day in found.days if day.outcomes]),
            csv_url=csv_url,
            wide=True,
        ),
        ChartBlock(
            id="durations",
            title="Time to Succeeded",
            summary=durations_summary(whole),
            plots=(plot(durations_figure(days, query)),) if whole.typical is not None else (),
            table=_table(("Day", "Half within", "Nine of ten within"), _durations(found.days)),
            csv_url=csv_url,
        ),
        ChartBlock(
            id="shares",
            title="Share rolled back",
            summary=shares_summary(found.days, whole),
            plots=(plot(shares_figure(days, query)),) if whole.ended else (),
            table=_table(("Day", "Rolled back", "Of"), _shares(found.days)),
            csv_url=csv_url,
        ),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table | None:
    return table(tuple(name.capitalize() for name in head), rows, most=EVERYTHING) if rows else None


def _durations(days: Iterable[Day]) -> list[tuple[str, ...]]:
    some = (day for day in days if day.typical is not None)
    return [(day.day.isoformat(), _within(day.typical), _within(day.slow)) for day in some]


def _shares(days: Iterable[Day]) -> list[tuple[str, ...]]:
    return [(day.day.isoformat(), _percent(day.share_failed), str(day.ended)) for day in days if day.ended]


def _outcomes(day: Day) -> tuple[str, ...]:
    return day.day.isoformat(), *(str(day.outcomes.get(name, 0)) for name in OUTCOMES)


def _data(day: Day) -> DayData:
    return DayData(day.day, day.outcomes, _minutes(day.typical), _minutes(day.slow), day.share_failed)


def _minutes(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 2)


def _within(seconds: int | None) -> str:
    """Times were rounded down when they were counted."""
    return "" if seconds is None else times.exact(seconds + GRAIN)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1f} %"


def outcomes_summary(whole: Day, days: int) -> str:
    number = sum(whole.outcomes.values())
    told = ", ".join(f"{whole.outcomes[name]} {name}" for name in OUTCOMES if whole.outcomes.get(name))
    return f"{number} release{'' if number == 1 else 's'} in {days} day{'' if days == 1 else 's'}: {told}."


def durations_summary(whole: Day) -> str:
    if whole.typical is None:
        return "No release has succeeded in this time."
    if whole.typical == whole.slow:
        return f"Half of the successful releases took no longer than {_within(whole.typical)}, and so did nine of ten."
    return (
        f"Half of the successful releases took no longer than {_within(whole.typical)}, "
        f"nine of ten no longer than {_within(whole.slow)}."
    )


def shares_summary(days: Sequence[Day], whole: Day) -> str:
    if not whole.ended:
        return "No release has come to a verdict in this time."
    failed = whole.outcomes.get(Outcome.FAILED, 0)
    verb = "was" if failed == 1 else "were"
    told = f"{failed} of {whole.ended} releases with a verdict {verb} rolled back ({_percent(whole.share_failed)})"
    worst = max(days, key=lambda day: day.outcomes.get(Outcome.FAILED, 0))
    if not failed or sum(1 for day in days if day.ended) == 1:
        return f"{told}."
    most = worst.outcomes.get(Outcome.FAILED, 0)
    return f"{told}. The most on one day: {most} of {worst.ended}, on {worst.day:%d %b %Y}."


def csv_rows(found: History) -> list[DayRow]:
    return [
        (
            day.day.isoformat(),
            *(day.outcomes.get(name, 0) for name in OUTCOMES),
            day.typical,
            day.slow,
            None if day.share_failed is None else round(day.share_failed, 2),
        )
        for day in found.days
    ]
