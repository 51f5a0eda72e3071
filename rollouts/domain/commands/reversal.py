"""What an act turns on for a while and what must be turned off again: by this program, or as a reminder by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from rollouts.domain.commands.binding import Binding
from rollouts.domain.commands.switches import Switch, is_on
from rollouts.domain.observations import Canary
from rollouts.domain.rollout import Outcome, RolloutState

OURS = "kurator-ui"
"""The field manager that this program writes as."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """`after` is the longest time that the switch stays on. `with_release`: it goes off as soon as the release of the
    command has ended. `by_itself` is False where a person is only reminded.
    """

    switch: Switch
    after: timedelta
    with_release: bool = False
    by_itself: bool = True


def has_ended(binding: Binding, state: RolloutState, *, next_one: bool = False) -> bool:
    """The release that the person saw, or that the command begins (`next_one`)."""
    number = binding.release + next_one
    if state.deleted_at is not None or state.canary.uid != binding.uid or state.releases > number:
        return True
    if state.releases < number:
        return not next_one
    return state.release is None or state.release.outcome is not Outcome.RUNNING


def left_alone(switch: Switch, canary: Canary, choice: Mapping[str, str]) -> str:
    """Why what was turned on is not ours to turn off; empty when it is. Of `suspend` it is known who wrote it last."""
    if not is_on(switch, canary, choice):
        return off_words(switch)
    if switch is Switch.SUSPEND and canary.suspended_by not in ("", OURS):
        return f"It was suspended again by {canary.suspended_by}, so it stays suspended."
    return ""


def off_words(switch: Switch) -> str:
    if switch is Switch.INTERVAL:
        return "The interval is not what it was changed to."
    off = {
        Switch.SUSPEND: "It was resumed",
        Switch.SKIP_ANALYSIS: "The analysis was switched on again",
        Switch.RECONCILE: "Flux was told to keep the target again",
    }
    return f"{off[switch]} by somebody else."


def over_words(switch: Switch) -> str:
    over = {
        Switch.SUSPEND: "It is resumed, as it was paused for a time only.",
        Switch.SKIP_ANALYSIS: "The analysis is switched on again.",
        Switch.RECONCILE: "Flux keeps the target again.",
        Switch.INTERVAL: "The interval is put back as it was.",
    }
    return over[switch]


def time_words(after: timedelta) -> str:
    """`90 minutes` is said so, `120 minutes` is `2 hours`."""
    minutes = int(after.total_seconds()) // 60
    for size, word in ((1440, "day"), (60, "hour")):
        if minutes >= size and minutes % size == 0:
            return _many(minutes // size, word)
    return _many(minutes, "minute")


def _many(number: int, word: str) -> str:
    return f"1 {word}" if number == 1 else f"{number} {word}s"


def whole_minutes(text: str) -> int:
    """0 where it is no whole number of them, or has more digits than any time that may be chosen."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
