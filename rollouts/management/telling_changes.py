"""What takes many steps, as lines of a terminal: before it is asked for, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rollouts.domain.removing.steps import order_of
from rollouts.models import ApplicationChange, ChangeState, NewCanary, Removal
from rollouts.queries import new_canary_steps, removal_steps, removals, whole_review, whole_steps
from rollouts.queries.change_steps import StepSeen, StepState
from rollouts.services.new_canaries import reviewing
from rollouts.services.remove import RemovalPreview

Looked = ApplicationChange | NewCanary
"""What a worker looks at before anybody asks for it."""
Change = Removal | Looked
NOT_READ = "What is around it was not read: say its ports and its autoscaler yourself."


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was seen of it, as lines; what speaks against it; and what has to be typed to confirm it."""

    lines: tuple[str, ...]
    against: tuple[str, ...]
    typed: str


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


def reviewed(change: Looked) -> Reviewed:
    if isinstance(change, NewCanary):
        seen = reviewing.review(change)
        said = (*seen.meaning, *(f"Warning: {one}" for one in (*seen.consequences, *seen.warnings)))
        hints = (f"{one.field}: {one.said}" for one in seen.findings)
        against = tuple(one for one in (seen.refused, seen.lost) if one)
        read = f"What is around it was read at {_time(seen.read_at)}." if seen.read_at else NOT_READ
        return Reviewed((*_object(seen.manifest), *said, *hints, read), against, seen.typed)
    found = whole_review.review(change)
    clusters = (f"In: {', '.join(whole_review.clusters_named(change))}",)
    warnings = (f"Warning: {one}" for one in found.warnings)
    against = tuple(f"{one.said} {one.instead}" for one in found.traps)
    return Reviewed((*_goings(found), *_object(found.manifest), *clusters, *warnings), against, found.typed)


def _goings(found: whole_review.Review) -> Iterator[str]:
    for going in found.going:
        yield f"{going.policy} in {going.cluster}: {going.said}"
        if going.goes and going.objects is None:
            yield "  The hub does not tell what that is: whatever its source holds."
        yield from (f"  {one}" for one in going.objects or ())


def _object(manifest: Mapping[str, Any] | None) -> tuple[str, ...]:
    return () if manifest is None else tuple(json.dumps(manifest, indent=2, ensure_ascii=False).splitlines())


def stands(one: Change) -> Iterator[str]:
    """Where it stands, and each step."""
    yield f"{_what(one)}: {one.get_state_display()}"
    if isinstance(one, Removal):
        said, at = removal_steps.lead(one, removals.parts_of(one)), one.requested_at
    else:
        said, at = one.sentence, one.asked_at or one.made_at
    if said:
        yield said
    yield f"Asked for by {one.person_name} at {_time(at)}. {one.reason}".rstrip()
    yield from (line for _, line in steps(one))
    if not isinstance(one, Removal) and one.state == ChangeState.LOOKED:
        seen = reviewed(one)
        yield from seen.lines
        yield from (f"Against it: {each}" for each in seen.against)


def place_of(one: Change) -> str:
    """By which it is taken: the end of its address."""
    if isinstance(one, Removal):
        return f"removals/{one.pk}"
    return f"{'new-canaries' if isinstance(one, NewCanary) else 'application-changes'}/{one.pk}"


def _what(one: Change) -> str:
    if isinstance(one, Removal):
        return f"Removal of {removal_steps.what(one)}"
    if isinstance(one, NewCanary):
        return f"New Canary {one.namespace}/{one.name} in {one.cluster.name}"
    return f"{one.get_kind_display().capitalize()} of Application {one.namespace}/{one.name}"


def steps(one: Change) -> Iterator[tuple[StepState, str]]:
    """Each with the place where it is done; after them what is left in each cluster."""
    if isinstance(one, Removal):
        for part in removals.parts_of(one):
            yield from ((step.state, _step(part.name, step)) for step in removal_steps.steps_seen(one, part))
    elif one.asked_at is None:
        return
    elif isinstance(one, NewCanary):
        yield from ((step.state, _step(one.cluster.name, step)) for step in new_canary_steps.steps_seen(one))
    else:
        yield from ((step.state, _step(one.hub.name, step)) for step in whole_steps.steps_seen(one))
        yield from ((StepState.DONE, f"{cluster}: {said}") for cluster, said in whole_steps.left(one))


def _step(place: str, one: StepSeen) -> str:
    return " ".join(part for part in (f"{place}: {one.title} ({one.state}).", one.said, one.by_hand) if part)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
