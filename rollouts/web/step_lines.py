"""A step of what takes many, as a line of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.queries.change_steps import StepSeen, StepState

LOOKS: Mapping[StepState, tuple[str, str]] = {
    StepState.DONE: ("check", "quiet"),
    StepState.GOING_ON: ("ring", "run"),
    StepState.NO_ANSWER: ("ring", "warn"),
    StepState.LEFT: ("close", "todo"),
    StepState.TO_COME: ("dot", "todo"),
}
"""Shape and tone, as those of phases."""


@dataclass(frozen=True, slots=True)
class StepLine:
    title: str
    shape: str
    tone: str
    said: str
    by_hand: str
    at: datetime | None


def line_of(one: StepSeen) -> StepLine:
    return StepLine(one.title, *LOOKS[one.state], one.said, one.by_hand, one.at)
