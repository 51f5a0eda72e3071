"""Whether a release of an image that a policy says has begun, cluster by cluster: Kurator, Flux and Flagger come one
after the other, and each may be what it waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rollouts.domain.commands import image_entries
from rollouts.domain.commands.act import Wanted
from rollouts.domain.commands.binding import Binding
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.governed import Governed, Member
from rollouts.domain.commands.new_version import IMAGE
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.commands.policy_new_version import CONTAINER, ENTRY
from rollouts.domain.kurator import Policy
from rollouts.domain.ownership import DISABLED, RECONCILE
from rollouts.domain.phases import PROMOTED
from rollouts.domain.rollout import Images, RolloutState

FLUX_APPLIES_WITHIN = timedelta(minutes=2)
"""From when the Kustomization has changed; what it waits for beside that has a limit of its own (its `timeout`)."""
LOOK_AT = (
    "Where it is not on the target, look at the Kustomization of that cluster on the hub (suspended, not ready, a"
    f" source that fails), and whether the target has the annotation {RECONCILE}: {DISABLED}."
)


def is_said(wanted: Wanted, policy: Policy) -> bool:
    choice = wanted.choice
    return ENTRY in choice and image_entries.says(policy, choice[ENTRY], choice[IMAGE])


def begun_in(governed: Governed, promised: Promised) -> list[InCluster]:
    """In the clusters that had a Canary when the person asked for it."""
    choice = promised.choice
    said = image_entries.says(governed.policy, choice[ENTRY], choice[IMAGE])
    gone = not said and governed.generation > promised.generation
    bound = promised.bound["members"]
    return [_in(one, promised, gone=gone) for one in governed.members if bound.get(str(one.cluster))]


def _in(one: Member, promised: Promised, *, gone: bool) -> InCluster:
    state, binding = one.state, Binding(*promised.bound["members"][str(one.cluster)])
    if state is None or state.deleted_at is not None or state.canary.uid != binding.uid:
        return InCluster(one.cluster, one.name, Followed(False, "The Canary was deleted."))
    image = image_entries.comes_to(promised.choice[IMAGE])
    number = _place(state, promised.choice[CONTAINER])
    has = number is not None and state.green is not None and state.green.images[number] == image
    ran = number is not None and _ran(state, number) == image
    if has and state.releases > binding.release and (ran or _newest(state) is None):
        return InCluster(one.cluster, one.name, Followed(True, f"Release {state.releases} has begun."))
    if has and state.releases == binding.release and ran:
        return InCluster(one.cluster, one.name, Followed(True, "The target had it already."))
    if gone:
        changed = Followed(False, "The policy was changed again on the hub before it was seen here.")
        return InCluster(one.cluster, one.name, changed)
    return InCluster(one.cluster, one.name, None, _so_far(one, state, number, has=has))


def _so_far(one: Member, state: RolloutState, number: int | None, *, has: bool) -> str:
    if has:
        return "On the target. The release begins at Flagger's next tick."
    if state.green is not None and number is None:
        return "The target has no such container."
    return f"Not on the target yet. {one.away}".strip()


def _place(state: RolloutState, container: str) -> int | None:
    target = state.green
    known = target is not None and len(target.containers) == len(target.images)
    return (
        target.containers.index(container) if target is not None and known and container in target.containers else None
    )


def _newest(state: RolloutState) -> Images | None:
    return state.release.to_images if state.release is not None else None


def _ran(state: RolloutState, number: int) -> str:
    """The image of the newest release; of an idle rollout without one, what blue runs."""
    found: Sequence[str] | None = _newest(state)
    if found is None and state.canary.phase in PROMOTED and state.blue is not None:
        found = state.blue.images
    return found[number] if found is not None and number < len(found) else ""
