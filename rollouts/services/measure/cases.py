"""What is known of the releases that a pass is about, read with a few queries, and what it is to write of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from rollouts.domain import curves, memory
from rollouts.domain.checks import Verdict
from rollouts.domain.metrics import Asking, Side
from rollouts.domain.observations import Canary
from rollouts.domain.rollout import Outcome
from rollouts.models import Curve, Measurement, Release, Transition

CONDITIONS_A_QUERY = 200
"""SQLite refuses expressions that are deeper than 1,000."""
MOST_TRANSITIONS = 5000
"""Of one query: what a pass usually has. The releases with those beyond have their turn in the next pass."""
ALSO_BEFORE = 20
"""Transitions that have their measurements already and are read along."""


@dataclass(slots=True)
class Case:
    """One release with its rollout. `transitions` are those still to be measured, and a few before them, in order.
    `askings` has one for each check by name, once `ask` was told how.
    """

    release: Release
    canary: Canary
    askings: dict[str, Asking] = field(default_factory=dict)
    rows: dict[tuple[str, Side], Curve] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    answered: set[tuple[str, int]] = field(default_factory=set)
    """Check and number of each transition that was read in an earlier pass, and waits for another check."""
    more: bool = False
    """There are later transitions, too many to be read at once."""

    @property
    def running(self) -> bool:
        return self.release.outcome == Outcome.RUNNING.value

    @property
    def interval(self) -> int:
        return self.canary.interval

    @property
    def another_policy(self) -> bool:
        return self.running and self.canary.checks != memory.load_canary(self.release.canary).checks

    @property
    def pending(self) -> list[Transition]:
        return [one for one in self.transitions if one.number > self.release.measured_to]

    def ask(self, askings: Iterable[Asking]) -> None:
        """Of two checks of one name the first counts. A side stays the revision that it was when it was first asked
        about: promoting makes green's the blue one, and the next release has a newer green.
        """
        for asking in askings:
            stays = asking.by_revision and not self.another_policy
            self.askings.setdefault(asking.check.name, self._as_first_asked(asking) if stays else asking)

    def _as_first_asked(self, asking: Asking) -> Asking:
        green, blue = (self.rows.get((asking.check.name, side)) for side in (Side.GREEN, Side.BLUE))
        if green is None or not green.query:
            return asking
        return replace(asking, green=green.query, blue=blue.query if blue else "")

    def curve(self, check: str, side: Side) -> curves.Curve | None:
        """As far as it has been read."""
        row = self.rows.get((check, side))
        if row is None or not row.values:
            return None
        return curves.Curve(int(row.begin.timestamp()), row.step, tuple(row.values))

    def row(self, asking: Asking, side: Side, curve: curves.Curve, *, note: str, complete: bool = False) -> Curve:
        return Curve(
            release=self.release,
            check_name=asking.check.name,
            side=side.value,
            begin=datetime.fromtimestamp(curve.begin, UTC),
            step=curve.step,
            values=list(curve.values),
            query=asking.green if side is Side.GREEN else asking.blue,
            note=note,
            complete=complete,
        )


@dataclass(slots=True)
class Read:
    """What was read of a release, and when it is its turn again. `done`: it never is, and `note` says what is
    missing.
    """

    release: Release
    measured_at: datetime
    measured_to: int
    measure_at: datetime
    done: bool = False
    note: str = ""
    governing: dict[str, Any] | None = None
    """The Canary, where its checks have changed while the release runs."""
    curves: list[Curve] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)


def cases(releases: Iterable[Release]) -> list[Case]:
    """`releases` with their rollouts. A few queries, however many there are; without those whose transitions would be
    too many for one pass.
    """
    found = [Case(release, governing(release)) for release in releases]
    by_id = {case.release.pk: case for case in found}
    for row in Curve.objects.filter(release_id__in=by_id):
        by_id[row.release_id].rows[row.check_name, Side(row.side)] = row
    left_out: set[int] = set()
    for start in range(0, len(found), CONDITIONS_A_QUERY):
        some = found[start : start + CONDITIONS_A_QUERY]
        left_out |= _add_transitions(some)
        _add_answered(some)
    return [case for case in found if case.release.rollout_id not in left_out]


def governing(release: Release) -> Canary:
    """While a release runs its policy may change; afterwards it is what it was at the end."""
    now = release.rollout.state.get("canary")
    running = release.outcome == Outcome.RUNNING.value and release.number == release.rollout.release_number
    return memory.load_canary(now if running and now else release.canary)


def _add_transitions(found: Sequence[Case]) -> set[int]:
    """Returns the rollouts whose transitions were not read, or not to the end though others' were."""
    by_run = {(case.release.rollout_id, case.release.number): case for case in found if case.canary.checks}
    wanted = [
        Q(rollout_id=rollout, release=number, number__gt=case.release.measured_to - ALSO_BEFORE)
        for (rollout, number), case in by_run.items()
    ]
    if not wanted:
        return set()
    in_order = Transition.objects.filter(reduce(or_, wanted)).order_by("rollout", "number")
    rows = list(in_order[: MOST_TRANSITIONS + 1])
    first, last = (rows[0].rollout_id, rows[-1].rollout_id) if len(rows) > MOST_TRANSITIONS else (0, 0)
    for row in rows[:MOST_TRANSITIONS]:
        by_run[row.rollout_id, row.release or 0].transitions.append(row)
    for (rollout, _), case in by_run.items():
        case.more = bool(last) and rollout == first == last
    return {rollout for rollout, _ in by_run if last and rollout >= last and rollout != first}


def _add_answered(found: Sequence[Case]) -> None:
    by_id = {case.release.pk: case for case in found if case.pending}
    if not by_id:
        return
    later = [Q(release_id=pk, transition__gt=case.release.measured_to) for pk, case in by_id.items()]
    read = Measurement.objects.filter(reduce(or_, later)).exclude(verdict=Verdict.UNREADABLE.value)
    for pk, check, number in read.values_list("release_id", "check_name", "transition"):
        by_id[pk].answered.add((check, number or 0))
