"""The two steps of a removal on the hub: `revertOnDeletion` in the policy, and `rollout` out of it."""

from __future__ import annotations

from collections.abc import Callable

from rollouts.domain import kurator
from rollouts.domain.commands import Governed, Patch
from rollouts.domain.errors import Conflict, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ownership import keeper_of
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.removing.judging import find, reverting, reverts, withdrawing
from rollouts.domain.removing.looking import ENDED, Look
from rollouts.domain.removing.steps import Step
from rollouts.models import Removal
from rollouts.queries.removals import clusters_of, selected_now
from rollouts.services.remove import trail

CHANGED = "The policy was changed meanwhile. Look at it again."
OTHER_CLUSTERS = "The policy has other clusters now, and nothing was taken away. Look at it again."
WRITTEN = {Step.REVERT: "revertOnDeletion is on.", Step.WITHDRAW: "The policy has no rollout."}
KEEPS_CHANGING = "Somebody else has just changed the Application."


def look_on_the_hub(step: Step, removal: Removal, connection: ClusterConnection, holds: Callable[[], bool]) -> Look:
    """`holds`: whether it is still ours to write. Raises ClusterError."""
    seen = _read(removal, connection)
    wanted = seen if isinstance(seen, Look) else _wanted(step, removal, seen)
    if isinstance(wanted, Look):
        return wanted
    if not holds():
        return ENDED
    try:
        version = connection.patch(wanted)
    except Conflict:
        return Look(False, KEEPS_CHANGING)
    trail.patched(removal, wanted, version)
    return Look(True, WRITTEN[step])


def _read(removal: Removal, connection: ClusterConnection) -> kurator.Application | Look:
    application = removal.application
    try:
        seen = connection.get(Kind.APPLICATION, application.namespace, application.name)
    except NotFound:
        return Look(False, "The Application was deleted.", over=True)
    if not isinstance(seen, kurator.Application):
        return Look(False, f"The Application cannot be read: {getattr(seen, 'reason', seen)}")
    if seen.deleting or seen.uid != removal.uid:
        return Look(False, "The Application was deleted.", over=True)
    return seen


def _wanted(step: Step, removal: Removal, seen: kurator.Application) -> Patch | Look:
    """What is to be written; a look where nothing is."""
    found = find(removal.bound, seen.policies)
    if found.changed:
        return Look(False, CHANGED, over=True)
    if step is Step.REVERT:
        if found.policy is None:
            return Look(False, "The policy has no rollout any more.", over=True)
        if reverts(found.policy):
            return Look(True, "revertOnDeletion was on already.")
        return reverting(_as_read(seen, found.policy))
    if found.policy is None:
        return Look(True, WRITTEN[step])
    if not reverts(found.policy) and found.policy.rollout is not None:
        return Look(False, "Somebody has turned revertOnDeletion off again.", over=True)
    if selected_now(removal, found.policy) != clusters_of(removal):
        return Look(False, OTHER_CLUSTERS, over=True)
    return withdrawing(_as_read(seen, found.policy))


def _as_read(seen: kurator.Application, policy: kurator.Policy) -> Governed:
    keeper = keeper_of(seen.labels, seen.managers)
    return Governed(seen.namespace, seen.name, seen.uid, seen.generation, policy, keeper, troubles=(), members=())
