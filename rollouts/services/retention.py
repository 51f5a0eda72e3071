"""What is too old is removed, a little at a time: the curves of a release, first thinned, then its values and its
timeline; entries of the audit trail; and texts of policies.

The release itself stays, with its times, versions, outcome and the reason of its failure: the summary of its report.
What runs is never touched, however long it has been running.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from rollouts.domain import memory, summaries
from rollouts.domain.outcomes import why_ended
from rollouts.domain.rollout import Outcome
from rollouts.domain.summaries import Value
from rollouts.models import Curve, EventSeen, Measurement, RangeCopy, Release, Transition
from rollouts.services import audit, new_canaries, trials, whole
from rollouts.services.act.drafts import forget
from rollouts.services.old_revisions import old_revisions
from rollouts.services.thinning import thin

RELEASES_A_BATCH = 50
ROWS_A_BATCH = 1000
SETTLED = timedelta(minutes=15)
"""Flagger's last Event about a release has been seen by then."""
LATELY = timedelta(days=2)
Batch = TypeVar("Batch")
RANGES_FOR = timedelta(days=1)
"""What was read because somebody looked at it; it can be read again."""


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long after the end of their release; None is for ever."""

    whole_curves: timedelta | None = None
    """Then they are thinned."""
    curves: timedelta | None = None
    measurements: timedelta | None = None
    timeline: timedelta | None = None
    releases: timedelta | None = None
    audit: timedelta | None = None
    """Each entry of the audit trail by its own age."""
    revisions: timedelta | None = None
    """Each text of a policy, or of a plain Canary's spec, by its own age; some of each stay."""


@dataclass(slots=True)
class Pruned:
    """Numbers of rows. `finished` is False when the time was over before everything old was removed."""

    thinned: int = 0
    curves: int = 0
    measurements: int = 0
    transitions: int = 0
    events: int = 0
    releases: int = 0
    entries: int = 0
    revisions: int = 0
    finished: bool = True


