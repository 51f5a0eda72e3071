"""Whether the rollout of a policy can be removed now, and what is said of it before the click."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollouts.domain.commands.governed import Governed, Member, listed, of_policy, warnings_of_left
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.commands.policy_pausing import ON_GREEN
from rollouts.domain.kurator import Policy, TroubleKind
from rollouts.domain.observations import Canary, Kind, Phase
from rollouts.domain.ownership import OwnerKind, undone_by
from rollouts.domain.phases import RUNNING
from rollouts.domain.removing.looking import AT_REST, Held
from rollouts.domain.rollout import RolloutState

FIELD = "revertOnDeletion"
TAKEN = ("istio", "nginx", "kubernetes")
"""Providers with which it is known that users reach the target when blue and all that the Canary owns are gone."""
UNTAKEN = ("kuma", "gatewayapi")
"""Providers whose routing object still names blue when blue is gone, or goes and takes the users' way along."""


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """`refusals` are why it cannot work now; where there are any nothing else counts."""

    refusals: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    undone_by: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()
    """On the hub, in their order; between the two every cluster is looked at. Of a plain Canary on that."""
    typed: str = ""


def judge_removal(governed: Governed, others: Iterable[Governed]) -> RemovalPlan:
    """`others`: the other policies of its Application for the same workload."""
    refusals = (*_of_the_policy(governed, others), *_of_the_clusters(governed))
    if refusals:
        return RemovalPlan(refusals)
    return RemovalPlan(
        (),
        warnings=tuple(_warnings(governed)),
        undone_by=undone_by(governed.keeper),
        patches=(reverting(governed), withdrawing(governed)),
        typed=governed.application,
    )


def judge_removal_of_canary(governed: Governed) -> RemovalPlan:
    """Of one that no policy makes."""
    if governed.keeper.kind is OwnerKind.KURATOR:
        return RemovalPlan(("Kurator makes this Canary of a policy: remove that, on the page of its application.",))
    if refusals := tuple(_of_the_clusters(governed)):
        return RemovalPlan(refusals)
    return RemovalPlan(
        (),
        warnings=(*_of_its_keeper(governed), *warnings_of_left(governed), *_warnings(governed)),
        undone_by=undone_by(governed.keeper),
        patches=tuple(reverting_canary(one.namespace, one.name, one.resource_version) for _, one in governed.seen()),
        typed=governed.policy.canary,
    )


def reverting_canary(namespace: str, name: str, resource_version: str) -> Patch:
    """It holds only for the very object that was read."""
    body = {"metadata": {"resourceVersion": resource_version}, "spec": {FIELD: True}}
    return Patch(Kind.CANARY, namespace, name, Form.MERGE, body, f"{FIELD} to true")


def _of_its_keeper(governed: Governed) -> Iterator[str]:
    if governed.keeper.kind is not OwnerKind.NOBODY:
        yield (
            "Take it out of where it is kept first: else it is applied again, and Flagger takes the workload over anew."
        )


def reverting(governed: Governed) -> Patch:
    return of_policy(governed, FIELD, True, f"{FIELD} to true")


def withdrawing(governed: Governed) -> Patch:
    """With the guards of every patch of a policy: in a list of another order nothing else is taken out."""
    guarded = of_policy(governed, FIELD, True, "rollout out of the policy")
    taken_out = {"op": "remove", "path": f"/spec/syncPolicies/{governed.policy.index}/rollout"}
    guards = tuple(one for one in guarded.body if isinstance(one, Mapping) and one["op"] == "test")
    return replace(guarded, body=(*guards, taken_out))


def suspending(namespace: str, name: str, held: Held) -> Patch:
    """Of a Canary that Kurator keeps no more, as it was seen."""
    body = {"metadata": {"resourceVersion": held.resource_version}, "spec": {"suspend": True}}
    return Patch(Kind.CANARY, namespace, name, Form.MERGE, body, "suspend to true")


def reverts(policy: Policy) -> bool:
    """False also where the text of the policy is not kept."""
    said = (policy.rollout or {}).get("rolloutPolicy")
    return isinstance(said, Mapping) and said.get(FIELD) is True


@dataclass(frozen=True, slots=True)
class Found:
    """The policy of a removal in the Application as it is now; None when its rollout is gone. `changed`: there is one
    for the same workload and clusters which is not the one that was shown.
    """

    policy: Policy | None
    changed: bool = False


