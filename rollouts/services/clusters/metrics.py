"""What is known of where a cluster's metrics are."""

from __future__ import annotations

from dataclasses import replace

from rollouts.domain.addresses import Unplaceable
from rollouts.domain.metric_places import usual_place
from rollouts.domain.metrics import ClusterMetrics, Place
from rollouts.domain.ports import ClusterFacts
from rollouts.models import Cluster


def metrics_of(cluster: Cluster, facts: ClusterFacts | None = None) -> ClusterMetrics:
    """With `facts` as they were just found, else as they were last kept."""
    known = ClusterMetrics(
        fixed=cluster.prometheus_url,
        flag=cluster.metrics_server,
        flagger_namespace=cluster.flagger_namespace,
        provider=cluster.mesh_provider,
        flagger_version=cluster.flagger_version,
        allowed=tuple(cluster.metrics_allowed),
    )
    if facts is None:
        return known
    return replace(
        known,
        flag=facts.metrics_server,
        flagger_namespace=facts.flagger_namespace,
        provider=facts.mesh_provider,
        flagger_version=facts.flagger_version,
    )


def usual_places(cluster: Cluster, facts: ClusterFacts) -> tuple[Place, ...]:
    """Where most of its checks are asked for; none when that is not known. A hub without Flagger has no checks."""
    if cluster.is_hub and not facts.flagger_namespace:
        return ()
    try:
        return (usual_place(metrics_of(cluster, facts)),)
    except Unplaceable:
        return ()
