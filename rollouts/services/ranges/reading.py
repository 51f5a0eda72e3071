"""Reads the ranges that people look at: those of one cluster in one worker, so that a cluster that answers slowly
never takes more than one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from rollouts.domain import curves, memory
from rollouts.domain.metrics import Asking, Side
from rollouts.domain.observations import Canary
from rollouts.domain.ports import ChangeFeed, Enqueue, Hint
from rollouts.domain.ranges import RANGES, good_until
from rollouts.models import Cluster, ClusterState, RangeCopy, Release, Rollout
from rollouts.services.clusters import metrics_of
from rollouts.services.measure.asker import EMPTY, Asker, OutOfTime, Reading
from rollouts.services.measure.doors import Open, door
from rollouts.services.ranges.requesting import TASK

BUDGET = timedelta(seconds=20)
"""After this time no further question is asked."""
CLAIM = BUDGET + timedelta(seconds=25)
"""Leaves time for the last question."""
WANTED = timedelta(minutes=2)
"""A page that is still open asks again within this time; else nobody waits for the answer any longer."""
SCRAPED = timedelta(seconds=3)
NO_TIME = "There was no time left to ask for it."
WRITTEN = ("begin", "end", "step", "lines", "error", "read_at", "good_until")
UNKNOWN = "What is checked is not known: its Canary could not be read yet."


def read(
    *,
    cluster: int,
    open_metrics: Open,
    enqueue: Enqueue,
    feed: ChangeFeed,
    now: Callable[[], datetime],
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Reads what is asked for of the cluster, unless another worker does. Returns the number of ranges read. Safe to
    repeat, and to kill anywhere.
    """
    until = now() + CLAIM
    free = Q(ranges_until=None) | Q(ranges_until__lte=now())
    if (
        not Cluster.objects.filter(free, pk=cluster, observed=True)
        .exclude(state=ClusterState.STOPPED)
        .update(ranges_until=until)
    ):
        return 0
    done = 0
    try:
        for copy in _read_all(cluster, open_metrics, now, clock):
            feed.publish([Hint(f"measured-{copy.rollout_id}", int(now().timestamp() * 1000))])
            done += 1
    finally:
        Cluster.objects.filter(pk=cluster, ranges_until=until).update(ranges_until=None)
    if _waiting(cluster, now()).exists():  # asked for while the claim was being given back, or out of time
        enqueue(TASK, {"cluster": cluster})
    return done


def _waiting(cluster: int, now: datetime) -> QuerySet[RangeCopy]:
    pending = Q(read_at=None) | Q(read_at__lt=F("requested_at"))
    found = RangeCopy.objects.filter(pending, rollout__cluster=cluster, requested_at__gt=now - WANTED)
    return found.select_related("rollout").order_by("requested_at", "pk")


def _read_all(
    cluster: int, open_metrics: Open, now: Callable[[], datetime], clock: Callable[[], float]
) -> Iterator[RangeCopy]:
    row = Cluster.objects.select_related("hub").get(pk=cluster)
    end = clock() + BUDGET.total_seconds()
    with Asker(door(row, open_metrics), metrics_of(row), end=end, clock=clock) as asker:
        while (copy := _waiting(cluster, now()).first()) is not None:
            try:
                asker.check_time()
                _read(copy, asker, now)
            except OutOfTime:
                return
            yield copy


def _read(copy: RangeCopy, asker: Asker, now: Callable[[], datetime]) -> None:
    """Raises OutOfTime when not even the first question could be asked."""
    begun, before, canary = now(), copy.read_at, _canary(copy.rollout)
    grid, end = _grid(copy, begun)
    until = min(end, (begun - SCRAPED).timestamp())
    readings = list(_readings(asker, canary, grid, until)) if canary is not None else []
    copy.begin, copy.end = (datetime.fromtimestamp(at, UTC) for at in (grid.begin, end))
    copy.step, copy.error = grid.step, "" if canary is not None else UNKNOWN
    copy.lines = [_line(*one, grid, until) for one in readings]
    whole = canary is not None and not any(_may_change(side, reading) for _, side, reading in readings)
    copy.good_until = good_until(copy.end, copy.step, begun, whole=whole)
    copy.read_at = max(now(), copy.requested_at)  # the clock of who asks may be ahead
    # Unless somebody else has written meanwhile.
    RangeCopy.objects.filter(pk=copy.pk, read_at=before).update(**{name: getattr(copy, name) for name in WRITTEN})


def _may_change(side: Side, reading: Reading) -> bool:
    """Whether there may be an answer soon where there was none; blue alone is unreadable for good."""
    return reading.again or (side is Side.GREEN and reading.failed is not None)


def _canary(rollout: Rollout) -> Canary | None:
    """As it is now; of one that was never read, as its newest release knew it."""
    if known := rollout.state.get("canary"):
        return memory.load_canary(known)
    newest = Release.objects.filter(rollout=rollout).order_by("-number").first()
    return memory.load_canary(newest.canary) if newest and newest.canary else None


def _grid(copy: RangeCopy, now: datetime) -> tuple[curves.Curve, float]:
    """The moments to be read, and the end of the range, in Unix seconds. A range up to now moves in whole steps, so
    that its moments stay the same.
    """
    length = RANGES.get(copy.range)
    if length is None:
        begin, end = copy.begin.timestamp(), copy.end.timestamp()
        return curves.Curve(int(begin), curves.whole_step(end - begin)), end
    step = curves.whole_step(length.total_seconds())
    return curves.empty((now - SCRAPED - length).timestamp(), step), now.timestamp()


def _readings(asker: Asker, canary: Canary, grid: curves.Curve, until: float) -> Iterator[tuple[Asking, Side, Reading]]:
    """Of two checks of one name the first counts. Raises OutOfTime before the first question only."""
    by_name: dict[str, Asking] = {}
    for asking in asker.askings(canary):
        by_name.setdefault(asking.check.name, asking)
    wanted = curves.missing(grid, until)
    for asking in by_name.values():
        for side in Side:
            yield asking, side, _reading(asker, asking, side, wanted, grid.step) if wanted else Reading()


def _reading(asker: Asker, asking: Asking, side: Side, wanted: tuple[int, int], step: int) -> Reading:
    try:
        return asker.range(asking, side, *wanted, step)
    except OutOfTime:
        return Reading(note=NO_TIME, again=True)


def _line(asking: Asking, side: Side, reading: Reading, grid: curves.Curve, until: float) -> dict[str, Any]:
    """A side without values is ordinary between releases, when green does not run: that needs no note."""
    values = curves.extended(grid, reading.samples, until).values if reading.samples else ()
    note = "" if reading.note == EMPTY else reading.note
    return {"check": asking.check.name, "side": side.value, "values": values, "note": note}
