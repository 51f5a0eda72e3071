"""The two steps of a removal on the hub: `revertOnDeletion` in the policy, and `rollout` out of it."""

from __future__ import annotations

from datetime import datetime

from rollouts.domain import kurator
from rollouts.domain.commands import Governed, Patch
from rollouts.domain.errors import Conflict, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ownership import keeper_of
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.removing.judging import find, reverting, reverts, withdrawing
from rollouts.domain.removing.looking import Look
from rollouts.domain.removing.steps import Step
from rollouts.models import Removal
from rollouts.services.remove import trail

CHANGED = "The policy was changed meanwhile. Look at it again."
KEEPS_CHANGING = "Somebody else has just changed the Application."


def look_on_the_hub(step: Step, removal: Removal, connection: ClusterConnection, _now: datetime) -> Look:
    """Raises ClusterError."""
    application = removal.application
    try:
        seen = connection.get(Kind.APPLICATION, application.namespace, application.name)
    except NotFound:
        return Look(False, "The Application was deleted.", over=True)
    if not isinstance(seen, kurator.Application):
        return Look(False, f"The Application cannot be read: {getattr(seen, 'reason', seen)}")
    if seen.deleting or seen.uid != removal.uid:
        return Look(False, "The Application was deleted.", over=True)
    found = find(removal.bound, seen.policies)
    if found.changed:
        return Look(False, CHANGED, over=True)
    if step is Step.REVERT:
        if found.policy is None:
            return Look(False, "The policy has no rollout any more.", over=True)
        if reverts(found.policy):
            return Look(True, "revertOnDeletion was on already.")
        return _sent(reverting(_as_read(seen, found.policy)), removal, connection, "revertOnDeletion is on.")
    if found.policy is None:
        return Look(True, "The policy has no rollout.")
    if not reverts(found.policy) and found.policy.rollout is not None:
        return Look(False, "Somebody has turned revertOnDeletion off again.", over=True)
    return _sent(withdrawing(_as_read(seen, found.policy)), removal, connection, "The policy has no rollout.")


def _as_read(seen: kurator.Application, policy: kurator.Policy) -> Governed:
    keeper = keeper_of(seen.labels, seen.managers)
    return Governed(seen.namespace, seen.name, seen.uid, seen.generation, policy, keeper, troubles=(), members=())


def _sent(patch: Patch, removal: Removal, connection: ClusterConnection, said: str) -> Look:
    try:
        version = connection.patch(patch)
    except Conflict:
        return Look(False, KEEPS_CHANGING)
    trail.patched(removal, patch, version)
    return Look(True, said)
