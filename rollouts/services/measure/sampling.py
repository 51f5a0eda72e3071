"""A pass over one release that runs, or has just ended: its curves grow, and its transitions get their measurements.

The value of a transition is read at every second around its time, because Flagger's own time has whole seconds. For an
analysis interval without a transition, one value is taken from the curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rollouts.domain import curves, judging, memory
from rollouts.domain.causes.novalues import NO_SUCH_METRIC
from rollouts.domain.checks import judge
from rollouts.domain.judging import NEAR, Judged
from rollouts.domain.metrics import Asking, Side
from rollouts.models import Measurement, Transition
from rollouts.services.measure import when
from rollouts.services.measure.asker import Asker, OutOfTime, Reading, Span
from rollouts.services.measure.cases import Case, Read

WHY_WITHIN = timedelta(seconds=10)
"""The Event that says why a transition was made comes within this time, or not at all."""
AWAY = timedelta(minutes=10)
"""The values of a transition are asked for again for this time when a source does not answer."""
LONG = timedelta(hours=2)
"""A release that runs longer waits for somebody: of its transitions, those that Flagger explained are measured."""
TICK = 2
"""Seconds within which a tick writes the routing object and the status."""
PARTS = (0.25, 0.5, 0.75)
"""Of a second: where else a value is looked for that Flagger states, and that no whole second has."""
TOGETHER = 5
"""Seconds between transitions that are read with one question."""
ONE_QUESTION = 30
"""Seconds that are few enough to ask for each of them: the newest part of a curve is then read with what lies around a
transition. That halves the questions about checks that are made every few seconds.
"""


@dataclass(frozen=True, slots=True)
class Grown:
    """One side's curve before and after a pass."""

    known: curves.Curve
    curve: curves.Curve
    reading: Reading


@dataclass(frozen=True, slots=True)
class Around:
    """The seconds around the newest transitions that are to be measured, and what has been read of them with a curve,
    by check and side.
    """

    span: Span | None = None
    readings: dict[tuple[str, Side], Reading] = field(default_factory=dict)

    def near(self, begin: int, end: int) -> bool:
        return self.span is not None and max(end, self.span.end) - min(begin, self.span.begin) <= ONE_QUESTION


def sample(case: Case, asker: Asker, *, now: datetime) -> Read:
    """When the time of the pass runs out, what has been read is kept and the rest is due at once."""
    read = Read(case.release, measured_at=now, measured_to=case.release.measured_to, measure_at=now)
    if case.another_policy:
        read.governing = memory.dump(case.canary)
    around = _around(case, now)
    try:
        grown = [one for asking in case.askings.values() for one in _grow(case, asking, asker, read, now, around)]
        transitions(case, asker, read, now, around)
    except OutOfTime:
        return read
    if not more(case, read):
        read.measure_at = _next(case, grown, read, now)
    return read


def more(case: Case, read: Read) -> bool:
    """Whether to go on at once with later transitions."""
    return case.more and read.measured_to > case.release.measured_to


def _next(case: Case, grown: Sequence[Grown], read: Read, now: datetime) -> datetime:
    away = [_since(case, one.known, now) for one in grown if one.reading.away]
    if away:
        return when.rest(min(away), now=now, least=case.interval)
    whole = when.whole_at(case.release)
    steps = [one.curve.step for one in grown]
    following = when.next_sample(case, now=now, step=max(steps, default=0)) if whole is None else whole
    explained = [one.seen_at + WHY_WITHIN for one in case.transitions if one.number > read.measured_to]
    return min([following, *(at for at in explained if at > now)])  # others wait for a slow check


def _since(case: Case, known: curves.Curve, now: datetime) -> datetime:
    """Since when a source has not answered."""
    if known.values:
        return datetime.fromtimestamp(known.end, UTC)
    return now if case.release.measured_at is None else case.release.started_at


def _around(case: Case, now: datetime) -> Around:
    groups = together(settled(case.pending, now))
    told = _telling(case, groups[-1], now) if groups else []
    return Around(_seconds(told) if told else None)


def _grow(case: Case, asking: Asking, asker: Asker, read: Read, now: datetime, around: Around) -> tuple[Grown, Grown]:
    green, blue = (_grown(case, asking, side, asker, now, around) for side in (Side.GREEN, Side.BLUE))
    for side, one in ((Side.GREEN, green), (Side.BLUE, blue)):
        read.curves.append(case.row(asking, side, one.curve, note=one.reading.note))
    read.measurements += _between(case, asking, green, blue)
    return green, blue


def _grown(case: Case, asking: Asking, side: Side, asker: Asker, now: datetime, around: Around) -> Grown:
    until = (now - when.SETTLED).timestamp()
    begin = (case.release.started_at - when.BEFORE).timestamp()
    known = case.curve(asking.check.name, side) or curves.empty(begin, curves.running_step(case.interval))
    curve = curves.thinned(known, until)
    wanted = curves.missing(curve, until)
    if wanted is None:
        row = case.rows.get((asking.check.name, side))
        return Grown(known, known, Reading(note=row.note if row else ""))
    if around.span is not None and around.near(*wanted):
        reading, beside = asker.at_once(asking, side, [Span(*wanted, curve.step), around.span])
        around.readings[asking.check.name, side] = beside
    else:
        reading = asker.range(asking, side, *wanted, curve.step)
    if reading.failed is None:
        curve = curves.extended(curve, reading.samples, until)
    return Grown(known, curve, reading)


