"""How far a rollout is, what its next tick will do, and when.

Flagger acts once per interval, counted from its last write; every estimate assumes that the checks pass and the pods
become ready in time. Where that is known to be otherwise there is no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from rollouts.domain.attention import stuck_after
from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import ANALYSING, PROMOTING, RUNNING
from rollouts.domain.rollout import Analysis, LiveSide, Outcome, RolloutState

OBSTACLE_HOLDS = 2.5
"""Intervals after which an obstacle that was not reported again is over."""
LONGEST_INTERVAL = 366 * 86400
FORESEEABLE = timedelta(days=366)
"""Estimates do not go further than this."""


class Unit(StrEnum):
    ITERATIONS = "iterations"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `wanted` in `unit`, never beyond it: the one iteration more, with users on green, is `users_on_green`.

    Times are estimates, None where none can be made. `users_move_at`: when users will be moved to green.
    """

    unit: Unit
    done: int
    wanted: int
    users_on_green: bool
    failed_checks: int
    threshold: int
    one_more_rolls_back: bool
    rolls_back_next: bool
    next_at: datetime | None = None
    next_words: str = ""
    users_move_at: datetime | None = None
    ends_at: datetime | None = None
    obstacle: str = ""
    """What Flagger complains about at present."""
    waits_for_pods: bool = False
    """Green's pods are not ready, and nothing goes on before they are."""
    gives_up_at: datetime | None = None
    """When Flagger will roll back unless green becomes ready before."""


def progress(state: RolloutState, now: datetime) -> Progress:
    canary = state.canary
    unit, done, wanted = how_far(state)
    tick = next_tick(state, now)
    position, last = position_of(canary), last_tick(canary)
    ends = moves = None
    if tick is not None and position is not None and foreseeable(state, now):
        ends = expected(canary, tick, last - position - 1)
        if skips(canary):
            ends = tick
        elif moves_users(canary) and position < switch_tick(canary):
            moves = expected(canary, tick, switch_tick(canary) - position - 1)
    return Progress(
        unit=unit,
        done=done,
        wanted=wanted,
        users_on_green=state.live.side is LiveSide.GREEN,
        failed_checks=canary.failed_checks,
        threshold=canary.threshold,
        one_more_rolls_back=one_more_rolls_back(canary),
        rolls_back_next=rolls_back(canary),
        next_at=tick,
        next_words=what_next(state, now),
        users_move_at=moves,
        ends_at=ends,
        obstacle=present_obstacle(state, now),
        waits_for_pods=waits_for_pods(state, now),
        gives_up_at=gives_up_at(state, now),
    )


class HowFar(NamedTuple):
    """As in `Progress`."""

    unit: Unit
    done: int
    wanted: int


def how_far(state: RolloutState) -> HowFar:
    """What lists show of `progress`, for a piece of its cost."""
    canary, release = state.canary, state.release
    weights = canary.strategy is Strategy.CANARY
    unit = Unit.WEIGHT if weights else Unit.ITERATIONS
    wanted = canary.max_weight if weights else canary.iterations_wanted
    judged = canary.phase in PROMOTING
    if canary.phase is Phase.SUCCEEDED and release is not None:
        judged = release.outcome is Outcome.SUCCEEDED and release.analysis is Analysis.COMPLETED
    if judged:
        return HowFar(unit, wanted, wanted)
    if canary.phase not in ANALYSING:
        return HowFar(unit, 0, wanted)
    return HowFar(unit, min(canary.weight if weights else canary.iterations, wanted), wanted)


def one_more_rolls_back(canary: Canary) -> bool:
    """One more failed check."""
    return canary.phase in ANALYSING and canary.failed_checks == canary.threshold - 1


def interval_of(canary: Canary) -> timedelta:
    return timedelta(seconds=min(max(canary.interval, 1), LONGEST_INTERVAL))


def next_tick(state: RolloutState, now: datetime) -> datetime | None:
    """The first tick after `now`, on the beat of Flagger's last write; None while nothing ticks forward."""
    canary = state.canary
    last = canary.last_transition_at
    if canary.phase not in RUNNING or canary.suspended or state.deleted_at is not None or last is None:
        return None
    every = interval_of(canary)
    return last + max(1, ceil((now - last) / every) + (now >= last and (now - last) % every == timedelta())) * every


def expected(canary: Canary, tick: datetime, ticks: int) -> datetime | None:
    """The time of the tick that comes `ticks` after the next one."""
    seconds = ticks * interval_of(canary).total_seconds()
    return tick + timedelta(seconds=seconds) if seconds <= FORESEEABLE.total_seconds() else None


def foreseeable(state: RolloutState, now: datetime) -> bool:
    """Whether the way to the end is known: not while something stands in it or a person is asked, nor when the next
    tick rolls back.
    """
    canary = state.canary
    asked = canary.phase is Phase.WAITING or (
        canary.phase is Phase.WAITING_PROMOTION and canary.iterations <= canary.iterations_wanted
    )
    return not asked and not rolls_back(canary) and not held(state, now)


def _overdue(state: RolloutState, now: datetime) -> bool:
    """It has not moved for so long that nobody knows whether it will."""
    after = stuck_after(state)
    return after is not None and now > after


def held(state: RolloutState, now: datetime) -> bool:
    """The ticks come and do nothing, or do not come."""
    return bool(present_obstacle(state, now)) or waits_for_pods(state, now) or _overdue(state, now)


