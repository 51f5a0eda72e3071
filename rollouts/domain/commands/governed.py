"""A policy and what it governs: read, bound to what a person saw, and written guarded. It is one of a Kurator
Application, or the spec of a Canary that nobody makes of such a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.domain.commands.binding import Binding, bind
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.commands.reversal import has_ended
from rollouts.domain.commands.switches import Switch
from rollouts.domain.kurator import Policy, Trouble
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ownership import Owner, said_of_left
from rollouts.domain.phases import ANALYSING
from rollouts.domain.policies.layouts import KURATOR, PLAIN, Layout
from rollouts.domain.rollout import RolloutState

SKIPS = "skipTrafficAnalysis"


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster that a policy selects, with its rollout as it was last seen."""

    cluster: int
    name: str
    state: RolloutState | None = None
    """None: no Canary of the policy is there."""
    away: str = ""
    """Why nothing new is heard of the cluster; empty while it answers."""
    let_alone: bool = False
    """Flux is told from here to leave the target alone, as far as somebody has looked for that."""
    mesh: str = ""
    """Flagger's own provider there, which holds for a Canary that says none (flagger.md 2); empty where unknown."""


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
    plain: int | None = None
    """The rollout whose Canary's spec it is; None: it is a policy of an Application."""
    left_by: str = ""
    """The policy of Kurator that has made this Canary, and that no Application known here has any more."""

    @property
    def layout(self) -> Layout:
        return KURATOR if self.plain is None else PLAIN

    def seen(self) -> Iterable[tuple[Member, Canary]]:
        return [(one, one.state.canary) for one in self.members if one.state is not None]


def of_policy(governed: Governed, field: str, value: Any, says: str) -> Patch:
    """Sets one field below `rollout.rolloutPolicy`. It holds only for the very spec that was read, and for the policy
    that is meant: in a list that was put in another order it would be another one's place.
    """
    return guarded(governed, [{"op": "add", "path": f"/rolloutPolicy/{field}", "value": value}], says)


def guarded(governed: Governed, operations: Iterable[Mapping[str, Any]], says: str) -> Patch:
    """As `of_policy`, of operations whose paths are from the policy's `rollout` on."""
    return beside_rollout(governed, [{**one, "path": f"/rollout{one['path']}"} for one in operations], says)


def beside_rollout(governed: Governed, operations: Iterable[Mapping[str, Any]], says: str) -> Patch:
    """As `guarded`, with paths from the policy itself on."""
    policy = governed.policy
    at = f"/spec/syncPolicies/{policy.index}"
    guards: list[tuple[str, Any]] = [("/metadata/generation", governed.generation)]
    if not policy.bare:
        guards.append((f"{at}/rollout/workload/name", policy.canary))
    if policy.named:
        guards.append((f"{at}/name", policy.name))
    return Patch(
        Kind.APPLICATION,
        governed.namespace,
        governed.application,
        Form.JSON,
        (
            *({"op": "test", "path": path, "value": expected} for path, expected in guards),
            *({**one, "path": f"{at}{one['path']}"} for one in operations),
        ),
        says,
    )


def is_on_in(switch: Switch, policy: Policy) -> bool:
    return policy.suspended if switch is Switch.SUSPEND else policy.skips


def turned_off(switch: Switch, governed: Governed) -> Patch:
    field = "suspend" if switch is Switch.SUSPEND else SKIPS
    return of_policy(governed, field, False, f"{field} to false")


def bind_policy(governed: Governed) -> dict[str, Any]:
    """What a command is bound to, as JSON: the policy as it stood, and the release of each cluster that was shown, with
    where one was being analysed.
    """
    return {
        "generation": governed.generation,
        "policy": _identity(governed.policy),
        "members": {str(one.cluster): _bound(one) for one in governed.members},
        "analysed": [str(one.cluster) for one, canary in governed.seen() if canary.phase in ANALYSING],
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


def meant(bound: Mapping[str, Any], policies: Iterable[Policy]) -> Policy | None:
    """Of these the one that a command was bound to, whatever it is called by now: the name of one without a name
    changes with its place in the list. None when there is none of that workload.
    """
    name, namespace, canary, fleet, selector, _ = bound["policy"]

    def likeness(one: Policy) -> tuple[bool, ...]:
        selects = sorted(map(list, one.selector.items())) == selector
        return one.fleet == fleet, one.named and one.name == name, selects, one.name == name

    of_workload = [one for one in policies if (one.namespace, one.canary) == (namespace, canary)]
    return max(of_workload, key=likeness, default=None)


def called_now(bound: Mapping[str, Any], then: str, policies: Iterable[Policy]) -> str:
    """The name of the policy that a command was bound to. The name of `then` where no policy of its workload is known:
    a policy has nothing but names to be known by.
    """
    policy = meant(bound, policies)
    return then if policy is None else policy.name


def is_kept_by(owner: str, bound: Mapping[str, Any], then: str, policies: Collection[Policy]) -> bool:
    """Whether a Canary that names policy `owner` as its keeper is kept by the policy that a command was bound to: when
    that has another name, Kurator gives it to the Canaries later. `then` as in `called_now`.
    """
    if owner == called_now(bound, then, policies):
        return True
    return owner == then and all(one.name != owner for one in policies)


def have_ended(bound: Mapping[str, Any], governed: Governed) -> bool:
    """All releases that the person saw."""
    states = {str(one.cluster): one.state for one in governed.members}
    seen = {cluster: Binding(*one) for cluster, one in bound["members"].items() if one}
    present = [(binding, states.get(cluster)) for cluster, binding in seen.items()]
    return all(state is None or has_ended(binding, state) for binding, state in present)


def warnings_of_clusters(governed: Governed) -> Iterable[str]:
    away = [f"{one.name} ({one.away})" for one in governed.members if one.away]
    bare = [one.name for one in governed.members if one.state is None]
    if away:
        yield (
            f"Nothing new is heard of {listed(away)}. Kurator goes through the clusters in no fixed order and stops at"
            " the first that it cannot reach, so others may be left out too."
        )
    if bare:
        yield f"No Canary of it is in {listed(bare)} yet; one that comes has the same setting."


def warnings_of_left(governed: Governed) -> Iterable[str]:
    if governed.left_by:
        yield said_of_left(governed.left_by)


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _identity(policy: Policy) -> list[Any]:
    workload = [policy.namespace, policy.canary]
    return [policy.name, *workload, policy.fleet, sorted(map(list, policy.selector.items())), policy.skips]


def _bound(member: Member) -> list[Any]:
    if member.state is None:
        return []
    binding = bind(member.state)
    return [binding.uid, binding.release, binding.applied, binding.configs]
