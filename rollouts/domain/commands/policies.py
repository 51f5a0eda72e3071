"""Acts on a policy of a Kurator Application: what Kurator keeps of its Canaries is changed there, for all clusters.

To add an act: a function that judges it, and a row of `POLICY_ACTS` with what each Canary says once it has come. The
patch is `of_policy` with the field's place below `rollout.rolloutPolicy`; everything else (dialog, worker, following,
audit trail) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.governed import Governed
from rollouts.domain.commands.policy_pausing import pause_policy, resume_policy
from rollouts.domain.commands.policy_promoting import promote_policy
from rollouts.domain.kurator import Policy, TroubleKind
from rollouts.domain.observations import Canary
from rollouts.domain.phases import RUNNING

Judged = Plan | Refusal


@dataclass(frozen=True, slots=True)
class PolicyAct:
    judge: Callable[[Wanted, Governed], Judged]
    done: Callable[[Policy], bool]
    """Whether the policy says already what the patch would make it say: an earlier attempt may have got so far."""
    shows: Callable[[Canary], bool]
    """Whether a Canary says that it has come."""
    said: str
    """Of those that do."""


def judge_policy(wanted: Wanted, governed: Governed, _now: datetime) -> Judged:
    act, policy = POLICY_ACTS.get(wanted.act), governed.policy
    if act is None:
        return Refusal(wanted.act, "This is not asked of a policy.", "It is asked of each rollout.")
    if not any(governed.seen()):
        return Refusal(wanted.act, f"No cluster with a Canary of policy {policy.name} is known.")
    for trouble in governed.troubles:
        if trouble.kind in (TroubleKind.INCOMPLETE, TroubleKind.NAMES_DIFFER):
            reason = f"Kurator carries no change of this policy to its Canaries: {trouble.field} ({trouble.said})."
            return Refusal(wanted.act, reason, "Correct the Application first.")
    return act.judge(wanted, governed)


def follow_policy(act: Act, governed: Governed) -> Followed | None:
    """None while some Canary does not show it yet."""
    said = POLICY_ACTS[act].said
    shown = [member.name for member, _ in governed.seen()]
    if not shown or lacking(act, governed):
        return None
    where = shown[0] if len(shown) == 1 else f"all {len(shown)} clusters"
    return Followed(True, f"{said} in {where}.")


def lacking(act: Act, governed: Governed) -> list[str]:
    """The clusters whose Canary does not show it."""
    return [member.name for member, canary in governed.seen() if not POLICY_ACTS[act].shows(canary)]


POLICY_ACTS: Mapping[Act, PolicyAct] = {
    Act.PAUSE: PolicyAct(
        pause_policy, lambda policy: policy.suspended, lambda canary: canary.suspended, "It is suspended"
    ),
    Act.PROMOTE_NOW: PolicyAct(
        promote_policy,
        lambda policy: policy.skips,
        lambda canary: canary.phase not in RUNNING,
        "Every release has ended",
    ),
    Act.RESUME: PolicyAct(
        resume_policy, lambda policy: not policy.suspended, lambda canary: not canary.suspended, "It is resumed"
    ),
}
