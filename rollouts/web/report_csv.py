"""What was measured in a release, and what changed, as lines for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rollouts.domain.checks import unit_of
from rollouts.domain.observations import Check
from rollouts.models import Measurement, Transition
from rollouts.web.csv_answers import CsvCell
from rollouts.web.times import iso

MEASUREMENTS = (
    *("at", "check", "unit", "minimum", "maximum", "green", "blue", "verdict", "flagger_said", "flagger_agrees"),
    *("transition", "note"),
)
TRANSITIONS = (
    *("number", "at", "seen_at", "phase", "iterations", "failed_checks", "green_weight", "live_side", "live_source"),
    *("suspended", "gap", "why"),
)
YES_NO = {True: "yes", False: "no", None: ""}

Line = Sequence[CsvCell]


def measurement_lines(policy: Iterable[Check], measurements: Iterable[Measurement]) -> Iterable[Line]:
    """`policy`: the checks that governed the release, for units and limits."""
    known = {check.name: check for check in policy}
    for one in measurements:
        check = known.get(one.check_name)
        yield (
            iso(one.at),
            one.check_name,
            unit_of(check).value if check else None,
            check.minimum if check else None,
            check.maximum if check else None,
            one.green,
            one.blue,
            one.verdict,
            one.said,
            YES_NO[one.agrees],
            one.transition,
            one.note,
        )


def transition_lines(transitions: Iterable[Transition]) -> Iterable[Line]:
    for one in transitions:
        yield (
            one.number,
            iso(one.at),
            iso(one.seen_at),
            one.phase,
            one.iterations,
            one.failed_checks,
            one.weight,
            one.live_side,
            one.live_source,
            YES_NO[one.suspended],
            YES_NO[one.gap],
            one.why,
        )
