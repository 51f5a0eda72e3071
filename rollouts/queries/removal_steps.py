"""How far a removal is: where it stands, and each step of the hub and of each cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rollouts.domain.removing.steps import OF_A_CANARY, ON_THE_HUB, PLAIN_TITLES, TITLES, Step, steps_of
from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.queries.change_steps import StepSeen, StepState, at_work

NOT_YET = "Nothing is taken away yet. Users stay on blue until their target is ready."
GONE_ALREADY = "The Canary is gone. It is looked whether the target serves users, and what is left behind."


def steps_seen(removal: Removal, part: RemovalPart) -> Iterator[StepSeen]:
    plain = removal.plain
    steps, titles = steps_of(part.on_hub, plain=plain), PLAIN_TITLES if plain else TITLES
    for title, done in zip((titles[one] for one in steps), part.done, strict=False):
        yield StepSeen(title, StepState.DONE, done["said"], at=datetime.fromtimestamp(done["at"], UTC))
    first = at_work(going_on=removal.state == RemovalState.OPEN, troubled=bool(part.attempts))
    for number, step in enumerate(steps[len(part.done) :]):
        if number:
            yield StepSeen(titles[step], StepState.TO_COME)
        else:
            yield StepSeen(titles[step], first, part.sentence, part.by_hand)


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
