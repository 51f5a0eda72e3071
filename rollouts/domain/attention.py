"""Does a rollout need a person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rollouts.domain.observations import Canary, Phase
from rollouts.domain.rollout import LiveSide, RolloutState

PATIENCE = 3
"""Intervals without any change after which a running release is stuck."""
PATIENCE_AT_LEAST = timedelta(seconds=60)
LONGEST_INTERVAL = 366 * 86400
"""An absurd interval must not lead beyond the end of time."""


class NeedReason(StrEnum):
    """From the most severe to the least."""

    FAILED = "failed"
    STUCK = "stuck"
    APPROVAL = "approval"
    UNREADABLE = "unreadable"
    SUSPENDED = "suspended"
    SKIPPING = "skipping"


SEVERITY = {reason: 10 * number for number, reason in enumerate(reversed(NeedReason), start=1)}
"""The higher, the sooner somebody should look. A failure that leaves users on green is above all."""
GREEN_LEFT_LIVE = 10 * (len(NeedReason) + 1)
UNREADABLE = NeedReason.UNREADABLE.value
UNREADABLE_SEVERITY = SEVERITY[NeedReason.UNREADABLE]
STUCK_SEVERITY = SEVERITY[NeedReason.STUCK]


@dataclass(frozen=True, slots=True)
class Need:
    reason: NeedReason
    severity: int
    sentence: str


def attention(state: RolloutState, now: datetime | None = None) -> Need | None:
    """The most severe reason for a person to look. Without `now`, being stuck is left out: it comes with time alone."""
    if state.deleted_at is not None:
        return None
    canary = state.canary
    if canary.phase is Phase.FAILED:
        if state.live.side is LiveSide.GREEN:
            return Need(NeedReason.FAILED, GREEN_LEFT_LIVE, "The promotion failed; users are still on green.")
        return _need(NeedReason.FAILED, "The last release failed.")
    after = stuck_after(state)
    if now is not None and after is not None and now > after:
        return _need(NeedReason.STUCK, state.obstacle or "Nothing has changed for longer than it should take.")
    if canary.phase is Phase.WAITING and not canary.suspended:
        return _need(
            NeedReason.APPROVAL, f"A new version waits for approval to start{_asked(canary, 'confirm-rollout')}."
        )
    if canary.phase is Phase.WAITING_PROMOTION and not canary.suspended:
        return _need(NeedReason.APPROVAL, f"The promotion waits for approval{_asked(canary, 'confirm-promotion')}.")
    if canary.suspended:
        running = "The release is frozen" if state.running else "New versions are not noticed"
        return _need(NeedReason.SUSPENDED, f"Suspended. {running} until it is resumed.")
    if canary.skip_analysis:
        return _need(NeedReason.SKIPPING, "The analysis is switched off: new versions go live unchecked.")
    return None


def stuck_after(state: RolloutState) -> datetime | None:
    """When a running release counts as stuck unless something changes before; None when it rightly stands still."""
    canary = state.canary
    if not state.running or state.deleted_at is not None or canary.suspended or state.changed_at is None:
        return None
    if canary.phase is Phase.WAITING:
        return None
    patience = max(PATIENCE * timedelta(seconds=min(canary.interval, LONGEST_INTERVAL)), PATIENCE_AT_LEAST)
    return state.changed_at + patience


def _asked(canary: Canary, type: str) -> str:
    """Flagger names the hook only now and then; the spec does always."""
    names = [hook.name for hook in canary.hooks if hook.type == type and hook.name]
    return f" by {' and '.join(names)}" if names else ""


def _need(reason: NeedReason, sentence: str) -> Need:
    return Need(reason, SEVERITY[reason], sentence)
