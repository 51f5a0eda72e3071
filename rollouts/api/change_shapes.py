"""What the answers say of changes that take many steps, perhaps in several clusters: one shape for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from rollouts import access
from rollouts.api.command_shapes import PatchShape, Reason, patch_shape
from rollouts.api.errors import Fault
from rollouts.api.paging import Text
from rollouts.api.policy_shapes import MemberShape, member_shape
from rollouts.domain.removing.steps import order_of
from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.queries import removal_steps, removals
from rollouts.queries.change_steps import StepSeen
from rollouts.services import remove

LONGEST_TEXT = 8000
FieldText = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")]
"""Of one field of a form."""


class OfPolicyGiven(Schema):
    """`policy` by its name."""

    model_config = {"extra": "forbid"}
    policy: Text


class ConfirmationGiven(Schema):
    """`mark` and `digest` as the preview gave them: sent twice with one mark it is one change. `typed` is the name that
    the preview wants typed.
    """

    model_config = {"extra": "forbid"}
    mark: UUID
    digest: Text
    reason: Reason = ""
    typed: Text = ""


class PolicyRemovalGiven(ConfirmationGiven):
    """`policy` by its name."""

    policy: Text


class RemovalPreviewShape(Schema):
    """`why_not` are the reasons why it cannot be done now; where there is any nothing else counts. `order`: what would
    be done, in sentences. `patches` are what is written first. `typed` is what has to be typed to confirm it.
    """

    policy: str
    mark: str
    digest: str
    why_not: list[str]
    warnings: list[str]
    undone_by: list[str]
    order: list[str]
    patches: list[PatchShape]
    clusters: list[MemberShape]
    typed: str


class RemovalPreviewedFault(Fault):
    preview: RemovalPreviewShape | None = None


class RemovalPreviewedProblem(Schema):
    """What stands against a request; `preview` is as it is now."""

    error: RemovalPreviewedFault


class StepShape(Schema):
    """`state`: done; going-on; no-answer, which is tried again; left, where it has ended; to-come. `said` is what was
    seen, `by_hand` what a person may do where it does not go on.
    """

    title: str
    state: str
    said: str
    by_hand: str
    at: datetime | None


class PlaceShape(Schema):
    """The hub, or one cluster. `done`: nothing more is to come there."""

    cluster: str
    on_hub: bool
    done: bool
    steps: list[StepShape]


class TrapShape(Schema):
    """Why it is not done now, and the next best thing to do."""

    said: str
    instead: str


class GoingShape(Schema):
    """What becomes of the workloads of one policy in one cluster. `objects` is null where Flux does not tell."""

    policy: str
    cluster: str
    goes: bool
    said: str
    objects: list[str] | None


class ReviewShape(Schema):
    """What was seen, before anybody asks for it: the confirmation holds for exactly this `digest`. `typed` is what has
    to be typed to confirm it. `manifest`: the object that is made, null where one is deleted. Of a new Canary are
    `meaning`, what its checks mean in time, and `read_at`, when what is around it was read.
    """

    digest: str
    typed: str
    reason_required: bool
    why_not: list[TrapShape]
    warnings: list[str]
    meaning: list[str] = []
    read_at: datetime | None = None
    going: list[GoingShape]
    clusters: list[str]
    manifest: dict[str, Any] | None


class ChangeShape(Schema):
    """`kind`: removal, deletion or creation of an Application, or new Canary. `what` names it. `state`: open, done,
    stopped or failed; before that, of what a worker looks at first, looking, and looked with its `review`. `said` is
    where it stands, or how it has ended and what is left. `begins_until`: a removal that has taken nothing away by then
    ends. `stoppable`: by you, now.
    """

    id: int
    kind: str
    what: str
    application: int | None
    rollout: int | None
    state: str
    said: str
    person: str
    reason: str
    requested_at: datetime
    begins_until: datetime | None
    ended_at: datetime | None
    stoppable: bool
    review: ReviewShape | None
    places: list[PlaceShape]


class ChangeConfirmedGiven(Schema):
    """`digest` of the review. `typed` is the name that it wants typed."""

    model_config = {"extra": "forbid"}
    digest: Text
    reason: Reason = ""
    typed: Text = ""


class ChangedFault(Fault):
    change: ChangeShape | None = None


class ChangedProblem(Schema):
    """What stands against a confirmation; `change` is as it is now."""

    error: ChangedFault


def removal_preview_shape(seen: remove.RemovalPreview, *, plain: bool) -> RemovalPreviewShape:
    plan = seen.plan
    return RemovalPreviewShape(
        policy=seen.governed.policy.name, mark=seen.mark, digest=seen.digest, why_not=list(plan.refusals),
        warnings=list(plan.warnings), undone_by=list(plan.undone_by), order=list(order_of(plain=plain)),
        patches=[patch_shape(one) for one in plan.patches],
        clusters=[member_shape(one) for one in seen.governed.members], typed=plan.typed,
    )  # fmt: skip


def removal_shape(person: access.Person, one: Removal, found: Sequence[RemovalPart]) -> ChangeShape:
    return ChangeShape(
        id=one.pk, kind="removal", what=removal_steps.what(one), application=one.application_id,
        rollout=one.rollout_id, state=one.state, said=removal_steps.lead(one, found), person=one.person_name,
        reason=one.reason, requested_at=one.requested_at, begins_until=one.expires_at, ended_at=one.ended_at,
        stoppable=one.state == RemovalState.OPEN and removals.may_stop(person, one), review=None,
        places=[_place(one, part) for part in found],
    )  # fmt: skip


def _place(removal: Removal, part: RemovalPart) -> PlaceShape:
    steps = [step_shape(one) for one in removal_steps.steps_seen(removal, part)]
    return PlaceShape(cluster=part.name, on_hub=part.on_hub, done=part.finished, steps=steps)


def step_shape(one: StepSeen) -> StepShape:
    return StepShape(title=one.title, state=one.state, said=one.said, by_hand=one.by_hand, at=one.at)
