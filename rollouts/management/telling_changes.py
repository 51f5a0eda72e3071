"""What takes many steps, as lines of a terminal: before it is asked for, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from rollouts.domain.removing.steps import order_of
from rollouts.models import ApplicationChange, ChangeState, Removal
from rollouts.queries import removal_steps, removals, whole_steps
from rollouts.queries.change_steps import StepSeen, StepState
from rollouts.queries.whole_review import clusters_named, review
from rollouts.services.remove import RemovalPreview

Change = Removal | ApplicationChange


def planned(seen: RemovalPreview, *, plain: bool) -> Iterator[str]:
    """What a removal would do, in its order."""
    for number, said in enumerate(order_of(plain=plain), 1):
        yield f"{number}. {said}"
    for one in seen.plan.patches:
        yield f"Written: {one.kind} {one.namespace}/{one.name}: {one.says}"
    yield f"In: {', '.join(each.name for each in seen.governed.members) or 'no cluster'}"
    yield from (f"May be undone by: {one}" for one in seen.plan.undone_by)
    yield from (f"Warning: {one}" for one in seen.plan.warnings)
    yield f"To be confirmed with: {seen.plan.typed}"


def reviewed(change: ApplicationChange) -> Iterator[str]:
    """What was seen of it, before anybody asks for it."""
    seen = review(change)
    for going in seen.going:
        yield f"{going.policy} in {going.cluster}: {going.said}"
        if going.goes and going.objects is None:
            yield "  The hub does not tell what that is: whatever its source holds."
        yield from (f"  {one}" for one in going.objects or ())
    if seen.manifest is not None:
        yield json.dumps(seen.manifest, indent=2, ensure_ascii=False)
        yield f"In: {', '.join(clusters_named(change))}"
    yield from (f"Warning: {one}" for one in seen.warnings)
    yield from (f"Against it: {one.said} {one.instead}" for one in seen.traps)


def stands(one: Change) -> Iterator[str]:
    """Where it stands, and each step."""
    if isinstance(one, Removal):
        yield f"Removal of {removal_steps.what(one)}: {one.get_state_display()}"
        said, at = removal_steps.lead(one, removals.parts_of(one)), one.requested_at
    else:
        yield f"{one.get_kind_display().capitalize()} of {place_of(one)}: {one.get_state_display()}"
        said, at = one.sentence, one.asked_at or one.made_at
    if said:
        yield said
    yield f"Asked for by {one.person_name} at {_time(at)}. {one.reason}".rstrip()
    yield from (line for _, line in steps(one))
    if isinstance(one, ApplicationChange) and one.state == ChangeState.LOOKED:
        yield from reviewed(one)


def place_of(one: ApplicationChange) -> str:
    return f"Application {one.namespace}/{one.name}"


def steps(one: Change) -> Iterator[tuple[StepState, str]]:
    """Each with the place where it is done; after them what is left in each cluster."""
    if isinstance(one, Removal):
        for part in removals.parts_of(one):
            yield from ((step.state, _step(part.name, step)) for step in removal_steps.steps_seen(one, part))
    elif one.asked_at is not None:
        yield from ((step.state, _step(one.hub.name, step)) for step in whole_steps.steps_seen(one))
        yield from ((StepState.DONE, f"{cluster}: {said}") for cluster, said in whole_steps.left(one))


def _step(place: str, one: StepSeen) -> str:
    return " ".join(part for part in (f"{place}: {one.title} ({one.state}).", one.said, one.by_hand) if part)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
