"""What the answers say of an Application that is deleted or made: as every change that takes many steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from ninja import Schema
from pydantic import Field

from rollouts import access
from rollouts.api.change_shapes import (
    ChangeShape,
    FieldText,
    GoingShape,
    PlaceShape,
    ReviewShape,
    StepShape,
    TrapShape,
    step_shape,
)
from rollouts.api.paging import Text
from rollouts.models import ApplicationChange, ChangeState
from rollouts.queries import whole as queries
from rollouts.queries import whole_steps
from rollouts.queries.whole_review import clusters_named, review
from rollouts.services import whole

KEPT = "What is left"


class ApplicationGiven(Schema):
    """`fields` by the names of the form, all as text. What is not named is as the form has it at first. `fleet` is the
    id of the hub, namespace and name: `3/shop/prod`.
    """

    model_config = {"extra": "forbid"}
    fields: Annotated[dict[Text, FieldText], Field(max_length=40)]


def change_shape(person: access.Person, one: ApplicationChange) -> ChangeShape:
    rows = queries.rows_of(one.hub_id, one.namespace, one.name)
    seen = access.visible_applications(person).filter(pk__in=[row.pk for row in rows]).order_by("pk")
    may = not queries.may_not(person, one)
    return ChangeShape(
        id=one.pk, kind=one.get_kind_display(), what=f"Application {one.namespace}/{one.name}",
        application=seen.values_list("pk", flat=True).first(), rollout=None, state=one.state, said=one.sentence,
        person=one.person_name, reason=one.reason, requested_at=one.asked_at or one.made_at, begins_until=None,
        ended_at=one.ended_at, stoppable=may and one.ended_at is None,
        review=_review(one) if one.state == ChangeState.LOOKED else None, places=list(_places(one)),
    )  # fmt: skip


def _review(one: ApplicationChange) -> ReviewShape:
    seen = review(one)
    return ReviewShape(
        digest=one.digest, typed=seen.typed, reason_required=bool(whole.reason_wanted(one)),
        why_not=[TrapShape(said=each.said, instead=each.instead) for each in seen.traps],
        warnings=list(seen.warnings), clusters=clusters_named(one),
        manifest=dict(seen.manifest) if seen.manifest is not None else None,
        going=[
            GoingShape(
                policy=each.policy, cluster=each.cluster, goes=each.goes, said=each.said,
                objects=None if each.objects is None else list(each.objects),
            )
            for each in seen.going
        ],
    )  # fmt: skip


def _places(one: ApplicationChange) -> Iterator[PlaceShape]:
    """The hub's steps, once it is asked for; after them what is left in each cluster."""
    if one.asked_at is None:
        return
    steps = [step_shape(each) for each in whole_steps.steps_seen(one)]
    yield PlaceShape(cluster=one.hub.name, on_hub=True, done=one.state == ChangeState.DONE, steps=steps)
    for cluster, said in whole_steps.left(one):
        found = StepShape(title=KEPT, state="done", said=said, by_hand="", at=None)
        yield PlaceShape(cluster=cluster, on_hub=False, done=True, steps=[found])
