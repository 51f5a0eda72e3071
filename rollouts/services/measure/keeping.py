"""The whole curves of a release that has ended, fetched once and kept: what a report needs after the source has
forgotten.
"""

from __future__ import annotations

from datetime import datetime

from rollouts.domain import curves
from rollouts.domain.metrics import Asking, Side
from rollouts.models import Curve
from rollouts.services.measure import sampling, when
from rollouts.services.measure.asker import Asker, OutOfTime, Reading
from rollouts.services.measure.cases import Case, Read

LEAST_REST = 60.0
FORGOTTEN = "The source no longer has what was read while the release ran."


def keep(case: Case, asker: Asker, *, ended_at: datetime, now: datetime) -> Read:
    """Curves that were fetched whole before are left as they are. A source that does not answer is asked again for a
    day.
    """
    read = Read(case.release, measured_at=now, measured_to=case.release.measured_to, measure_at=now)
    begin, end = (case.release.started_at - when.BEFORE).timestamp(), (ended_at + when.AFTER).timestamp()
    empty = curves.empty(begin, curves.whole_step(end - begin))
    away = ""
    try:
        sampling.transitions(case, asker, read, now)
        if sampling.more(case, read):
            return read
        for asking in case.askings.values():
            for side in Side:
                row = case.rows.get((asking.check.name, side))
                if row is not None and row.complete:
                    continue
                reading = asker.range(asking, side, empty.begin, empty.moment(end), empty.step)
                away = reading.note if reading.again else away
                if not reading.again:
                    read.curves.append(
                        _whole(case, asking, side, curves.extended(empty, reading.samples, end), reading)
                    )
    except OutOfTime:
        return read
    return _ended(read, away, since=ended_at + when.AFTER, now=now)


def _whole(case: Case, asking: Asking, side: Side, whole: curves.Curve, reading: Reading) -> Curve:
    """What was read while it ran is kept where the source has lost most of it since."""
    known = case.curve(asking.check.name, side)
    if known is not None and whole.known < known.known / 2:
        return case.row(asking, side, known, note=reading.note if reading.failed else FORGOTTEN, complete=True)
    return case.row(asking, side, whole, note=reading.note, complete=True)


def _ended(read: Read, away: str, *, since: datetime, now: datetime) -> Read:
    if away and now < since + when.GIVEN_UP:
        read.measure_at = when.rest(since, now=now, least=LEAST_REST)
        return read
    read.done, read.note = True, away
    return read
