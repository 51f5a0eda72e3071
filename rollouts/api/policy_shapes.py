"""What the answers say of policies and of acts on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ninja import Schema

from rollouts import access
from rollouts.api.command_shapes import ActGiven, CommandGiven, PreviewShape, previewed
from rollouts.api.errors import Fault
from rollouts.api.paging import Text
from rollouts.api.shapes import ActShape, ClusterName
from rollouts.domain.commands import Governed, Member, Plan, Refusal
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from rollouts.models import Application, Command
from rollouts.queries import policies
from rollouts.services import act as acts


class PolicyActGiven(ActGiven):
    """`policy` by its name."""

    policy: Text


class PolicyCommandGiven(CommandGiven):
    """`policy` by its name; the rest as of a rollout."""

    policy: Text


class MemberShape(Schema):
    """One cluster that a policy selects. `phase` is empty where it has no Canary yet, or Flagger has not looked at it.
    `away`: why nothing new is heard of the cluster. `left_out`: why nothing would be done there, of an act that is
    carried out in each cluster by itself. `effect`: what would happen there, of a new version.
    """

    cluster: ClusterName
    has_canary: bool
    phase: str
    live_side: str
    suspended: bool
    away: str
    left_out: str = ""
    effect: str = ""


class PolicyShape(Schema):
    """`may_not` says that, and why, you may not act on it; then `acts` tells no reasons."""

    name: str
    namespace: str
    canary: str
    suspended: bool
    clusters: list[MemberShape]
    may_not: str
    acts: list[ActShape]


class PolicyPreviewShape(PreviewShape):
    """As of a rollout, with every cluster that the policy selects."""

    policy: str
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
        clusters=[member_shape(each) for each in one.members], may_not=may_not,
        acts=[
            ActShape(act=act, why_not="" if may_not else policies.may_not(person, application, one, act) or why_not)
            for act, why_not in possible
        ],
    )  # fmt: skip


def policy_preview_shape(seen: acts.PolicyPreview) -> PolicyPreviewShape:
    left_out = {part.rollout.cluster_id: str(part.judged) for part in seen.parts if isinstance(part.judged, Refusal)}
    effects = seen.judged.in_each if isinstance(seen.judged, Plan) else {}
    return PolicyPreviewShape(
        **previewed(seen), policy=seen.governed.policy.name,
        clusters=[
            member_shape(each, left_out.get(each.cluster, ""), effects.get(each.cluster, ""))
            for each in seen.governed.members
        ],
    )  # fmt: skip


def _phase(state: RolloutState) -> str:
    phase = state.canary.phase
    return state.canary.phase_text if phase is Phase.UNKNOWN else phase or ""


def member_shape(one: Member, left_out: str = "", effect: str = "") -> MemberShape:
    state = one.state
    return MemberShape(
        cluster=ClusterName(id=one.cluster, name=one.name), has_canary=state is not None,
        phase=_phase(state) if state else "", live_side=state.live.side if state else "unknown",
        suspended=state is not None and state.canary.suspended, away=one.away, left_out=left_out,
        effect=effect,
    )  # fmt: skip