class _Time:
    """What one call has: it ends between two batches, never before the first one."""

    def __init__(self, pruned: Pruned, end: float, clock: Callable[[], float]) -> None:
        self._pruned = pruned
        self._end = end
        self._clock = clock
        self._begun = False

    def batches(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if self._clock() >= self._end and self._begun:
                self._pruned.finished = False
                return
            self._begun = True
            yield batch


def prune(*, keep: Keep, now: datetime, seconds: float, clock: Callable[[], float] = time.monotonic) -> Pruned:
    """Each batch is a transaction of its own. Stopped anywhere, the next call goes on; each call does one batch at
    least.
    """
    pruned = Pruned()
    in_time = _Time(pruned, clock() + seconds, clock).batches
    for rows in in_time(_in_batches(RangeCopy.objects.all(), "requested_at", RANGES_FOR, now)):
        _delete(rows)
    forget(now)
    trials.forget(now)
    whole.forget(now)
    new_canaries.forget(now)
    for batch in in_time(_unexplained(now)):
        keep_reasons(batch)
    for batch in in_time(_ended(keep.curves, now, Curve.objects.filter(release=OuterRef("pk")))):
        pruned.curves += _delete(Curve.objects.filter(release__in=batch))
    for batch in in_time(_ended(keep.whole_curves, now, Curve.objects.filter(release=OuterRef("pk"), thinned_at=None))):
        pruned.thinned += thin(batch, now=now)
    for batch in in_time(_ended(keep.measurements, now, Measurement.objects.filter(release=OuterRef("pk")))):
        keep_summaries(batch)
        pruned.measurements += _delete(Measurement.objects.filter(release__in=batch))
    for batch in in_time(_ended(keep.timeline, now, _timeline_of_each())):
        pruned.transitions += _forget_timeline(batch)
    for batch in in_time(_ended(keep.releases, now, None)):
        pruned.transitions += _forget_timeline(batch)
        pruned.releases += len(batch)
        Release.objects.filter(pk__in=[one.pk for one in batch]).delete()
    for rows in in_time(_in_batches(Transition.objects.filter(release=None), "at", keep.timeline, now)):
        pruned.transitions += _delete(rows)
    for rows in in_time(_in_batches(EventSeen.objects.all(), "last_at", keep.timeline, now)):
        pruned.events += _delete(rows)
    pruned.revisions = sum(map(_delete, in_time(old_revisions(keep.revisions, now))))
    pruned.entries = sum(audit.remove_entries(to=last, now=now) for last in in_time(audit.old_entries(keep.audit, now)))
    return pruned


def _ended(age: timedelta | None, now: datetime, detail: QuerySet[Model] | None) -> Iterator[list[Release]]:
    """Releases that ended so long ago and have `detail`, which the caller thins or removes, the oldest first. Without
    `detail` the releases themselves are to be removed; the newest one of a rollout is what its page shows, and stays.
    """
    if age is None:
        return
    old = Release.objects.filter(ended_at__lt=now - age).exclude(outcome=Outcome.RUNNING.value)
    old = old.exclude(number=F("rollout__release_number")) if detail is None else old.filter(Exists(detail))
    while batch := list(old.defer("canary").order_by("ended_at", "pk")[:RELEASES_A_BATCH]):
        yield batch
        old = old.filter(ended_at__gte=batch[-1].ended_at)


def _timeline_of_each() -> QuerySet[Transition]:
    return Transition.objects.filter(rollout=OuterRef("rollout"), release=OuterRef("number"))


def _timelines(releases: Sequence[Release]) -> QuerySet[Transition]:
    return Transition.objects.filter(reduce(or_, [Q(rollout=one.rollout_id, release=one.number) for one in releases]))


def _forget_timeline(releases: Sequence[Release]) -> int:
    keep_reasons([one for one in releases if one.outcome == Outcome.FAILED.value and not one.why])
    return _delete(_timelines(releases))


def _unexplained(now: datetime) -> Iterator[list[Release]]:
    """Releases whose failure is some time back, and that do not carry the reason of it yet."""
    lately = Release.objects.filter(outcome=Outcome.FAILED.value, why="", ended_at__gte=now - LATELY)
    told = lately.filter(Exists(_timeline_of_each().filter(why__gt="")), ended_at__lt=now - SETTLED)
    after = 0
    while batch := list(told.filter(pk__gt=after).defer("canary").order_by("pk")[:RELEASES_A_BATCH]):
        yield batch
        after = batch[-1].pk


def keep_reasons(releases: Sequence[Release]) -> None:
    """Writes into each of these failed releases what its timeline tells of the reason."""
    if not releases:
        return
    told: dict[tuple[int, int | None], list[Transition]] = defaultdict(list)
    for row in _timelines(releases).order_by("number"):
        told[row.rollout_id, row.release].append(row)
    for release in releases:
        release.why = why_ended(told[release.rollout_id, release.number])
    Release.objects.bulk_update(releases, ["why"])


def keep_summaries(releases: Sequence[Release]) -> None:
    """Writes into each of these releases what the values of its checks came to."""
    values: dict[tuple[int, str], list[Value]] = defaultdict(list)
    found = Measurement.objects.filter(release__in=releases)
    facts = found.values_list("release_id", "check_name", "green", "blue", "verdict", "agrees")
    for pk, name, green, blue, verdict, agrees in facts.iterator(ROWS_A_BATCH):
        values[pk, name].append(Value(green, blue, verdict, agrees))
    whole = {one.pk: one for one in Release.objects.filter(pk__in={pk for pk, _ in values})}
    for (pk, name), of_check in values.items():
        checks = {check.name: check for check in memory.load_canary(whole[pk].canary).checks}
        whole[pk].summaries[name] = summaries.dump(summaries.summary(checks.get(name), of_check))
    Release.objects.bulk_update(whole.values(), ["summaries"])


def _in_batches(rows: QuerySet[Any], column: str, age: timedelta | None, now: datetime) -> Iterator[QuerySet[Any]]:
    """Those whose `column` is that old, which the caller removes."""
    if age is None:
        return
    old = rows.filter(**{f"{column}__lt": now - age}).order_by("pk").values_list("pk", flat=True)
    while pks := list(old[:ROWS_A_BATCH]):
        yield rows.model._default_manager.filter(pk__in=pks)


def _delete(rows: QuerySet[Model]) -> int:
    return rows.delete()[0]
