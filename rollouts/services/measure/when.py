"""When a release is measured: shortly after each tick of Flagger's, and once more when its end lies some time back."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from rollouts.models import Release
from rollouts.services.measure.cases import Case

BEFORE = AFTER = timedelta(minutes=15)
"""How long before its start a release's curves begin, and after its end they end."""
SETTLED = timedelta(seconds=3)
"""A source has what it scraped, and an observer what it saw, after this time."""
AFTER_TICK = timedelta(seconds=4)
MARGIN = timedelta(seconds=30)
GIVEN_UP = timedelta(days=1)
"""A source that has not given the whole curves by then has forgotten them."""
LONGEST_REST = 300.0


def next_sample(case: Case, *, now: datetime, step: int) -> datetime:
    """Flagger writes its status at every tick that changes something, so the next ticks can be told from the last
    write. A curve that has become coarse is read less often.
    """
    spacing = max(case.interval, step)
    written = case.release.rollout.last_transition_at
    if written is None:
        return now + timedelta(seconds=spacing)
    passed = math.floor((now - written - AFTER_TICK).total_seconds() / spacing)
    return written + timedelta(seconds=(passed + 1) * spacing) + AFTER_TICK


def rest(since: datetime, *, now: datetime, least: float) -> datetime:
    """When a source is asked again that has not answered `since`: the longer, the later."""
    return now + timedelta(seconds=max(least, min(LONGEST_REST, (now - since).total_seconds() / 2)))


def whole_at(release: Release) -> datetime | None:
    """From when on its whole curves can be fetched; None while it runs."""
    return None if release.ended_at is None else release.ended_at + AFTER + MARGIN
