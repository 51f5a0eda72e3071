"""How far a removal is, in words: each step of the hub and of each cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.queries.removal_steps import StepState, steps_seen, what

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


@dataclass(frozen=True, slots=True)
class PartLines:
    id: int
    name: str
    on_hub: bool
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class RemovalLine:
    """On the page of the application."""

    id: int
    what: str
    state: str
    going_on: bool
    person: str
    at: datetime


def parts(removal: Removal, found: Iterable[RemovalPart]) -> tuple[PartLines, ...]:
    return tuple(PartLines(one.pk, one.name, one.on_hub, tuple(_steps(removal, one))) for one in found)


def _steps(removal: Removal, part: RemovalPart) -> Iterable[StepLine]:
    for one in steps_seen(removal, part):
        yield StepLine(one.title, *LOOKS[one.state], one.said, one.by_hand, one.at)


def lines(removals: Iterable[Removal]) -> tuple[RemovalLine, ...]:
    return tuple(
        RemovalLine(
            one.pk,
            what(one),
            one.get_state_display(),
            one.state == RemovalState.OPEN,
            one.person_name,
            one.requested_at,
        )
        for one in removals
    )
