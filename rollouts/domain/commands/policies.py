"""Acts on a policy of a Kurator Application: what Kurator keeps of its Canaries is changed there, for all clusters.

To add an act: a function that judges it, and a row of `POLICY_ACTS` with how it is seen to have come. The patch is
`of_policy` with the field's place below `rollout.rolloutPolicy`, or `beside_rollout`; everything else (dialog, worker,
following, audit trail) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.commands.act import OF_EDITORS, Act, Plan, Refusal, Wanted
from rollouts.domain.commands.governed import Governed
from rollouts.domain.commands.policy_earlier import earlier_of_policy
from rollouts.domain.commands.policy_editing import edit_policy, edited_in, is_edited
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.commands.policy_new_version import new_version_of_policy
from rollouts.domain.commands.policy_new_version_following import LOOK_AT, begun_in, is_said
from rollouts.domain.commands.policy_pausing import pause_policy, paused_in, resume_policy, resumed_in
from rollouts.domain.commands.policy_promoting import promote_policy, promoted_in
from rollouts.domain.kurator import Policy, TroubleKind

Judged = Plan | Refusal


@dataclass(frozen=True, slots=True)
class PolicyAct:
    judge: Callable[[Wanted, Governed], Judged]
    done: Callable[[Wanted, Policy], bool]
    """Whether the policy says already what the patch would make it say: an earlier attempt may have got so far."""
    seen: Callable[[Governed, Promised], Sequence[InCluster]]
    said: str
    """Once it has come about in all of them, before where that is."""
    look_at: str = ""
    """Where it has not come about in time: what a person can look at."""


def judge_policy(wanted: Wanted, governed: Governed, _now: datetime) -> Judged:
    act, policy = ALL_POLICY_ACTS.get(wanted.act), governed.policy
    if act is None:
        return Refusal(wanted.act, "This is not asked of a policy.", "It is asked of each rollout.")
    if wanted.act in OF_EDITORS:  # it may be what corrects the policy
        return act.judge(wanted, governed)
    if not any(governed.seen()):
        return Refusal(wanted.act, f"No cluster with a Canary of policy {policy.name} is known.")
    for trouble in governed.troubles:
        if trouble.kind in (TroubleKind.INCOMPLETE, TroubleKind.NAMES_DIFFER):
            reason = f"Kurator carries no change of this policy to its Canaries: {trouble.field} ({trouble.said})."
            return Refusal(wanted.act, reason, "Correct the Application first.")
    return act.judge(wanted, governed)


POLICY_ACTS: Mapping[Act, PolicyAct] = {
    Act.PAUSE: PolicyAct(pause_policy, lambda _, policy: policy.suspended, paused_in, "It is suspended"),
    Act.PROMOTE_NOW: PolicyAct(
        promote_policy, lambda _, policy: policy.skips, promoted_in, "The release is promoted and blue ready with it"
    ),
    Act.RESUME: PolicyAct(resume_policy, lambda _, policy: not policy.suspended, resumed_in, "It is resumed"),
    Act.NEW_VERSION: PolicyAct(
        new_version_of_policy,
        is_said,
        begun_in,
        "The target has the image, and a release of it has begun,",
        LOOK_AT,
    ),
    Act.EARLIER_VERSION: PolicyAct(
        earlier_of_policy,
        lambda _, policy: policy.skips,
        lambda _governed, _promised: (),
        "The earlier version is promoted and blue ready with it",
    ),
}
"""Those that have a button."""
ALL_POLICY_ACTS: Mapping[Act, PolicyAct] = {
    **POLICY_ACTS,
    Act.EDIT_POLICY: PolicyAct(edit_policy, is_edited, edited_in, "The Canary says what the policy says"),
}
IN_PARTS = frozenset({Act.EARLIER_VERSION})
"""In each cluster carried out by a command of its own, and seen there."""
OF_ROLLOUTS_TOO = IN_PARTS | {Act.NEW_VERSION}
"""A single rollout is asked for them as well, whoever keeps it."""
BESIDE_THE_ROLLOUT = frozenset({Act.NEW_VERSION})
"""They leave what the policy says of the rollout as it is."""
