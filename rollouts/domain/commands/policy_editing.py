"""A policy becomes another: what a person has reviewed is put into the policy as it is, for all of its clusters."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.commands.act import Plan, Refusal, Wanted
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.governed import Governed, Member, guarded, listed, warnings_of_clusters
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.kurator import Policy
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import undone_by
from rollouts.domain.phases import RUNNING
from rollouts.domain.policies.creating import consequences
from rollouts.domain.policies.drafts import Clash, fitted, is_in, lacking
from rollouts.domain.policies.editing import changes
from rollouts.domain.policies.fields import PLACED, RolloutPolicy
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.strategies import Provider
from rollouts.domain.rollout import LiveSide

OF_ROUTE = frozenset(
    {
        *("provider", "port", "gateways", "hosts", "route_timeout", "retries", "retry_timeout", "retry_on"),
        *("match", "cookie"),
        *(name for name in PLACED if name.startswith(("request_", "response_", "cors_")) or name.endswith("origins")),
    }
)
"""Fields that stand in the VirtualService too (flagger.md 5.6)."""
ON_THE_PAGE = "It is edited on its own page, where the change is reviewed."
UNREAD = "The text of this policy is not known here."
NOTHING = "Nothing by itself."
FURTHER = "Edit it further, from what it is now."


def edit_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    draft, current = wanted.draft, governed.policy.rollout
    if draft is None:
        return Refusal(wanted.act, "Nothing says what the policy is to be.", ON_THE_PAGE)
    if current is None and not governed.policy.bare:
        return Refusal(wanted.act, UNREAD)
    found = fitted(draft, current)
    if isinstance(found, Clash):
        names = ", ".join(dict.fromkeys(one.field for one in found.fields))
        return Refusal(wanted.act, f"{found.said.rstrip('.')}: {names}." if names else found.said, FURTHER)
    if not found.operations:
        return Refusal(wanted.act, "The policy says all of this already.")
    before, after = read(current or {}), read(found.then)
    number = len(governed.members)
    where = governed.members[0].name if number == 1 else f"all {number} clusters"
    names = ", ".join(dict.fromkeys(str(one["path"]).rpartition("rolloutPolicy/")[2] for one in found.operations))
    effect = (
        f"Kurator brings it to {where} within 30 s, mostly at once. It holds from Flagger's next tick on."
        if current is not None
        else f"Kurator makes a Canary in {where} within 30 s, mostly at once, and Flagger makes blue at its tick."
    )
    moved = "Their requests move to blue, which has the same version, once its pods are ready."
    return Plan(
        wanted.act,
        (guarded(governed, found.operations, names or "the whole policy"),),
        effect,
        None,
        moved if current is None else "What is said below." if any(_of_users(governed, before, after)) else NOTHING,
        undone_by=undone_by(governed.keeper),
        warnings=(*reach(governed, before, after), *warnings_of_clusters(governed)),
        typed=governed.application if after.skips and not before.skips else "",
    )


def is_edited(wanted: Wanted, policy: Policy) -> bool:
    return wanted.draft is not None and policy.rollout is not None and is_in(wanted.draft, policy.rollout)


def reach(governed: Governed, before: RolloutPolicy, after: RolloutPolicy) -> Iterator[str]:
    """What the change does beyond the policy: to releases that run, to users, to the Canaries themselves."""
    running = [one.name for one, canary in governed.seen() if canary.phase in RUNNING]
    names = [one.field for one in changes(before, after)]
    if running:
        yield f"A release runs in {listed(running)}: from the next tick on it is judged by the new policy."
    yield from _of_users(governed, before, after)
    if after.skips and not before.skips:
        yield "Every version that arrives goes live unchecked in every cluster of the policy, until that is taken back."
    if not before.workload:
        yield from consequences(after)
    elif "interval" in names:
        yield "Flagger starts each Canary's clock anew when its interval changes: a tick comes within 10 s, everywhere."
    if before.workload and (before.workload, before.namespace) != (after.workload, after.namespace):
        yield (
            f"Kurator makes another Canary for it. The present one, {before.namespace}/{before.workload}, stays in"
            " every cluster as it is, and nobody changes it any more."
        )
    if any(name.startswith("commands") for name in names):
        yield "A command of the load test runs in a pod of every cluster, with whatever that pod may do."


def _of_users(governed: Governed, before: RolloutPolicy, after: RolloutPolicy) -> Iterator[str]:
    elsewhere = [one.name for one in governed.members if one.state and one.state.live.side is not LiveSide.BLUE]
    names = [one.field for one in changes(before, after)]
    if elsewhere and after.provider == Provider.ISTIO and not OF_ROUTE.isdisjoint(names):
        yield (
            f"Users are not all on blue, as far as is known, in {listed(elsewhere)}. Flagger writes the whole route"
            " anew when anything of it changes, with all weights on blue: they move there at its next tick."
        )


def edited_in(governed: Governed, promised: Promised) -> list[InCluster]:
    """Where the Canary was read since and has all of it. What the hub says otherwise by now comes to no cluster."""
    draft, policy = promised.draft, governed.policy
    if draft is None or policy.rollout is None:
        return []
    if otherwise := lacking(draft, policy.rollout):
        if governed.generation <= promised.generation:  # it was not observed yet
            return [InCluster(one.cluster, one.name, None) for one in governed.members]
        said = ", ".join(f"{one.field} is {one.now or 'nothing'}" for one in otherwise)
        changed = Followed(False, f"The policy was changed again on the hub before it was seen here: {said}.")
        return [InCluster(one.cluster, one.name, changed) for one in governed.members]
    if not governed.members:
        return [InCluster(0, "the hub", Followed(True, ""))]
    return [_in(one, governed, promised) for one in governed.members]


def _in(one: Member, governed: Governed, promised: Promised) -> InCluster:
    lacks = promised.looked.get(str(one.cluster))
    if lacks == "" and promised.draft is not None and promised.draft.base is None and not _is_made(one):
        phase = one.state.canary.phase if one.state is not None else ""
        return InCluster(one.cluster, one.name, None, f"Flagger makes blue ({phase or 'not processed yet'}).")
    if lacks == "":
        return InCluster(one.cluster, one.name, Followed(True, "It is there."))
    troubles = [f"{trouble.field}: {trouble.said}" for trouble in governed.troubles]
    said = lacks or one.away
    return InCluster(one.cluster, one.name, None, " ".join([said, *troubles]).strip() if said else "")


def _is_made(one: Member) -> bool:
    """Flagger has made blue: a release can begin."""
    return one.state is not None and one.state.canary.phase not in (Phase.UNSET, Phase.INITIALIZING)
