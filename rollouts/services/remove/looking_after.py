"""Each pass over open removals: asks a worker for each part that can go on, ends what is done or waited too long."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Prefetch

from rollouts.domain.ports import Enqueue
from rollouts.domain.removing.looking import NOTHING_BEHIND
from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.services.remove.ending import end, has_begun, left

TASK = "rollouts.tasks.go_on_removing"
AT_ONCE = 500
TOO_LATE = "Not every cluster was ready for it in time, and nothing was taken away."


def look_after_removals(*, now: datetime, enqueue: Enqueue) -> int:
    """The number of parts that a worker was asked for; costs one query when nothing is open."""
    asked, open_now = 0, Removal.objects.filter(state=RemovalState.OPEN)
    if not open_now.exists():
        return asked
    with_parts = open_now.prefetch_related(Prefetch("parts", RemovalPart.objects.order_by("id")))
    for removal in with_parts.select_related("application__hub").order_by("id")[:AT_ONCE]:
        parts = list(removal.parts.all())
        if all(part.finished for part in parts):
            end(removal, RemovalState.DONE, _told(parts), now)
        elif removal.expires_at <= now and not has_begun(removal):
            end(removal, RemovalState.FAILED, f"{TOO_LATE} {left(removal)}", now)
        else:
            due = [part.pk for part in parts if not part.finished and part.next_at <= now]
            for part in due:
                enqueue(TASK, {"part": part})
            asked += len(due)
    return asked


def _told(parts: list[RemovalPart]) -> str:
    """What is left behind is said where it is, and once where it is the same."""
    clusters = [part for part in parts if not part.on_hub]
    number = len(clusters)
    behind = defaultdict[str, list[str]](list)
    for one in clusters:
        if (said := one.done[-1]["said"]) != NOTHING_BEHIND:
            behind[said].append(one.name)
    where = clusters[0].name if number == 1 else f"all {number} clusters"
    each = [f"{', '.join(names) if len(names) < number else f'In {where}'}: {said}" for said, names in behind.items()]
    return " ".join([f"The rollout is removed in {where}, and the targets serve users.", *each])
