"""How far a removal is, in words: each step of the hub and of each cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.queries.removal_steps import steps_seen, what
from rollouts.web.step_lines import StepLine, line_of


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
    return tuple(
        PartLines(one.pk, one.name, one.on_hub, tuple(map(line_of, steps_seen(removal, one)))) for one in found
    )


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
