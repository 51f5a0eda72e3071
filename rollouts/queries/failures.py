"""Why a release failed: what the timeline says, or was kept of it, else what Flagger's Events say, since a rollout that
had failed before it was first seen has no timeline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F

from rollouts.domain.observations import Event
from rollouts.domain.outcomes import why_ended
from rollouts.domain.reasons import Explains, reason_of
from rollouts.models import EventSeen, Release, Rollout, Transition

TELLING = {Explains.CHECK: 3, Explains.PERHAPS_A_CHECK: 2, Explains.DEADLINE: 2, Explains.OBSTACLE: 1}
"""What tells more of two Events that were said shortly before the end."""
LAST_WORDS = timedelta(minutes=10)
"""Events from longer before the failure are not about it."""
AFTER = timedelta(seconds=5)
MOST = 500


def why_failed(rollouts: Iterable[Rollout]) -> dict[int, str]:
    """By the rollout's id, only where it is known. Three statements at most, however many are asked about. Reads `id`,
    `release_number` and `phase_at`.
    """
    asked = {one.pk: one for one in rollouts}
    if not asked:
        return {}
    found = _from_timelines(asked)
    if len(found) < len(asked):
        found |= _kept([id for id in asked if id not in found])
    missing = {id: one.phase_at for id, one in asked.items() if id not in found and one.phase_at is not None}
    return found | _from_events(missing) if missing else found


class _Told(NamedTuple):
    phase: str
    failed_checks: int
    why: str | None


def _from_timelines(asked: dict[int, Rollout]) -> dict[int, str]:
    written = (
        Transition.objects.filter(rollout__in=asked, release=F("rollout__release_number"))
        .order_by("number")
        .values_list("rollout_id", "phase", "failed_checks", "why")
    )
    told: dict[int, list[_Told]] = defaultdict(list)
    for id, phase, failed_checks, why in written:
        told[id].append(_Told(phase, failed_checks, why))
    reasons = {id: why_ended(facts) for id, facts in told.items()}
    return {id: why for id, why in reasons.items() if why}


def _kept(asked: Iterable[int]) -> dict[int, str]:
    last = Release.objects.filter(rollout__in=asked, number=F("rollout__release_number"), why__gt="")
    return dict(last.values_list("rollout_id", "why"))


def _from_events(failed_at: dict[int, datetime]) -> dict[int, str]:
    best: dict[int, tuple[int, datetime, str]] = {}
    said = EventSeen.objects.filter(rollout__in=failed_at, type="Warning", last_at__isnull=False)
    for event in said.order_by("-last_at")[:MOST]:
        at, failed = event.last_at or datetime.min, failed_at[event.rollout_id]
        reason = reason_of(Event(event.uid, "", "", "", event.type, event.message))
        telling = TELLING.get(reason.explains)
        if telling is None or not failed - LAST_WORDS <= at <= failed + AFTER:
            continue
        found = (telling, at, reason.text)
        best[event.rollout_id] = max(best.get(event.rollout_id, found), found)
    return {id: text for id, (_, _, text) in best.items()}
