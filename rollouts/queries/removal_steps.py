"""How far a removal is: where it stands, and each step of the hub and of each cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from rollouts.domain.removing.steps import OF_A_CANARY, ON_THE_HUB, PLAIN_TITLES, TITLES, Step, steps_of
from rollouts.models import Removal, RemovalPart, RemovalState

NOT_YET = "Nothing is taken away yet. Users stay on blue until their target is ready."
GONE_ALREADY = "The Canary is gone. It is looked whether the target serves users, and what is left behind."


class StepState(StrEnum):
    DONE = "done"
    GOING_ON = "going-on"
    NO_ANSWER = "no-answer"
    """It goes on, and is tried again: the last try had no answer."""
    LEFT = "left"
    """The removal has ended at it."""
    TO_COME = "to-come"


@dataclass(frozen=True, slots=True)
class StepSeen:
    """`said` is what was seen; `by_hand` what a person may do where it does not go on. `at` is when it was done."""

    title: str
    state: StepState
    said: str = ""
    by_hand: str = ""
    at: datetime | None = None


def steps_seen(removal: Removal, part: RemovalPart) -> Iterator[StepSeen]:
    plain = removal.plain
    steps, titles = steps_of(part.on_hub, plain=plain), PLAIN_TITLES if plain else TITLES
    for title, done in zip((titles[one] for one in steps), part.done, strict=False):
        yield StepSeen(title, StepState.DONE, done["said"], at=datetime.fromtimestamp(done["at"], UTC))
    for number, step in enumerate(steps[len(part.done) :]):
        if number:
            yield StepSeen(titles[step], StepState.TO_COME)
        else:
            yield StepSeen(titles[step], _next(removal, part), part.sentence, part.by_hand)


def _next(removal: Removal, part: RemovalPart) -> StepState:
    if removal.state != RemovalState.OPEN:
        return StepState.LEFT
    return StepState.NO_ANSWER if part.attempts else StepState.GOING_ON


def lead(removal: Removal, found: Sequence[RemovalPart]) -> str:
    """Where it stands, in one sentence."""
    if removal.state != RemovalState.OPEN:
        return removal.sentence
    if removal.plain:
        begun = any(len(one.done) > OF_A_CANARY.index(Step.GONE) for one in found)
        return GONE_ALREADY if begun else NOT_YET
    hub = next((one for one in found if one.on_hub), None)
    if hub is None or len(hub.done) < len(ON_THE_HUB):
        return NOT_YET
    done = sum(one.finished for one in found if not one.on_hub)
    return f"The policy has no rollout any more; {done} of {len(found) - 1} clusters are done."


def what(removal: Removal) -> str:
    """`policy checkout-prod`, or `the Canary checkout`."""
    return f"the Canary {removal.policy}" if removal.plain else f"policy {removal.policy}"