def find(bound: Mapping[str, Any], policies: Sequence[Policy]) -> Found:
    """As `bind_policy` has bound it, but by every name it has: the patch takes away, so no likeness is enough."""
    name, namespace, canary, fleet, selector, _ = bound["policy"]
    of_workload = [one for one in policies if (one.namespace, one.canary) == (namespace, canary)]
    same = [one for one in of_workload if (one.fleet, sorted(map(list, one.selector.items()))) == (fleet, selector)]
    exact = [one for one in same if one.name == name]
    return Found(exact[0] if exact else None, changed=bool(same) and not exact)


def _of_the_policy(governed: Governed, others: Iterable[Governed]) -> Iterator[str]:
    policy = governed.policy
    if not any(governed.seen()):
        yield f"No cluster with a Canary of policy {policy.name} is known."
    for trouble in governed.troubles:
        if trouble.kind in (TroubleKind.INCOMPLETE, TroubleKind.NAMES_DIFFER):
            yield (
                f"Kurator carries no change of this policy to its Canaries: {trouble.field} ({trouble.said})."
                " Correct the Application first."
            )
    if policy.suspended:
        yield "The policy is suspended. Resume it first: Flagger leaves alone what is suspended."
    mine = {one.cluster for one in governed.members}
    for other in others:
        if shared := [one.name for one in other.members if one.cluster in mine]:
            yield f"Policy {other.policy.name} governs the same workload in {listed(shared)}: it would bring it back."


def _of_the_clusters(governed: Governed) -> Iterator[str]:
    for one in governed.members:
        if one.away:
            yield f"Nothing new is heard of {one.name}: {one.away}"
        elif one.state is not None and (why := _why_not_in(one.state, one.mesh)):
            yield f"{one.name}: {why}"


def _why_not_in(state: RolloutState, mesh: str) -> str:
    """By what was observed of one cluster; empty when nothing speaks against it."""
    canary = state.canary
    if canary.target_kind != "Deployment":
        return f"The target is a {canary.target_kind}, and only for Deployments it is known that nobody loses a pod."
    return _not_led(canary.provider or mesh) or _not_at_rest(canary) or _not_the_same(state)


def _not_led(provider: str) -> str:
    """Why users may not reach the target in the end."""
    name = provider.partition(":")[0]
    if name in TAKEN:
        return ""
    if not name:
        return "It says no provider, and which one Flagger takes there is not known. Say it in the Canary first."
    if name in UNTAKEN:
        return (
            f"With provider {provider} the routing object names blue, and nobody writes it anew when blue goes:"
            " users would reach nobody."
        )
    return (
        f"With provider {provider} users may come in by an object that Flagger made, which goes with the Canary."
        f" That they reach the target then is known with {listed(list(TAKEN))} only."
    )


def _not_at_rest(canary: Canary) -> str:
    if canary.suspended:
        return "It is suspended. Resume it first."
    if canary.deleting:
        return "The Canary is being deleted already."
    if canary.phase in RUNNING:
        return f"A release runs ({canary.phase}). Wait for its end, or roll back."
    if canary.phase is Phase.FAILED:
        return "The target has the version that failed, and would serve it. Release one that succeeds first."
    return "" if canary.phase in AT_REST else f"It is {canary.phase_text or canary.phase or 'not processed yet'}."


def _not_the_same(state: RolloutState) -> str:
    blue, green = state.blue, state.green
    if state.live.side in ON_GREEN:
        return "Users are on green."
    if blue is not None and not (blue.wanted and blue.ready):
        return "Blue has no ready pods: the target would be given none."
    if blue is not None and green is not None and blue.images != green.images:
        return "The target has another version than blue: a release is about to begin."
    return ""


def _warnings(governed: Governed) -> Iterator[str]:
    through = [(one, canary) for one, canary in governed.seen() if _gateways(canary)]
    if through:
        ways = sorted({name for _, canary in through for name in _gateways(canary)})
        yield (
            f"Users who come through {listed(ways)} need a route of their own: the VirtualService that Flagger made"
            " goes with the Canary. One that was there before Flagger is put back as it was."
        )
    if nginx := _with(governed, "nginx"):
        ingress = "Ingress nginx" if governed.plain is None else "Ingress that its ingressRef names"
        yield f"In {listed(nginx)} the {ingress} stays, and users come in by it: do not delete it."
    bare = [one.name for one in governed.members if one.state is None]
    if bare:
        yield f"No Canary of it is in {listed(bare)}: nothing is done there."
    yield "From then on a new version reaches users at once, unchecked: nothing is rolled back any more."


def _gateways(canary: Canary) -> list[str]:
    return [one for one in canary.gateways if one != "mesh"]


def _with(governed: Governed, provider: str) -> list[str]:
    return [one.name for one, canary in governed.seen() if (canary.provider or one.mesh) == provider]


def concerned(governed: Governed) -> list[Member]:
    """Those with a Canary."""
    return [one for one in governed.members if one.state is not None]
