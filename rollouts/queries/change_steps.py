"""One step of what takes many, as it was last seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepState(StrEnum):
    DONE = "done"
    GOING_ON = "going-on"
    NO_ANSWER = "no-answer"
    """It goes on, and is tried again: the last try had no answer."""
    LEFT = "left"
    """It has ended at this one."""
    TO_COME = "to-come"


@dataclass(frozen=True, slots=True)
class StepSeen:
    """`said` is what was seen; `by_hand` what a person may do where it does not go on. `at` is when it was done."""

    title: str
    state: StepState
    said: str = ""
    by_hand: str = ""
    at: datetime | None = None


def in_order(
    titles: tuple[str, ...], done: list[bool], *, going_on: bool, sentence: str, troubled: bool
) -> Iterator[StepSeen]:  # fmt: skip
    """`sentence` is what the first step that is not done waits for; `troubled`, whether that was tried in vain."""
    first = True
    for title, is_done in zip(titles, done, strict=True):
        if is_done:
            yield StepSeen(title, StepState.DONE)
        elif first:
            first = False
            yield StepSeen(title, at_work(going_on=going_on, troubled=troubled), sentence if going_on else "")
        else:
            yield StepSeen(title, StepState.TO_COME)


def at_work(*, going_on: bool, troubled: bool) -> StepState:
    """Of the first step that is not done."""
    if not going_on:
        return StepState.LEFT
    return StepState.NO_ANSWER if troubled else StepState.GOING_ON