def waits_for_pods(state: RolloutState, now: datetime) -> bool:
    canary, green = state.canary, state.green
    if canary.phase not in ANALYSING or canary.suspended or skips(canary) or state.deleted_at is not None:
        return False
    return (green is not None and green.ready < green.wanted) or "not ready" in present_obstacle(state, now)


def gives_up_at(state: RolloutState, now: datetime) -> datetime | None:
    """Flagger rolls back when green's pods were not ready for the progress deadline. The last change is the latest
    moment of which it is known that they were, or that green was scaled up.
    """
    if state.changed_at is None or not waits_for_pods(state, now):
        return None
    return state.changed_at + timedelta(seconds=min(max(state.canary.progress_deadline, 0), LONGEST_INTERVAL))


def rolls_back(canary: Canary) -> bool:
    """Promotion by `skipAnalysis` comes first in a tick, so it wins over the threshold."""
    return canary.phase in ANALYSING and canary.failed_checks >= canary.threshold and not canary.skip_analysis


def skips(canary: Canary) -> bool:
    return canary.skip_analysis and canary.phase in ANALYSING | PROMOTING


def moves_users(canary: Canary) -> bool:
    """Only blue/green moves all users at once, and not with provider kubernetes."""
    return canary.strategy is Strategy.BLUE_GREEN and canary.provider != "kubernetes"


def weights_of(canary: Canary) -> tuple[int, ...]:
    """The shares of traffic that green is given one after another."""
    return tuple(step for step in canary.step_weights if 0 < step <= 100) or (canary.max_weight,)


def switch_tick(canary: Canary) -> int:
    """The last tick of the analysis: of a blue/green release the one that moves the users, iteration N + 1."""
    match canary.strategy:
        case Strategy.BLUE_GREEN:
            return canary.iterations_wanted + 1
        case Strategy.AB_TESTING:
            return canary.iterations_wanted
        case Strategy.CANARY:
            return len(weights_of(canary))


def last_tick(canary: Canary) -> int:
    """After the analysis come promoting, finalising and success: T(N + 4) of a blue/green release."""
    return switch_tick(canary) + 3


def position_of(canary: Canary) -> int | None:
    """The number of the tick that led here, T0 being the one that noticed the new version; None when not in a run."""
    switch = switch_tick(canary)
    match canary.phase:
        case Phase.PROGRESSING | Phase.WAITING_PROMOTION:
            if canary.strategy is Strategy.CANARY:
                return sum(weight <= canary.weight for weight in weights_of(canary))
            return min(canary.iterations, switch)
        case Phase.PROMOTING:
            return switch + 1
        case Phase.FINALISING:
            return switch + 2
        case Phase.SUCCEEDED:
            return switch + 3
        case Phase.WAITING:
            return -1
    return None


def what_next(state: RolloutState, now: datetime) -> str:
    """What the next tick will do if nothing stands in its way; empty when nothing is going on."""
    canary = state.canary
    if canary.phase not in RUNNING or state.deleted_at is not None:
        return ""
    if canary.suspended:
        return "nothing until it is resumed"
    if canary.phase is Phase.WAITING:
        return "asks again whether the release may start"
    if skips(canary):
        return "promotes green without further checks"
    if canary.phase is Phase.PROMOTING:
        return _ends_promoting(canary)
    if canary.phase is Phase.FINALISING:
        return "scales green down and ends the release"
    if rolls_back(canary):
        return "rolls back to blue"
    if waits_for_pods(state, now):
        return "looks again whether green is ready"
    return _check(canary)


def _ends_promoting(canary: Canary) -> str:
    if canary.provider == "kubernetes":
        return "ends when blue is ready"
    who = "matched users" if canary.strategy is Strategy.AB_TESTING else "users"
    return f"moves {who} back to blue once blue is ready"


def _check(canary: Canary) -> str:
    asked = any(hook.type == "confirm-promotion" for hook in canary.hooks) or canary.phase is Phase.WAITING_PROMOTION
    asks = ", asks for approval" if asked else ""
    if canary.strategy is Strategy.CANARY:
        higher = [weight for weight in weights_of(canary) if weight > canary.weight]
        return (
            f"checks green, then gives it {higher[0]}% of the users"
            if higher
            else f"checks green{asks}, then promotes it"
        )
    wanted, done = canary.iterations_wanted, canary.iterations
    if done < wanted:
        return f"{_starts(canary) if done == 0 else 'checks green'}, iteration {done + 1} of {wanted}"
    if canary.strategy is Strategy.AB_TESTING or done > wanted:
        return f"checks green{asks}, then promotes it to blue"
    return f"checks green{asks}, then moves all users to green" if moves_users(canary) else f"checks green{asks}"


def _starts(canary: Canary) -> str:
    """The first iteration of an A/B test sends those who match to green; of a blue/green release it moves nobody."""
    return "moves matched users to green" if canary.strategy is Strategy.AB_TESTING else "starts the analysis"


def present_obstacle(state: RolloutState, now: datetime) -> str:
    """Flagger repeats its complaint at every tick, so one that was not repeated is over."""
    if not state.obstacle or state.obstacle_at is None:
        return ""
    return state.obstacle if now - state.obstacle_at <= OBSTACLE_HOLDS * interval_of(state.canary) else ""
