"""Acts on a policy of a Kurator Application: what Kurator keeps of its Canaries is changed there, for all clusters.

To add an act: a function that judges it, and a row of `POLICY_ACTS` with what each Canary says once it has come. The
patch is `of_policy` with the field's place below `rollout.rolloutPolicy`; everything else (dialog, worker, following,
audit trail) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.binding import Binding, bind
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.commands.promoting import off_for
from rollouts.domain.commands.reversal import Reversal, has_ended, time_words
from rollouts.domain.commands.switches import Switch
from rollouts.domain.kurator import Policy, Trouble, TroubleKind
from rollouts.domain.observations import Canary, Kind, Phase
from rollouts.domain.ownership import Owner, undone_by
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.progress import interval_of
from rollouts.domain.rollout import LiveSide, RolloutState

Judged = Plan | Refusal
SKIPS = "skipTrafficAnalysis"
ON_GREEN = (LiveSide.GREEN, LiveSide.SPLIT)


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster that a policy selects, with its rollout as it was last seen."""

    cluster: int
    name: str
    state: RolloutState | None = None
    """None: no Canary of the policy is there."""
    away: str = ""
    """Why nothing new is heard of the cluster; empty while it answers."""


@dataclass(frozen=True, slots=True)
class Governed:
    """A policy, with what it says now and what it governs."""

    namespace: str
    application: str
    uid: str
    generation: int
    policy: Policy
    keeper: Owner
    """Of the Application."""
    troubles: tuple[Trouble, ...]
    members: tuple[Member, ...]

    def seen(self) -> Iterable[tuple[Member, Canary]]:
        return [(one, one.state.canary) for one in self.members if one.state is not None]


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


def of_policy(governed: Governed, field: str, value: Any, says: str) -> Patch:
    """Sets one field below `rollout.rolloutPolicy`. It holds only for the very spec that was read, and for the policy
    that is meant: in a list that was put in another order it would be another one's place.
    """
    policy = governed.policy
    at = f"/spec/syncPolicies/{policy.index}"
    guards = [("/metadata/generation", governed.generation), (f"{at}/rollout/workload/name", policy.canary)]
    if policy.named:
        guards.append((f"{at}/name", policy.name))
    return Patch(
        Kind.APPLICATION,
        governed.namespace,
        governed.application,
        Form.JSON,
        (
            *({"op": "test", "path": path, "value": expected} for path, expected in guards),
            {"op": "add", "path": f"{at}/rollout/rolloutPolicy/{field}", "value": value},
        ),
        says,
    )


def bind_policy(governed: Governed) -> dict[str, Any]:
    """What a command is bound to, as JSON: the policy as it stood, and the release of each cluster that was shown."""
    return {
        "generation": governed.generation,
        "policy": _identity(governed.policy),
        "members": {str(one.cluster): _bound(one) for one in governed.members},
    }


def unbound(bound: Mapping[str, Any], governed: Governed) -> str:
    """Why what is there now is not what the person saw; empty when it is. Another generation alone says nothing:
    something else of the Application may have been edited.
    """
    if bound["policy"] != _identity(governed.policy):
        return "The policy was changed meanwhile."
    present = {str(one.cluster): _bound(one) for one in governed.members}
    if present.keys() != bound["members"].keys():
        return "The policy has other clusters now."
    moved = [one.name for one in governed.members if bound["members"][str(one.cluster)] != present[str(one.cluster)]]
    return f"The next release has begun in {listed(moved)}." if moved else ""


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


def _identity(policy: Policy) -> list[Any]:
    workload = [policy.namespace, policy.canary]
    return [policy.name, *workload, policy.fleet, sorted(map(list, policy.selector.items())), policy.skips]


def _bound(member: Member) -> list[Any]:
    if member.state is None:
        return []
    binding = bind(member.state)
    return [binding.uid, binding.release, binding.applied, binding.configs]


def _pause(wanted: Wanted, governed: Governed) -> Judged:
    if governed.policy.suspended:
        return Refusal(wanted.act, "The policy is suspended already.")
    on_green = [one.name for one in governed.members if one.state is not None and one.state.live.side in ON_GREEN]
    overwritten = [one.name for one, canary in governed.seen() if canary.phase is Phase.PROMOTING]
    warnings = [
        f"Users are on green in {listed(on_green)} and stay there, unchecked: nothing rolls back while it is suspended."
        if on_green
        else "",
        f"Blue is being overwritten in {listed(overwritten)}; its pods go on changing." if overwritten else "",
    ]
    running = [one.name for one, canary in governed.seen() if canary.phase in RUNNING]
    stays = f"releases stay where they are ({listed(running)})" if running else "new versions are not noticed"
    return _plan(
        wanted.act,
        governed,
        True,
        f"From Flagger's next tick on {stays}, until it is resumed.",
        "Nothing.",
        warnings,
    )


