"""What the answers say of one act in several clusters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from rollouts.api.command_shapes import ActGiven, CommandShape, PlanShape, Reason, command_shape, plan_shape
from rollouts.api.errors import Fault
from rollouts.api.paging import Id, Text
from rollouts.api.shapes import ClusterName
from rollouts.domain.commands import Act, Plan, Wanted, to_type
from rollouts.models import Application, Batch
from rollouts.queries.batches import Given
from rollouts.queries.commands import may_be_cancelled
from rollouts.services import act as acts

LONGEST_PAUSE = 3600
MOST_CHOSEN = 1000


class Pace(StrEnum):
    """One after the other, each when the one before has come about; or all side by side."""

    IN_TURN = "in-turn"
    AT_ONCE = "at-once"


class ChosenGiven(Schema):
    """A rollout with its `digest` of the preview."""

    model_config = {"extra": "forbid"}
    rollout: Id
    digest: Text


class BatchGiven(ActGiven):
    """`mark` as the preview gave it. `chosen`: in the order of their turns. `pause`: seconds between two of them.
    `goes_on`: also after one that did not come about.
    """

    mark: UUID
    chosen: Annotated[list[ChosenGiven], Field(max_length=MOST_CHOSEN)]
    pace: Pace
    pause: Annotated[int, Field(ge=0, le=LONGEST_PAUSE)] = 60
    goes_on: bool = False
    reason: Reason = ""
    typed: Text = ""

    def asked_pace(self) -> acts.Pace:
        in_turn = self.pace is Pace.IN_TURN
        return acts.Pace(in_turn=True, pause=self.pause, goes_on=self.goes_on) if in_turn else acts.Pace()


class PartShape(Schema):
    """One rollout. `plan` is null and `digest` empty where the act cannot work, or may not be asked for: `why_not`."""

    rollout: int
    cluster: ClusterName
    namespace: str
    name: str
    digest: str
    plan: PlanShape | None
    why_not: str


class BatchPreviewShape(Schema):
    """`typed` is what has to be typed if all are chosen that can be; mostly nothing."""

    act: Act
    choice: dict[str, str]
    mark: str
    typed: str
    rollouts: list[PartShape]


class BatchPreviewedFault(Fault):
    preview: BatchPreviewShape | None = None


class BatchPreviewedProblem(Schema):
    """What stands against a request; `preview` is as it is now."""

    error: BatchPreviewedFault


class BatchShape(Schema):
    """`said`: why it was stopped. `commands`: of the rollouts that you see, in their order. `ended_at`: since then
    nothing of it is under way.
    """

    id: int
    application: int
    act: str
    person: str
    reason: str
    pace: Pace
    pause: int
    goes_on: bool
    requested_at: datetime
    stopped_at: datetime | None
    ended_at: datetime | None
    said: str
    stoppable: bool
    commands: list[CommandShape]


def batch_preview_shape(
    one: Application, wanted: Wanted, parts: list[acts.Part], refused: dict[int, str]
) -> BatchPreviewShape:
    """`refused`: why the person may not act there, by rollout."""
    shown = [_part(part, refused.get(part.rollout.pk, "")) for part in parts]
    plans = [part.judged for part in parts if isinstance(part.judged, Plan) and part.rollout.pk not in refused]
    return BatchPreviewShape(
        act=wanted.act, choice=dict(wanted.choice), mark=wanted.mark, typed=to_type(plans, one.name), rollouts=shown
    )


def _part(part: acts.Part, refused: str) -> PartShape:
    rollout = part.rollout
    plan = part.judged if isinstance(part.judged, Plan) and not refused else None
    return PartShape(
        rollout=rollout.pk, cluster=ClusterName(id=rollout.cluster_id, name=rollout.cluster.name),
        namespace=rollout.namespace, name=rollout.name, digest=part.digest if plan else "",
        plan=plan_shape(plan) if plan else None, why_not="" if plan else refused or str(part.judged),
    )  # fmt: skip


def batch_shape(given: Given) -> BatchShape:
    one: Batch = given.batch
    running = one.ended_at is None and one.stopped_at is None
    return BatchShape(
        id=one.pk, application=one.application_id, act=one.act, person=one.person_name, reason=one.reason,
        pace=Pace.IN_TURN if one.in_turn else Pace.AT_ONCE, pause=one.pause, goes_on=one.goes_on,
        requested_at=one.requested_at, stopped_at=one.stopped_at, ended_at=one.ended_at, said=one.sentence,
        stoppable=running and any(may_be_cancelled(command) for command in given.commands),
        commands=[command_shape(command) for command in given.commands],
    )  # fmt: skip
