"""What the answers say of a Canary that is made: as every change that takes many steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from rollouts import access
from rollouts.api.change_shapes import ChangeShape, FieldText, PlaceShape, ReviewShape, TrapShape, step_shape
from rollouts.api.paging import Text
from rollouts.models import ChangeState, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.queries.new_canary_steps import steps_seen
from rollouts.services import new_canaries
from rollouts.services.new_canaries.reviewing import review

CHANGE_IT = "Enter it otherwise."


class TargetGiven(Schema):
    """What the Canary is for, and called as. `service`: as the workload where it is not named."""

    model_config = {"extra": "forbid"}
    kind: Literal["Deployment", "DaemonSet"] = "Deployment"
    namespace: Text
    workload: Text
    service: Text = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class CanaryGiven(TargetGiven):
    """`fields` by the names of the form, all as text. What is not named is as the form has it at first; a list of which
    anything is named (`metrics-0-name`) has nothing of the first one, and is empty by its own name (`hooks`) with an
    empty text.
    """

    fields: Annotated[dict[Text, FieldText], Field(max_length=500)] = {}


class FormShape(Schema):
    fields: dict[str, str]


def new_canary_shape(person: access.Person, row: NewCanary) -> ChangeShape:
    made = queries.rollout_of(row)
    return ChangeShape(
        id=row.pk, kind="new Canary", what=f"the Canary {row.namespace}/{row.name} in {row.cluster.name}",
        application=made.application_id if made else None, rollout=made.pk if made else None, state=row.state,
        said=row.sentence, person=row.person_name, reason=row.reason, requested_at=row.asked_at or row.made_at,
        begins_until=None, ended_at=row.ended_at, stoppable=row.ended_at is None and queries.may(person, row),
        review=_review(row) if row.state == ChangeState.LOOKED else None, places=list(_places(row)),
    )  # fmt: skip


def _review(row: NewCanary) -> ReviewShape:
    seen = review(row)
    against = [one for one in (seen.refused, seen.lost) if one]
    hints = [f"{one.field}: {one.said}" for one in seen.findings]
    return ReviewShape(
        digest=row.digest, typed=seen.typed, reason_required=bool(new_canaries.reason_wanted()),
        why_not=[TrapShape(said=one, instead=CHANGE_IT) for one in against],
        warnings=[*seen.consequences, *seen.warnings, *hints], meaning=list(seen.meaning), going=[],
        clusters=[row.cluster.name], read_at=seen.read_at,
        manifest=dict(seen.manifest) if seen.manifest is not None else None,
    )  # fmt: skip


def _places(row: NewCanary) -> Iterator[PlaceShape]:
    if row.asked_at is not None:
        steps = [step_shape(one) for one in steps_seen(row)]
        yield PlaceShape(
            cluster=row.cluster.name, on_hub=False, done=row.state == ChangeState.DONE, steps=steps
        )  # fmt: skip
