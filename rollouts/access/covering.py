"""What an extent covers: as a condition on rows, and of one thing at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from django.db.models import F, Q, QuerySet

from rollouts.domain.extents import Extent
from rollouts.models import Application, Covers, Grant, Rollout

FEW_CLUSTERS = 5


def within(extent: Extent, rollouts: QuerySet[Rollout]) -> QuerySet[Rollout]:
    """Without a join, by columns of the indexes that lists read; unchanged for who has everything."""
    if extent.everything:
        return rollouts
    conditions = list(_conditions(extent))
    if not conditions:
        return rollouts.none()
    return rollouts.alias(cluster_number=F("cluster_id") + 0).filter(reduce(or_, conditions))


def _conditions(extent: Extent) -> Iterator[Q]:
    if extent.clusters:
        # By an index of clusters SQLite would fetch whole rows: of many that takes longer than to read all of the index
        # that lists read.
        column = "cluster_id" if len(extent.clusters) <= FEW_CLUSTERS else "cluster_number"
        yield Q(**{f"{column}__in": sorted(extent.clusters)})
    if extent.applications:
        yield Q(application_id__in=sorted(extent.applications))
    by_cluster: dict[int | None, list[str]] = defaultdict(list)
    for cluster, namespace in sorted(extent.namespaces, key=lambda one: (one[0] or 0, one[1])):
        by_cluster[cluster].append(namespace)
    for cluster, namespaces in by_cluster.items():
        here = Q(namespace__in=namespaces)
        yield here if cluster is None else here & Q(cluster_id=cluster)


def covers(extent: Extent, one: Rollout | Application) -> bool:
    if isinstance(one, Rollout):
        return extent.covers_rollout(cluster=one.cluster_id, namespace=one.namespace, application=one.application_id)
    if extent.covers_application(one.pk):
        return True
    its_rollouts = Rollout.objects.filter(application=one.pk, deleted_at__isnull=True)
    covered = set(within(extent, its_rollouts).values_list("pk", flat=True))
    return bool(covered) and covered == set(its_rollouts.values_list("pk", flat=True))


def covers_policy(extent: Extent, one: Application, clusters: Iterable[int]) -> bool:
    covered = [
        extent.covers_rollout(cluster=cluster, namespace=one.workload_namespace, application=one.pk)
        for cluster in clusters
    ]
    return all(covered) if covered else extent.covers_application(one.pk)


def covers_namespace_in(extent: Extent, namespace: str, clusters: Iterable[int]) -> bool:
    """All of it in each of them; of no clusters, in every one."""
    covered = [extent.covers_namespace(cluster, namespace) for cluster in clusters]
    return all(covered) if covered else extent.covers_namespace(None, namespace)


def covers_grant(extent: Extent, grant: Grant) -> bool:
    if extent.everything:
        return True
    if grant.covers == Covers.FLEET:
        return extent.covers_fleet(grant.cluster_id, grant.fleet)
    if grant.covers == Covers.CLUSTER:
        return grant.cluster_id is not None and extent.covers_cluster(grant.cluster_id)
    if grant.covers == Covers.NAMESPACE:
        return extent.covers_namespace(grant.cluster_id, grant.namespace)
    return grant.covers == Covers.APPLICATION and extent.covers_application(grant.application_id)
