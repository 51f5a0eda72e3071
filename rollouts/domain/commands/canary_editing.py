"""The spec of a Canary becomes another, where no policy of Kurator makes it: what a person has reviewed is put into the
spec as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.domain.commands.act import Plan, Refusal, Wanted
from rollouts.domain.commands.governed import Governed, warnings_of_left
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.commands.policy_editing import FURTHER, NOTHING, OF_ROUTE, ON_THE_PAGE, UNREAD
from rollouts.domain.observations import Kind
from rollouts.domain.ownership import OwnerKind, undone_by
from rollouts.domain.phases import RUNNING
from rollouts.domain.policies.drafts import Clash, fitted
from rollouts.domain.policies.editing import changes
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.strategies import GATEWAY_API, Provider, family
from rollouts.domain.rollout import LiveSide

OF_ITS_POLICY = "Kurator makes this Canary of a policy, and writes its spec anew within 30 s."
THERE = "Edit the policy, on the page of its application."
OF_PLAIN_ROUTE = OF_ROUTE | {
    *("service_match", "rewrite_uri", "rewrite_type", "rewrite_authority", "delegates"),
    *("gateway_refs", "backend_timeout", "copies"),
}
ROUTED = ("", Provider.ISTIO, GATEWAY_API)
"""Whose routes Flagger writes as a whole. Without a provider it is Flagger's own, which mostly is Istio."""
SAYS_IT = "The Canary says all of this already."


def edit_canary(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    draft, current = wanted.draft, governed.policy.rollout
    if governed.keeper.kind is OwnerKind.KURATOR:
        return Refusal(wanted.act, OF_ITS_POLICY, THERE)
    if draft is None:
        return Refusal(wanted.act, "Nothing says what the Canary is to be.", ON_THE_PAGE)
    if current is None:
        return Refusal(wanted.act, UNREAD)
    found = fitted(draft, current)
    if isinstance(found, Clash):
        names = ", ".join(dict.fromkeys(one.field for one in found.fields))
        return Refusal(wanted.act, f"{found.said.rstrip('.')}: {names}." if names else found.said, FURTHER)
    if not found.operations:
        return Refusal(wanted.act, SAYS_IT)
    before, after = read(current, PLAIN), read(found.then, PLAIN)
    names = ", ".join(dict.fromkeys(str(one["path"]).removeprefix("/") for one in found.operations))
    return Plan(
        wanted.act,
        (spec_patch(governed, found.operations, names),),
        "It holds from Flagger's next tick on.",
        None,
        "What is said below." if any(_of_users(governed, before, after)) else NOTHING,
        undone_by=undone_by(governed.keeper),
        warnings=tuple(reach_of_canary(governed, before, after)),
        typed=governed.application if after.skips and not before.skips else "",
    )


def spec_patch(governed: Governed, operations: tuple[Mapping[str, Any], ...], says: str) -> Patch:
    """Of operations whose paths are from the spec on. It holds only for the very spec that was read: what Flagger
    writes into the status is no conflict.
    """
    guards = {"/metadata/generation": governed.generation, "/metadata/uid": governed.uid}
    return Patch(
        Kind.CANARY,
        governed.policy.namespace,
        governed.policy.canary,
        Form.JSON,
        (
            *({"op": "test", "path": path, "value": value} for path, value in guards.items()),
            *({**one, "path": f"/spec{one['path']}"} for one in operations),
        ),
        says,
    )


def reach_of_canary(governed: Governed, before: RolloutPolicy, after: RolloutPolicy) -> Iterator[str]:
    """What the change does beyond the Canary: to a release that runs, and to users (flagger.md 5.1, 5.6)."""
    names = [one.field for one in changes(before, after)]
    yield from warnings_of_left(governed)
    if any(canary.phase in RUNNING for _, canary in governed.seen()):
        yield "A release runs: from the next tick on it is judged by the new policy."
    yield from _of_users(governed, before, after)
    if after.skips and not before.skips:
        yield "Every version that arrives goes live unchecked, until that is taken back."
    if "interval" in names:
        yield "Flagger starts the clock of a Canary anew when its interval changes: a tick comes within 10 s."
    if before.reverts and not after.reverts:
        yield "Flagger takes its finalizer off at once: who deletes the Canary then deletes blue too."
    if "target_port" in names:
        yield "From Flagger's next tick on requests go to another port of the pods, of blue's too."
    if any(name.startswith("hooks") for name in names):
        yield "A webhook is called from the next tick on, and a load tester runs what it is told in a pod."
    for one in governed.members:
        if one.away:
            yield f"Nothing new is heard of {one.name} ({one.away}): what is shown is as old as that."


def _of_users(governed: Governed, before: RolloutPolicy, after: RolloutPolicy) -> Iterator[str]:
    elsewhere = any(one.state and one.state.live.side is not LiveSide.BLUE for one in governed.members)
    names = [one.field for one in changes(before, after)]
    if elsewhere and family(after.provider) in ROUTED and not OF_PLAIN_ROUTE.isdisjoint(names):
        yield (
            "Users are not all on blue, as far as is known. Flagger writes the whole route anew when anything of it"
            " changes, with all weights on blue: they move there at its next tick."
        )
