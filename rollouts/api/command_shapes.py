"""What the answers say of acts and commands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from rollouts.api.errors import Fault
from rollouts.api.paging import Text
from rollouts.domain.commands import Act, Call, Patch, Plan
from rollouts.domain.commands.config_value import choice_for_all
from rollouts.domain.commands.reversal import Reversal
from rollouts.models import Command
from rollouts.queries.commands import may_be_cancelled
from rollouts.services import act as acts

LONGEST_REASON = 1000
Reason = Annotated[str, Field(max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
Choice = Annotated[dict[Text, Text], Field(max_length=20)]


class ActGiven(Schema):
    """`choice` is what some acts have to be told, by its name."""

    model_config = {"extra": "forbid"}
    act: Act
    choice: Choice = {}


class CommandGiven(ActGiven):
    """`mark` and `digest` as the preview gave them: sent twice with one mark it is one command. `typed` where the
    preview wants something typed.
    """

    mark: UUID
    digest: Text
    reason: Reason = ""
    typed: Text = ""


class ReasonGiven(Schema):
    model_config = {"extra": "forbid"}
    reason: Reason


class PatchShape(Schema):
    """`says` is what it means, in a few words."""

    kind: str
    subresource: str
    namespace: str
    name: str
    says: str
    body: Any


class CallShape(Schema):
    """A POST to a Service of the cluster, through its API server. `says` as of a patch."""

    namespace: str
    service: str
    path: str
    says: str
    body: dict[str, str]


class ReversalShape(Schema):
    """What is turned on for a while, and off again: by this program, or (not `by_itself`) by a person who is reminded.
    `with_release`: at the latest when the release has ended.
    """

    switch: str
    seconds: float
    with_release: bool
    by_itself: bool


class DifferenceShape(Schema):
    """A place of the pod template that becomes another; empty text is nothing."""

    place: str
    now: str
    then: str


class PlanShape(Schema):
    """`next_at` is when Flagger's next tick comes. `hold` is for how long Flux is told to leave the target alone.
    `typed` is what has to be typed to confirm it; mostly nothing.
    """

    patches: list[PatchShape]
    calls: list[CallShape]
    effect: str
    next_at: datetime | None
    users: str
    undone_by: list[str]
    warnings: list[str]
    typed: str
    reversal: ReversalShape | None
    hold: ReversalShape | None
    differences: list[DifferenceShape]


class PreviewShape(Schema):
    """`plan` is null where the act cannot work now; then `why_not` says why, and what could be done instead."""

    act: Act
    choice: dict[str, str]
    mark: str
    digest: str
    plan: PlanShape | None
    why_not: str


class PreviewedFault(Fault):
    preview: PreviewShape | None = None


class PreviewedProblem(Schema):
    """What stands against a request; `preview` is as it is now."""

    error: PreviewedFault


class CommandShape(Schema):
    """Of a rollout, perhaps as part of a batch or `under` a command of a policy, or of a policy of an application.
    `said` is what is known last: why not, or what was seen. `state`: requested, accepted, and at the end observed,
    refused, failed, cancelled or expired; before that waiting, where several are carried out in turn or under a policy.
    `owes_reason`: one is required, and may follow.
    """

    id: int
    rollout: int | None
    batch: int | None
    under: int | None
    application: int | None
    policy: str
    release: int
    act: str
    choice: dict[str, str]
    person: str
    reason: str
    owes_reason: bool
    state: str
    said: str
    requested_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime
    patches: list[dict[str, Any]]
    cancellable: bool


def preview_shape(seen: acts.Preview) -> PreviewShape:
    return PreviewShape(**previewed(seen))


def previewed(seen: acts.Preview | acts.PolicyPreview) -> dict[str, Any]:
    """The members of a `PreviewShape`."""
    plan = seen.judged if isinstance(seen.judged, Plan) else None
    return {
        "act": seen.judged.act, "choice": dict(seen.wanted.choice), "mark": seen.wanted.mark, "digest": seen.digest,
        "plan": plan_shape(plan) if plan else None, "why_not": "" if plan else str(seen.judged),
    }  # fmt: skip


def plan_shape(plan: Plan) -> PlanShape:
    return PlanShape(
        patches=[patch_shape(one) for one in plan.written], calls=[_call(one) for one in plan.calls],
        effect=plan.effect, next_at=plan.next_at, users=plan.users, undone_by=list(plan.undone_by),
        warnings=list(plan.warnings), typed=plan.typed, reversal=_reversal(plan.reversal) if plan.reversal else None,
        hold=_reversal(plan.hold) if plan.hold else None,
        differences=[DifferenceShape(place=one.place, now=one.now, then=one.then) for one in plan.differences],
    )  # fmt: skip


def _reversal(one: Reversal) -> ReversalShape:
    return ReversalShape(
        switch=one.switch.value, seconds=one.after.total_seconds(), with_release=one.with_release,
        by_itself=one.by_itself,
    )  # fmt: skip


def patch_shape(one: Patch) -> PatchShape:
    return PatchShape(
        kind=one.kind.value, subresource=one.subresource, namespace=one.namespace, name=one.name, says=one.says,
        body=one.told,
    )  # fmt: skip


def _call(one: Call) -> CallShape:
    return CallShape(
        namespace=one.service.namespace, service=one.service.reference, path=one.path, says=one.says,
        body=dict(one.body),
    )  # fmt: skip


def command_shape(one: Command) -> CommandShape:
    return CommandShape(
        id=one.pk, rollout=one.rollout_id, batch=one.batch_id, under=one.under_id, application=one.application_id,
        policy=one.policy, release=one.release, act=one.act, choice=choice_for_all(one.act, one.choice),
        person=one.person_name, reason=one.reason, owes_reason=one.owes_reason, state=one.state, said=one.sentence,
        requested_at=one.requested_at, accepted_at=one.accepted_at, ended_at=one.ended_at, expires_at=one.expires_at,
        patches=one.patches, cancellable=may_be_cancelled(one),
    )  # fmt: skip