def _resume(wanted: Wanted, governed: Governed) -> Judged:
    if not governed.policy.suspended:
        return Refusal(wanted.act, "The policy is not suspended.")
    failing = [
        one.name
        for one, canary in governed.seen()
        if canary.phase in ANALYSING and canary.failed_checks >= canary.threshold
    ]
    warnings = [
        f"The first tick rolls back in {listed(failing)}, since too many checks have failed." if failing else "",
        "The analysis is switched off (skipTrafficAnalysis): the first tick promotes without checks."
        if governed.policy.skips
        else "",
    ]
    running = [one.name for one, canary in governed.seen() if canary.phase in RUNNING]
    goes_on = f"releases go on where they stood ({listed(running)})" if running else "new versions are noticed again"
    return _plan(wanted.act, governed, False, f"At Flagger's next tick {goes_on}.", "Nothing by itself.", warnings)


def _promote_now(wanted: Wanted, governed: Governed) -> Judged:
    """Of every release that runs, in whichever cluster: the reset comes when all of them have ended."""
    act = wanted.act
    if governed.policy.skips:
        return Refusal(act, "The analysis of the policy is switched off already (skipTrafficAnalysis).")
    if governed.policy.suspended:
        return Refusal(act, "The policy is suspended.", "Resume it first.")
    running = [one for one in governed.seen() if one[1].phase in ANALYSING]
    if not running:
        return Refusal(act, "No release is being analysed: the next version would go live unchecked.")
    longest = max(off_for(interval_of(canary)) for _, canary in running)
    idle = [one.name for one, canary in governed.seen() if canary.phase not in RUNNING]
    failing = [one.name for one, canary in running if canary.failed_checks]
    names = listed([one.name for one, _ in running])
    warnings = (
        "A version that arrives in any cluster of the policy before the analysis is on again goes live unchecked.",
        f"No release runs in {listed(idle)}, where that holds too." if idle else "",
        f"Checks have failed in {listed(failing)}, and nobody looks at that." if failing else "",
    )
    return Plan(
        act,
        (of_policy(governed, SKIPS, True, f"{SKIPS} to true"),),
        f"Kurator brings it to the clusters within 30 s, mostly at once. At Flagger's next tick at which green is ready"
        f" it is promoted without any further check in {names}. The analysis is switched on again as soon as these"
        f" releases have ended, after {time_words(longest)} in any case.",
        None,
        "They stay on blue or are sent there: blue takes over the new version pod by pod, and nothing rolls back any"
        " more.",
        undone_by=undone_by(governed.keeper),
        warnings=(*filter(None, warnings), *_of_clusters(governed)),
        typed=governed.application,
        reversal=Reversal(Switch.SKIP_ANALYSIS, longest, with_release=True),
    )


def is_on_in(switch: Switch, policy: Policy) -> bool:
    return policy.suspended if switch is Switch.SUSPEND else policy.skips


def turned_off(switch: Switch, governed: Governed) -> Patch:
    field = "suspend" if switch is Switch.SUSPEND else SKIPS
    return of_policy(governed, field, False, f"{field} to false")


def have_ended(bound: Mapping[str, Any], governed: Governed) -> bool:
    """All releases that the person saw."""
    states = {str(one.cluster): one.state for one in governed.members}
    seen = {cluster: Binding(*one) for cluster, one in bound["members"].items() if one}
    present = [(binding, states.get(cluster)) for cluster, binding in seen.items()]
    return all(state is None or has_ended(binding, state) for binding, state in present)


def _plan(act: Act, governed: Governed, suspend: bool, effect: str, users: str, warnings: Iterable[str]) -> Plan:
    number = len(governed.members)
    where = governed.members[0].name if number == 1 else f"all {number} clusters"
    return Plan(
        act,
        (of_policy(governed, "suspend", suspend, f"suspend to {str(suspend).lower()}"),),
        f"Kurator brings it to {where} within 30 s, mostly at once. {effect}",
        None,
        users,
        undone_by=undone_by(governed.keeper),
        warnings=(*filter(None, warnings), *_of_clusters(governed)),
    )


def _of_clusters(governed: Governed) -> Iterable[str]:
    away = [f"{one.name} ({one.away})" for one in governed.members if one.away]
    bare = [one.name for one in governed.members if one.state is None]
    if away:
        yield (
            f"Nothing new is heard of {listed(away)}. Kurator goes through the clusters in no fixed order and stops at"
            " the first that it cannot reach, so others may be left out too."
        )
    if bare:
        yield f"No Canary of it is in {listed(bare)} yet; one that comes has the same setting."


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


POLICY_ACTS: Mapping[Act, PolicyAct] = {
    Act.PAUSE: PolicyAct(_pause, lambda policy: policy.suspended, lambda canary: canary.suspended, "It is suspended"),
    Act.PROMOTE_NOW: PolicyAct(
        _promote_now,
        lambda policy: policy.skips,
        lambda canary: canary.phase not in RUNNING,
        "Every release has ended",
    ),
    Act.RESUME: PolicyAct(
        _resume, lambda policy: not policy.suspended, lambda canary: not canary.suspended, "It is resumed"
    ),
}
