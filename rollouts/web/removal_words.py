"""How far a removal is, in words: each step of the hub and of each cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rollouts.domain.removing.steps import OF_A_CANARY, ON_THE_HUB, PLAIN_TITLES, TITLES, Step, steps_of
from rollouts.models import Removal, RemovalPart, RemovalState


@dataclass(frozen=True, slots=True)
class StepLine:
    """`shape` and `tone` as those of phases."""

    title: str
    shape: str
    tone: str
    said: str = ""
    by_hand: str = ""
    at: datetime | None = None


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


ORDER = (
    "On the hub revertOnDeletion is switched on in the policy.",
    "In every cluster it is waited for that Canary and Flagger show it, and looked whether the target can take over.",
    "On the hub rollout is taken out of the policy. Canaries go on working, and Kurator lets go of them.",
    "In every cluster the Canary is suspended, so that no tick comes between, and deleted. Flagger gives the target the"
    " replicas of blue, and leads users there when its pods are ready.",
    "In every cluster it is looked whether the target serves users, and what is left behind.",
)
"""What the dialog says will be done."""
PLAIN_ORDER = (
    "revertOnDeletion is switched on in the Canary.",
    "It is waited for that Flagger has put its finalizer on it, and looked whether the target can take over.",
    "The Canary is suspended, so that no tick comes between, and deleted. Flagger gives the target the replicas of"
    " blue, and leads users there when its pods are ready.",
    "It is looked whether the target serves users, and what is left behind.",
)
"""The same of a Canary that no policy makes."""
NOT_YET = "Nothing is taken away yet. Users stay on blue until their target is ready."
GONE_ALREADY = "The Canary is gone. It is looked whether the target serves users, and what is left behind."


def parts(removal: Removal, found: Iterable[RemovalPart]) -> tuple[PartLines, ...]:
    going_on = removal.state == RemovalState.OPEN
    return tuple(
        PartLines(one.pk, one.name, one.on_hub, tuple(_steps(one, going_on, plain=removal.plain))) for one in found
    )


def _steps(part: RemovalPart, going_on: bool, *, plain: bool) -> Iterable[StepLine]:
    steps, titles = steps_of(part.on_hub, plain=plain), PLAIN_TITLES if plain else TITLES
    for title, done in zip((titles[one] for one in steps), part.done, strict=False):
        yield StepLine(title, "check", "quiet", done["said"], at=datetime.fromtimestamp(done["at"], UTC))
    for number, step in enumerate(steps[len(part.done) :]):
        if number:
            yield StepLine(titles[step], "dot", "todo")
        elif going_on:
            tone = "warn" if part.attempts else "run"
            yield StepLine(titles[step], "ring", tone, part.sentence, part.by_hand)
        else:
            yield StepLine(titles[step], "close", "todo", part.sentence, part.by_hand)


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
