"""Releases counted: how they went, and how long the successful ones took. Each belongs to the UTC day of its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from rollouts.domain.rollout import Outcome

Key = TypeVar("Key")
GRAIN = 10
"""Seconds to which times are rounded down when they are counted."""


@dataclass(slots=True)
class Totals:
    """`outcomes`: releases by outcome. `lasted`: those that succeeded, by the seconds that they took."""

    outcomes: dict[str, int] = field(default_factory=dict)
    lasted: dict[int, int] = field(default_factory=dict)

    def count(self, outcome: str, started_at: datetime, ended_at: datetime | None, number: int = 1) -> None:
        """`number` is negative for releases that are counted no more."""
        add(self.outcomes, {outcome: number})
        if outcome == Outcome.SUCCEEDED and ended_at is not None:
            add(self.lasted, {grains(started_at, ended_at): number})

    def include(self, other: Totals) -> None:
        add(self.outcomes, other.outcomes)
        add(self.lasted, other.lasted)

    def within(self, share: float) -> int | None:
        """The seconds within which this share of the successful releases had succeeded; None when there are none."""
        wanted, reached = share * sum(self.lasted.values()), 0
        for seconds in sorted(self.lasted):
            reached += self.lasted[seconds]
            if reached >= wanted:
                return seconds
        return None


def load(outcomes: Mapping[str, int], lasted: Mapping[str, int]) -> Totals:
    """As they are stored: JSON knows only texts as keys."""
    return Totals(dict(outcomes), {int(seconds): number for seconds, number in lasted.items()})


def day_of(started_at: datetime) -> date:
    return started_at.astimezone(UTC).date()


def grains(started_at: datetime, ended_at: datetime) -> int:
    """Seconds, rounded down; clocks that disagree make no negative time."""
    return max(0, int((ended_at - started_at).total_seconds())) // GRAIN * GRAIN


def add(numbers: dict[Key, int], more: Mapping[Key, int]) -> None:
    """To the first mapping. Leaves out what comes to nothing."""
    for key, number in more.items():
        if left := numbers.get(key, 0) + number:
            numbers[key] = left
        else:
            numbers.pop(key, None)