def _between(case: Case, asking: Asking, green: Grown, blue: Grown) -> Iterator[Measurement]:
    """One for each moment, an interval apart from the release's beginning on, that has no transition within half an
    interval: ticks come a little earlier or later than a clock's.
    """
    curve, ended = green.curve, case.release.ended_at
    start, length = case.release.started_at.timestamp(), max(case.interval, curve.step)
    half = length / 2
    end = curve.end if ended is None else min(curve.end, ended.timestamp())  # green is the next one's by then
    moved = [one.at.timestamp() for one in case.transitions]
    first = max(1, math.ceil((green.known.end - half - start) / length))
    for number in range(first, math.ceil((end - half - start) / length)):
        moment = start + number * length
        if any(abs(at - moment) <= half for at in moved):
            continue
        value = curve.at(moment)
        found = Judged(value, judge(asking.check, value), "" if value is not None else judging.NOTHING)
        at = datetime.fromtimestamp(curve.moment(moment), UTC)
        yield _measurement(case, asking, at, found, blue.curve.at(moment))


def transitions(case: Case, asker: Asker, read: Read, now: datetime, around: Around | None = None) -> None:
    """Adds the measurements of those that have none yet. Raises OutOfTime."""
    held = False
    for group in together(settled(case.pending, now)):
        answered = _measure(case, _telling(case, group, now), asker, read, around or Around())
        held = held or (not answered and group[-1].seen_at > now - AWAY)
        if not held:
            read.measured_to = group[-1].number


def settled(seen: Sequence[Transition], now: datetime) -> list[Transition]:
    """Those at the front whose values, and whose reason if there is one, are known by now. One tick has one reason,
    whatever it wrote.
    """
    explained = [one.at for one in seen if one.why is not None]
    found = []
    for one in seen:
        known = any(abs((one.at - at).total_seconds()) <= TICK for at in explained)
        if one.seen_at > now - (when.SETTLED if known else WHY_WITHIN):
            break
        found.append(one)
    return found


def together(seen: Sequence[Transition]) -> list[list[Transition]]:
    """Those of one tick, which writes the routing object and the status one after the other."""
    groups: list[list[Transition]] = []
    for one in seen:
        if groups and abs((one.at - groups[-1][0].at).total_seconds()) <= TOGETHER:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _telling(case: Case, group: Sequence[Transition], now: datetime) -> list[Transition]:
    """Without those that tell nothing more: of a moment whose reason another transition has, or made at every tick by
    a gate that stays closed for days.
    """
    explained = {one.at for one in case.transitions if one.why is not None}
    long = now - case.release.started_at > LONG
    return [one for one in group if one.why is not None or not (long or one.at in explained)]


def _seconds(group: Sequence[Transition]) -> Span:
    moments = [math.floor(one.at.timestamp()) for one in group]
    return Span(min(moments) - NEAR, max(moments) + NEAR, 1)


def _read_around(asking: Asking, side: Side, span: Span, asker: Asker, around: Around) -> Reading:
    read = around.readings.get((asking.check.name, side)) if span == around.span else None
    return read or asker.range(asking, side, span.begin, span.end, span.step)


def _measure(case: Case, group: Sequence[Transition], asker: Asker, read: Read, around: Around) -> bool:
    """False when a source gave no answer. What an earlier pass has read is not asked for again."""
    if not group:
        return True
    span = _seconds(group)
    newest = {one.at: one.number for one in group}.values()  # a moment has one measurement
    answered, found = True, []
    for check, asking in case.askings.items():
        if all((check, number) in case.answered for number in newest):
            continue
        green = _read_around(asking, Side.GREEN, span, asker, around)
        blue = _read_around(asking, Side.BLUE, span, asker, around)
        answered = answered and not green.silent
        nothing = green.failed is None and not green.samples and not blue.samples
        nowhere = nothing and asker.unknown(asking)
        for one in group:
            at = _at(case, asking, one, green, blue)
            at.note = f"{NO_SUCH_METRIC} {at.note}".strip() if nowhere else at.note
            found.append(_closer(case, asking, one, green, blue, asker) if at.said and at.agrees is False else at)
    read.measurements += found
    return answered


def _closer(case: Case, asking: Asking, one: Transition, green: Reading, blue: Reading, asker: Asker) -> Measurement:
    """The value that Flagger states may have held for less than a second, or for a moment between two others."""
    moment = math.floor(one.at.timestamp())
    samples = list(green.samples)
    for part in PARTS:
        first, last = moment - NEAR + part, moment + NEAR - 1 + part
        samples += asker.range(asking, Side.GREEN, first, last, 1).samples
    found = _at(case, asking, one, replace(green, samples=tuple(samples)), blue)
    stated = judging.stated(one.why, case.canary.checks)[asking.check.name]
    if not found.agrees and (there := judging.crossings(one.at, samples, stated)):
        for at in there:
            samples += asker.range(asking, Side.GREEN, at, at, 1).samples
        found = _at(case, asking, one, replace(green, samples=tuple(samples)), blue)
    return found


def _at(case: Case, asking: Asking, one: Transition, green: Reading, blue: Reading) -> Measurement:
    stated = judging.stated(one.why, case.canary.checks).get(asking.check.name)
    if green.failed is not None:
        found = judging.unread(green.failed, green.note, stated)
    else:
        found = judging.judged(asking.check, one.at, green.samples, stated)
    values = {round(at): value for at, value in blue.samples if math.isfinite(value)}
    measurement = _measurement(case, asking, one.at, found, values.get(math.floor(one.at.timestamp())))
    measurement.transition = one.number
    if green.samples and green.note:
        measurement.note = f"{measurement.note} {green.note}".strip()
    return measurement


def _measurement(case: Case, asking: Asking, at: datetime, found: Judged, blue: float | None) -> Measurement:
    return Measurement(
        release=case.release,
        check_name=asking.check.name,
        at=at,
        green=found.value,
        blue=blue,
        verdict=found.verdict.value,
        note=found.note,
        said=found.said[:64],
        agrees=found.agrees,
    )
