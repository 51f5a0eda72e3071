"""One check of one cluster: read, judge, keep, and tell what has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from rollouts.domain import readiness
from rollouts.domain.errors import ClusterError
from rollouts.domain.ports import ChangeFeed, Hint, MetricsDoor, Surroundings
from rollouts.domain.readiness import Change, Finding, Light
from rollouts.models import Cluster, Readiness, ReadinessChange
from rollouts.services import clusters
from rollouts.services.clusters import Ways
from rollouts.services.readiness.reading import read

MOST_CHANGES = 100
"""Kept of a cluster, the newest ones."""


def check(
    *,
    cluster: int,
    ways: Ways,
    open_surroundings: Callable[[Cluster], Surroundings],
    open_metrics: Callable[[Cluster], MetricsDoor],
    feed: ChangeFeed,
    now: Callable[[], datetime],
) -> None:
    """Safe to repeat. Raises no errors of clusters: why a check came to no end is kept, beside what was found last."""
    row = Readiness.objects.select_related("cluster__hub").filter(cluster=cluster).first()
    if row is None:
        return
    try:
        found = _found(row.cluster, ways, open_surroundings, open_metrics, now)
    except ClusterError as error:
        kept = _keep_problem(row, str(error), now())
    else:
        kept = _keep(row, found, now())
    if kept:
        feed.publish([Hint(f"cluster-{cluster}", int(now().timestamp() * 1000))])


def _found(
    cluster: Cluster, ways: Ways, open_surroundings: Callable[[Cluster], Surroundings],
    open_metrics: Callable[[Cluster], MetricsDoor], now: Callable[[], datetime],
) -> tuple[Finding, ...]:  # fmt: skip
    """By the same looks as `clusters test`, and some more. Raises ClusterError."""
    report = clusters.test(cluster=cluster, ways=ways, now=now())
    if report.problem:
        raise ClusterError(report.problem)
    metrics = clusters.try_metrics(cluster=cluster, open_metrics=open_metrics, built_in=True)
    around = open_surroundings(cluster)
    try:
        clusters.identify(cluster=cluster, uid=around.uid())
        seen = read(cluster=cluster, report=report, metrics=metrics, ways=ways, around=around, now=now)
    finally:
        around.close()
    return readiness.judge(seen)


def _keep_problem(row: Readiness, problem: str, now: datetime) -> bool:
    return _written(row, problem=problem, tried_at=now)


@transaction.atomic
def _keep(row: Readiness, found: Sequence[Finding], now: datetime) -> bool:
    changed = tuple(readiness.changes(readiness.load(row.findings), found))
    lights = [one.light for one in found]
    written = _written(
        row,
        light=readiness.worst(lights).value,
        lacking=lights.count(Light.LACKING),
        findings=readiness.dump(found),
        checked_at=now,
        tried_at=now,
        problem="",
    )
    if written and changed:
        _tell(row.cluster, changed, now)
    return written


def _written(row: Readiness, **columns: object) -> bool:
    """Unless another check was kept meanwhile."""
    as_read = Readiness.objects.filter(pk=row.pk, version=row.version)
    return bool(as_read.update(version=row.version + 1, **columns))


def _tell(cluster: Cluster, changed: Iterable[Change], now: datetime) -> None:
    ReadinessChange.objects.bulk_create(
        ReadinessChange(
            cluster=cluster,
            at=now,
            prerequisite=one.prerequisite.value,
            before=one.before.value,
            after=one.after.value,
            said=one.said,
        )
        for one in changed
    )
    told = ReadinessChange.objects.filter(cluster=cluster).order_by("-id")
    oldest = told.values_list("id", flat=True)[MOST_CHANGES - 1 : MOST_CHANGES].first()
    if oldest is not None:
        ReadinessChange.objects.filter(cluster=cluster, id__lt=oldest).delete()
