"""What has to be read from a cluster before a person can choose: asked of a task, and waited for by the dialog."""

from __future__ import annotations

from datetime import datetime, timedelta

from rollouts.domain.observations import Kind
from rollouts.domain.ports import Enqueue
from rollouts.models import ObjectCopy, Rollout

FRESH_FOR = timedelta(seconds=60)
ASKED_AGAIN_AFTER = timedelta(seconds=5)


def has_to_wait(
    rollout: Rollout, copy: ObjectCopy | None, enqueue: Enqueue, now: datetime, *, kind: Kind, task: str,
    fresh_for: timedelta = FRESH_FOR,
) -> bool:  # fmt: skip
    """`copy`: the one that is kept of what belongs to the target, if there is any. Unless it is fresh the task is asked
    for another.
    """
    made = False
    if copy is None:  # somebody else may make it at the same time
        given = {"requested_at": now}
        copy, made = ObjectCopy.objects.get_or_create(
            rollout=rollout, kind=kind.value, name=rollout.target_name, defaults=given
        )
    if copy.fetched_at is not None and copy.fetched_at > now - fresh_for:
        return False
    if made or copy.requested_at < now - ASKED_AGAIN_AFTER:
        ObjectCopy.objects.filter(pk=copy.pk).update(requested_at=now)
        enqueue(task, {"copy": copy.pk})
    return True
