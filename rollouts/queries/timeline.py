"""The transitions of a release as a person reads them: what one tick did is one row, however many objects it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from rollouts.domain.observations import Phase
from rollouts.models import Rollout, Transition

COLUMNS = (
    *("number", "release", "at", "seen_at", "phase", "iterations", "failed_checks", "weight"),
    *("live_side", "live_source", "suspended", "why", "gap"),
)
FACTS = ("phase", "iterations", "failed_checks", "weight", "live_side", "suspended")
ROUTING = frozenset({"weight", "live_side"})
STATUS = frozenset({"phase", "iterations"})
ONE_TICK = timedelta(seconds=2)
"""A tick writes the routing object and the status one after the other; ticks are ten seconds apart at least."""


MOST_TRANSITIONS = 300
"""Of a release, on a page."""

Read = Callable[[int | None], list[Transition]]
"""The newest transitions of the release with this number; with None those outside of releases."""


def reading(rollout: Rollout) -> Read:
    """Reads each release once: two parts of a page, each kept for itself, show the same transitions."""

    @cache
    def read(number: int | None) -> list[Transition]:
        return newest(rollout.transitions.filter(release=number), MOST_TRANSITIONS)

    return read


def changes_of(rollout: Rollout, releases: Iterable[int]) -> list[Transition]:
    """The newest of these releases that change more than a closed gate does."""
    return newest(_without_gates(rollout.transitions.filter(release__in=releases)), MOST_TRANSITIONS)


def of_newest_releases(rollouts: Iterable[int]) -> dict[int, list[Transition]]:
    """By the rollout's id, in order, those that change more than a closed gate does."""
    found: dict[int, list[Transition]] = {}
    of_newest = Transition.objects.filter(rollout__in=rollouts, release=F("rollout__release_number"))
    for one in _without_gates(of_newest).order_by("rollout", "number"):
        found.setdefault(one.rollout_id, []).append(one)
    return found


def _without_gates(transitions: QuerySet[Transition]) -> QuerySet[Transition]:
    """A closed gate takes an iteration back at one tick and makes it again at the next: thousands a day, and nothing
    else.
    """
    alike = {name: OuterRef(name) for name in ("rollout", "release", *FACTS) if name not in ("iterations", "weight")}
    weighed = Transition.objects.annotate(share=Coalesce("weight", -1)).filter(share=Coalesce(OuterRef("weight"), -1))
    before = weighed.filter(number=OuterRef("number") - 1, **alike)
    return transitions.exclude(Exists(before), phase=Phase.WAITING_PROMOTION.value, gap=False)


def newest(transitions: QuerySet[Transition], most: int) -> list[Transition]:
    """In the order in which they were seen; of many the newest. Without the costs of models: hundreds are read."""
    found: list[Any] = list(transitions.order_by("-number").values_list(*COLUMNS, named=True)[:most])
    return found[::-1]


class TransitionRow(NamedTuple):
    """`after` is the time in seconds since the one before; `changes` what differs from that one, in words of the
    page. `asked` is the number of ticks, the first at `since`, at which a closed gate left all as it was; else 0.
    """

    number: int
    at: datetime
    after: float | None
    phase: str
    iterations: int
    failed_checks: int
    weight: int | None
    live_side: str
    suspended: bool
    why: str | None
    gap: bool
    changes: frozenset[str]
    asked: int = 0
    since: datetime | None = None


def timeline(written: Sequence[Transition]) -> tuple[TransitionRow, ...]:
    """The newest first. `written` is in the order in which they were seen."""
    rows: list[TransitionRow] = []
    before: Transition | None = None
    furthest = 0
    for one in written:
        row = _row(one, before, furthest)
        last = rows[-1] if rows else None
        if last is not None and _one_tick(last, row):
            rows[-1] = _joined(last, row)
        elif last is not None and last.asked and row.asked:
            rows[-1] = row._replace(after=last.after, since=last.since, asked=last.asked + 1, why=row.why or last.why)
        else:
            rows.append(row)
        before, furthest = one, max(furthest, one.iterations)
    return tuple(reversed(rows))


def _row(one: Transition, before: Transition | None, furthest: int) -> TransitionRow:
    changes = {fact for fact in FACTS if before is None or getattr(one, fact) != getattr(before, fact)}
    # A closed gate takes an iteration back at one tick and makes it again at the next, for as long as it is closed.
    gate = one.phase == Phase.WAITING_PROMOTION and before is not None and one.iterations <= furthest
    asked = gate and changes == {"iterations"} and not one.gap
    why = one.why
    if gate and changes <= STATUS and "approval" not in (why or ""):
        why = None
    if gate:
        changes -= {"iterations"}
    return TransitionRow(
        number=one.number,
        at=one.at,
        after=(one.at - before.at).total_seconds() if before else None,
        phase=one.phase,
        iterations=one.iterations,
        failed_checks=one.failed_checks,
        weight=one.weight,
        live_side=one.live_side,
        suspended=one.suspended,
        why=why,
        gap=one.gap,
        changes=frozenset(changes),
        asked=int(asked),
        since=one.at if asked else None,
    )


def _one_tick(first: TransitionRow, second: TransitionRow) -> bool:
    if first.gap or second.gap or abs(second.at - first.at) > ONE_TICK or not (first.changes and second.changes):
        return False
    return (first.changes <= ROUTING and second.changes <= STATUS) or (
        first.changes <= STATUS and second.changes <= ROUTING
    )


def _joined(first: TransitionRow, second: TransitionRow) -> TransitionRow:
    reasons = dict.fromkeys(why for why in (first.why, second.why) if why)
    return second._replace(
        at=first.at,
        after=first.after,
        why="; ".join(reasons) or None,
        changes=first.changes | second.changes,
    )
