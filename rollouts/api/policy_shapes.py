"""What the answers say of policies and of acts on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ninja import Schema

from rollouts import access
from rollouts.api.command_shapes import ActGiven, PlanShape, Reason, plan_shape
from rollouts.api.errors import Fault
from rollouts.api.paging import Text
from rollouts.api.shapes import ActShape, ClusterName
from rollouts.domain.commands import Act, Governed, Member, Plan
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from rollouts.models import Application, Command
from rollouts.queries import policies
from rollouts.services import act as acts


class PolicyActGiven(ActGiven):
    """`policy` by its name."""

    policy: Text


class PolicyCommandGiven(PolicyActGiven):
    """`mark` and `digest` as the preview gave them: sent twice with one mark it is one command. `typed` where the
    preview wants something typed.
    """

    mark: UUID
    digest: Text
    reason: Reason = ""
    typed: Text = ""


class MemberShape(Schema):
    """One cluster that a policy selects. `phase` is empty where it has no Canary yet, or Flagger has not looked at it.
    `away`: why nothing new is heard of the cluster.
    """

    cluster: ClusterName
    has_canary: bool
    phase: str
    live_side: str
    suspended: bool
    away: str


class PolicyShape(Schema):
    """`may_not` says that, and why, you may not act on it; then `acts` tells no reasons."""

    name: str
    namespace: str
    canary: str
    suspended: bool
    clusters: list[MemberShape]
    may_not: str
    acts: list[ActShape]


class PolicyPreviewShape(Schema):
    """`plan` is null where the act cannot work now; then `why_not` says why, and what could be done instead."""

    policy: str
    act: Act
    choice: dict[str, str]
    mark: str
    digest: str
    plan: PlanShape | None
    why_not: str
    clusters: list[MemberShape]


class PolicyPreviewedFault(Fault):
    preview: PolicyPreviewShape | None = None


class PolicyPreviewedProblem(Schema):
    """What stands against a request; `preview` is as it is now."""

    error: PolicyPreviewedFault


def policy_shape(
    person: access.Person, application: Application, one: Governed, asked: Iterable[Command], now: datetime
) -> PolicyShape:
    may_not, policy = policies.may_not(person, application, one), one.policy
    possible = policies.possible(one, asked, now)
    return PolicyShape(
        name=policy.name, namespace=policy.namespace, canary=policy.canary, suspended=policy.suspended,
        clusters=[_member(each) for each in one.members], may_not=may_not,
        acts=[ActShape(act=act, why_not="" if may_not else why_not) for act, why_not in possible],
    )  # fmt: skip


def policy_preview_shape(seen: acts.PolicyPreview) -> PolicyPreviewShape:
    plan = seen.judged if isinstance(seen.judged, Plan) else None
    return PolicyPreviewShape(
        policy=seen.governed.policy.name, act=seen.judged.act, choice=dict(seen.wanted.choice),
        mark=seen.wanted.mark, digest=seen.digest, plan=plan_shape(plan) if plan else None,
        why_not="" if plan else str(seen.judged),
        clusters=[_member(each) for each in seen.governed.members],
    )  # fmt: skip


def _phase(state: RolloutState) -> str:
    phase = state.canary.phase
    return state.canary.phase_text if phase is Phase.UNKNOWN else phase or ""


def _member(one: Member) -> MemberShape:
    state = one.state
    return MemberShape(
        cluster=ClusterName(id=one.cluster, name=one.name), has_canary=state is not None,
        phase=_phase(state) if state else "", live_side=state.live.side if state else "unknown",
        suspended=state is not None and state.canary.suspended, away=one.away,
    )  # fmt: skip
