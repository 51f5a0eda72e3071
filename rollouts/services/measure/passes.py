"""One pass over one cluster: everything of it that is due, within a limit of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from rollouts.domain.ports import ChangeFeed
from rollouts.models import Cluster, Release
from rollouts.services.clusters import metrics_of
from rollouts.services.measure import claims, keeping, sampling, when
from rollouts.services.measure.asker import Asker, OutOfTime
from rollouts.services.measure.cases import Case, Read, cases
from rollouts.services.measure.doors import Open, door
from rollouts.services.measure.save import save

log = structlog.get_logger(__name__)

SAVED_EVERY = 2.0
"""Seconds: what was read early is not kept waiting by a slow source."""
PUT_OFF = timedelta(minutes=5)
"""Before a release is tried again that met a defect of this program."""
TOO_LATE = "It had ended long before its curves could be fetched."


def measure(
    *,
    cluster: int,
    releases: Sequence[int],
    open_metrics: Open,
    feed: ChangeFeed,
    now: Callable[[], datetime],
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Reads those `releases` of the cluster that are due, unless another worker reads the cluster. Returns the number
    of releases read. Safe to repeat, and to kill anywhere.
    """
    row = Cluster.objects.filter(pk=cluster).first()
    claim = claims.claim(cluster=cluster, releases=releases, now=now())
    if claim is None or row is None:
        return 0
    done = 0
    try:
        end = clock() + claims.BUDGET.total_seconds()
        with Asker(door(row, open_metrics), metrics_of(row), end=end, clock=clock) as asker:
            for reads in _batches(_reads(claim, asker, now), clock):
                feed.publish(save(reads, claim, now=now()))
                done += len(reads)
    finally:
        claims.finish(claim, now=now())
    return done


def _reads(claim: claims.Claim, asker: Asker, now: Callable[[], datetime]) -> Iterator[Read]:
    """Those that were read longest ago first, else slow checks would take the time of the same releases again and
    again.
    """
    claimed = claims.claimed(claim).select_related("rollout").order_by("pk")
    for case in cases(sorted(claimed, key=lambda release: release.measured_at or release.started_at)):
        try:
            case.ask(asker.askings(case.canary))
            read = _read(case, asker, now())
        except OutOfTime:
            return
        except Exception:
            # A defect met by one release must not keep the others of its cluster from being measured.
            log.exception("release_not_measured", release=case.release.pk)
            read = _put_off(case.release, now())
        yield read


def _read(case: Case, asker: Asker, now: datetime) -> Read:
    release, whole = case.release, when.whole_at(case.release)
    if whole is None or release.ended_at is None or now < whole:
        return sampling.sample(case, asker, now=now)
    if release.measured_at is None and now > whole + when.GIVEN_UP:
        return Read(release, now, release.measured_to, now, done=True, note=TOO_LATE)
    return keeping.keep(case, asker, ended_at=release.ended_at, now=now)


def _put_off(release: Release, now: datetime) -> Read:
    return Read(release, now, release.measured_to, now + PUT_OFF)


def _batches(reads: Iterable[Read], clock: Callable[[], float]) -> Iterator[list[Read]]:
    batch: list[Read] = []
    begun = clock()
    for read in reads:
        batch.append(read)
        if clock() - begun > SAVED_EVERY:
            yield batch
            batch, begun = [], clock()
    if batch:
        yield batch
