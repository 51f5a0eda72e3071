"""The charts of one release: each of its checks, and its steps on one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.http import urlencode

from rollouts.charts.checks import CheckData, Judged, check_figure
from rollouts.charts.figure import Mark, MarkKind, Window
from rollouts.domain.checks import writer_of
from rollouts.domain.observations import Check
from rollouts.models import Release, Transition
from rollouts.queries.charted import Charted
from rollouts.queries.measured import MeasuredCheck
from rollouts.web import chart_words, words
from rollouts.web.chart_blocks import Cell, ChartBlock, Table, plot, table
from rollouts.web.steps_chart import steps_block

MOST_MARKS = 120
"""Drawn into one chart, the newest."""
MOST_DOUBTS = 3
NOTHING = "There is no value in this range."
NOT_YET = "The values of this range are not here yet."
HEAD = ("Time", "Blue", "Green", "Verdict")


def blocks(found: Charted, query: str = "") -> list[ChartBlock]:
    """`query` is what the addresses of the CSVs carry along: which release, which range."""
    marks = marks_of(found.transitions)
    checks = [check_block(found, measured, marks, place, query) for place, measured in enumerate(found.checks)]
    return checks if found.release is None else [*checks, steps_block(found, found.release, query)]


def check_block(
    found: Charted, measured: MeasuredCheck, marks: Sequence[Mark], place: int, query: str = ""
) -> ChartBlock:
    check = measured.check or Check(measured.name, 0)
    data, window = check_data(measured), Window(found.span.begin, found.span.end)
    block_id = f"check-{place}-{re.sub(r'[^a-z0-9]+', '-', measured.name.lower())[:60]}"
    address = reverse("check-csv", args=[found.rollout.pk])
    csv_url = f"{address}?{urlencode({'check': measured.name})}{'&' + query if query else ''}"
    beside = (chart_words.limits(measured.check) or "no limit") if measured.check else "its limit is not known any more"
    valued = any(value is not None for points in (data.green, data.blue) for _, value in points)
    if not valued and not _values_may_come(found):
        why = _why_empty(found, measured)
        notes = tuple(note for note in _notes(measured, check) if note != why)
        return ChartBlock(block_id, measured.name, why, beside, notes=notes)
    # Curves have their place from the beginning: nothing moves when the first value comes.
    figure = check_figure(data, marks, window, f"{found.release.pk if found.release else 0} {query}")
    told_of = window if found.range else Window(found.of_release.begin, found.of_release.end)
    summary = chart_words.summary(check, data.green, data.blue, told_of) if valued else _why_empty(found, measured)
    return ChartBlock(
        id=block_id,
        title=measured.name,
        summary=summary,
        beside=beside,
        plots=(plot(figure),),
        table=_table(data),
        csv_url=csv_url,
        notes=_notes(measured, check),
    )


def _values_may_come(found: Charted) -> bool:
    """While a release runs, or the source is still asked for a range."""
    if found.range is not None:
        return found.range.read_at is None
    return found.release is not None and found.release.ended_at is None


def check_data(measured: MeasuredCheck) -> CheckData:
    """Where there is no curve, the judged values stand for it."""
    check = measured.check or Check(measured.name, 0)
    told, written = measured.measurements, writer_of(check)
    return CheckData(
        check=check,
        green=measured.green.points or [(one.at, one.green) for one in told],
        blue=measured.blue.points or [(one.at, one.blue) for one in told],
        judged=tuple(Judged(one.at, one.green, one.verdict, chart_words.verdict(one, written)) for one in told),
    )


CheckRow = tuple[datetime, float | None, float | None, str]


def check_rows(data: CheckData) -> list[CheckRow]:
    """Time, blue, green, verdict, in order of time: every point of the curves and every judged value."""
    blue, green = dict(data.blue), dict(data.green)
    judged = {one.at: one for one in data.judged}
    rows = []
    for at in sorted({**blue, **green, **judged}):
        one = judged.get(at)
        rows.append((at, blue.get(at), green.get(at, one.value if one else None), one.words if one else ""))
    return rows


def _table(data: CheckData) -> Table:
    written = writer_of(data.check)

    def words(row: CheckRow) -> Sequence[Cell]:
        at, blue, green, told = row
        return at, "" if blue is None else written(blue), "" if green is None else written(green), told

    return table(HEAD, check_rows(data), words)


def _why_empty(found: Charted, measured: MeasuredCheck) -> str:
    if found.range is not None:
        return NOTHING if found.range.read_at else NOT_YET
    return _why_nothing_of(found.release, measured) if found.release else NOTHING


def _why_nothing_of(release: Release, measured: MeasuredCheck) -> str:
    known = (measured.green.note, measured.blue.note, release.curves_note)
    noted = next((one.note for one in reversed(measured.measurements) if one.note), "")
    if why := next((note for note in (*known, noted) if note), ""):
        return why
    lines = (measured.green, measured.blue)
    if release.curves_kept_at is not None and not any(line.query or line.points for line in lines):
        return "Its curves were removed after their time."
    if measured.measurements or measured.green.points or measured.blue.points:
        return "The metrics source has no value for either side."
    if release.ended_at is None:
        return f"Not measured yet: the first values come within {measured.check.interval if measured.check else 60} s."
    return "Nothing was measured while this release ran."


def _notes(measured: MeasuredCheck, check: Check) -> tuple[str, ...]:
    blue, green = measured.blue.note, measured.green.note
    notes = [f"{side}: {note}" for side, note in (("Blue", blue), ("Green", green)) if note]
    if blue == green:
        notes = [green] if green else []
    doubts = [one for one in measured.measurements if one.agrees is False]
    notes += [chart_words.disagreement(check, one.at, one) for one in doubts[-MOST_DOUBTS:]]
    if len(doubts) > MOST_DOUBTS:
        notes.append(f"Flagger's verdict is another one at {len(doubts) - MOST_DOUBTS} earlier moments too.")
    return tuple(notes)


def marks_of(transitions: Iterable[Transition]) -> list[Mark]:
    found: list[Mark] = []
    before: Transition | None = None
    for one in transitions:
        if before is None or before.release != one.release:
            before = None
        found += _marks(one, before)
        before = one
    return found[-MOST_MARKS:]


def _marks(one: Transition, before: Transition | None) -> Iterable[Mark]:
    look = words.phase_look(one.phase)
    if before is None or one.phase != before.phase:
        yield Mark(one.at, MarkKind.PHASE, look.name, ": ".join(filter(None, (look.name, one.why))))
    if one.failed_checks > (before.failed_checks if before else 0):
        yield Mark(one.at, MarkKind.FAILED, "check failed", one.why or f"check failed, {one.failed_checks} in all")
    if before is not None and (one.live_side, one.weight) != (before.live_side, before.weight):
        yield Mark(
            one.at, MarkKind.USERS, _users(one), f"{_users(one)}{': ' + one.why if one.why else ''}", one.live_side
        )


def _users(one: Transition) -> str:
    if one.live_side == "split":
        return f"{one.weight} % on green" if one.weight is not None else "matched users on green"
    return f"users on {one.live_side}"
