"""What makes a transition, and making it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rollouts.domain import explaining
from rollouts.domain.rollout import LiveSource, RolloutState, Transition

FACTS = ("phase", "iterations", "failed_checks", "weight", "live", "suspended")
"""Besides these words, `Transition.changes` may say `applied` (another version within a run), `release` (one begins)
and `history` (an idle rollout has been through something that was not seen)."""


def differences(old: RolloutState, new: RolloutState) -> tuple[str, ...]:
    """The facts that differ, in the order of FACTS."""
    before, after = _facts(old, new), _facts(new, new)
    return tuple(name for name, one, other in zip(FACTS, before, after, strict=True) if one != other)


def _facts(state: RolloutState, newest: RolloutState) -> tuple[object, ...]:
    """Reading the routing object for the first time only replaces a deduction: that it agrees is no change."""
    canary, live, source = state.canary, state.live, state.live.source
    learned = newest.live.source is LiveSource.ROUTING and not newest.route_lost
    return (
        (canary.phase, canary.phase_text),
        canary.iterations,
        canary.failed_checks,
        live.weight,
        (live.side, LiveSource.ROUTING if learned else source),
        canary.suspended,
    )


def made(
    state: RolloutState,
    changes: tuple[str, ...],
    *,
    at: datetime,
    seen_at: datetime,
    gap: bool,
    release: int | None = None,
    why: str | None = None,
) -> tuple[RolloutState, Transition]:
    """The next transition of `state`. It belongs to `release`, else to the running one, if any."""
    if release is None and state.running and state.release is not None:
        release = state.release.number
    canary, live = state.canary, state.live
    transition = Transition(
        number=state.transitions + 1,
        release=release,
        at=at,
        seen_at=seen_at,
        phase=canary.phase,
        iterations=canary.iterations,
        failed_checks=canary.failed_checks,
        weight=live.weight,
        live_side=live.side,
        live_source=live.source,
        suspended=canary.suspended,
        why=why,
        gap=gap,
        changes=changes,
    )
    state = replace(state, transitions=transition.number, changed_at=at)
    return explaining.transition_made(state, transition)
