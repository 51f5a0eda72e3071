"""The line of ticks that a release goes along, with what has happened at each and what is expected.

T0 notices the new version; for blue/green T1 to TN are the iterations, T(N+1) moves the users to green, T(N+2) copies
green's version to blue, T(N+3) moves the users back, T(N+4) ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.progress import (
    expected,
    foreseeable,
    held,
    last_tick,
    moves_users,
    next_tick,
    position_of,
    rolls_back,
    skips,
    switch_tick,
    weights_of,
)
from rollouts.domain.rollout import Outcome, RolloutState, Transition

MANY = 24
"""More ticks of analysis than this become one on the line."""


class StepState(StrEnum):
    DONE = "done"
    NOW = "now"
    NEXT = "next"
    LATER = "later"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tick:
    """`number` as in T0, T1, …; `at` is when it was reached, or when it is expected if `estimated`."""

    number: int
    label: str
    state: StepState
    at: datetime | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class StepLine:
    ticks: tuple[Tick, ...] = ()


def step_line(state: RolloutState, now: datetime, transitions: Sequence[Transition] = ()) -> StepLine:
    """`transitions` are those of the present release; without them the times of what has happened are missing."""
    release = state.release
    if release is None:
        return StepLine()
    reached = _reached(state.canary, [one for one in transitions if one.release == release.number])
    labels = _labels(state.canary)
    if not state.running:
        return StepLine(tuple(_over(labels, reached, release.outcome, release.ended_at, last_tick(state.canary))))
    position = position_of(state.canary)
    if position is None:
        return StepLine(tuple(_past(labels, reached, max(reached, default=0))))
    if position < 0:
        waiting = Tick(-1, "waiting for approval", StepState.NOW, reached.get(-1))
        return StepLine((waiting, *(_coming(number, label, position) for number, label in labels.items())))
    return StepLine((*_past(labels, reached, position), *_future(state, labels, position, now)))


def durations(line: StepLine) -> dict[str, float | None]:
    """By label, the seconds from reaching the step before to reaching this one; None where either is not known."""
    found: dict[str, float | None] = {}
    before: datetime | None = None
    for tick in line.ticks:
        if tick.state is StepState.SKIPPED:
            continue
        at = None if tick.estimated else tick.at
        found[tick.label] = (at - before).total_seconds() if at and before else None
        before = at
    return found


def _labels(canary: Canary) -> dict[int, str]:
    """The label of each tick, by its number. Many ticks of analysis share one, under the number of the last."""
    labels = {0: "detected"}
    switch = switch_tick(canary)
    analysis = switch - (canary.strategy is Strategy.BLUE_GREEN)
    if canary.strategy is Strategy.CANARY:
        names = [f"{weight}% to green" for weight in weights_of(canary)]
    else:
        names = [f"iteration {number}" for number in range(1, analysis + 1)] if analysis <= MANY else []
    if 0 < len(names) <= MANY:
        labels |= dict(enumerate(names, start=1))
    elif analysis > 0:
        labels[analysis] = f"{analysis} steps" if canary.strategy is Strategy.CANARY else f"{analysis} iterations"
    if canary.strategy is Strategy.BLUE_GREEN:
        moved = "users on green" if moves_users(canary) else "last check"
        asked = canary.phase is Phase.WAITING_PROMOTION and canary.iterations <= canary.iterations_wanted
        labels[switch] = f"approval, then {moved}" if asked else moved
    labels[switch + 1] = "promoting"
    labels[switch + 2] = "users on blue" if canary.provider != "kubernetes" else "finalising"
    labels[switch + 3] = "succeeded"
    return labels


def _reached(canary: Canary, transitions: Iterable[Transition]) -> dict[int, datetime]:
    """When each tick was first reached."""
    reached: dict[int, datetime] = {}
    positions: dict[tuple[Phase, int, int | None], int | None] = {}
    for made in transitions:
        here = (made.phase, made.iterations, made.weight)
        if here not in positions:
            weight = made.weight if made.weight is not None else canary.weight
            seen = replace(canary, phase=made.phase, iterations=made.iterations, weight=weight)
            positions[here] = position_of(seen)
        position = positions[here]
        if position is not None:
            reached.setdefault(position, made.at)
    return reached


def _past(labels: dict[int, str], reached: dict[int, datetime], position: int) -> Iterable[Tick]:
    """A tick that was jumped over (iterations set by hand) is skipped; where no times are known, all count as done."""
    here = next((number for number in labels if number >= position), position)
    for number, label in labels.items():
        if number < here:
            jumped = (
                bool(reached) and number > min(reached) and not any(_covers(labels, number, one) for one in reached)
            )
            yield Tick(number, label, StepState.SKIPPED if jumped else StepState.DONE, reached.get(number))
        elif number == here:
            yield Tick(number, label, StepState.NOW, reached.get(position))


def _covers(labels: dict[int, str], number: int, position: int) -> bool:
    """Whether reaching `position` is part of the tick on the line under `number`."""
    return next((one for one in labels if one >= position), None) == number


def _future(state: RolloutState, labels: dict[int, str], position: int, now: datetime) -> Iterable[Tick]:
    canary, tick = state.canary, next_tick(state, now)
    if rolls_back(canary):
        yield Tick(position + 1, "rolled back", StepState.NEXT, tick, estimated=tick is not None)
        return
    last = last_tick(canary)
    for number, label in labels.items():
        if number <= position or _covers(labels, number, position):
            continue
        coming = _coming(number, label, position)
        if skips(canary):
            coming = replace(coming, state=StepState.NEXT if number == last else StepState.SKIPPED)
            coming = replace(coming, at=tick if number == last else None)
        elif tick is not None and (foreseeable(state, now) or (number < switch_tick(canary) and not held(state, now))):
            coming = replace(coming, at=expected(canary, tick, number - position - 1))
        yield replace(coming, estimated=coming.at is not None)


def _coming(number: int, label: str, position: int) -> Tick:
    return Tick(number, label, StepState.NEXT if number == position + 1 else StepState.LATER)


def _over(
    labels: dict[int, str], reached: dict[int, datetime], outcome: Outcome, ended_at: datetime | None, last: int
) -> Iterable[Tick]:
    """The line of a release that has ended: after anything but success it stops where it was."""
    if outcome is Outcome.SUCCEEDED:
        for tick in _past(labels, reached, last):
            yield replace(tick, state=StepState.DONE, at=ended_at) if tick.number == last else tick
        return
    furthest = max(reached, default=0)
    for tick in _past(labels, reached, furthest):
        yield replace(tick, state=StepState.DONE) if tick.state is StepState.NOW else tick
    words = {Outcome.FAILED: "failed", Outcome.SUPERSEDED: "superseded", Outcome.DELETED: "deleted"}
    yield Tick(furthest + 1, words[outcome], StepState.FAILED, ended_at)
