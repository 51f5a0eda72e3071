"""The only place that chooses adapters. One function per thing that services need from outside; settings decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from time import time
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.changefeed.redis import RedisChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.decode import kind_of_path, observation
from rollouts.adapters.kubernetes.in_cluster import in_cluster_credential
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.adapters.kubernetes.recording import encode, record
from rollouts.adapters.kubernetes.surroundings import KubernetesSurroundings
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.adapters.prometheus.direct import Direct
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.metric_places import origin_of
from rollouts.domain.metrics import Fetch, Login, MetricsSource, Place
from rollouts.domain.observations import Kind, Observation
from rollouts.domain.ports import ChangeFeed, ClusterConnection, Connect, Credential, MetricsDoor, Surroundings
from rollouts.models import Cluster
from rollouts.services.clusters import ReadKubeconfig, ReadOnce, Ways
from rollouts.services.clusters.door import Door
from rollouts.services.observe.door import RegisteredClusters
from rollouts.services.observe.observer import Observer
from rollouts.services.retention import Keep
from rollouts.services.secrets import Cipher

BRIEF = Limits(whole=15)


@cache
def change_feed() -> ChangeFeed:
    """One per process: everything in it publishes to, and hears from, the same feed."""
    return RedisChangeFeed(settings.REDIS_URL) if settings.REDIS_URL else MemoryChangeFeed()


def connect(credential: Credential) -> ClusterConnection:
    return KubernetesConnection(credential)


def connect_briefly(credential: Credential) -> ClusterConnection:
    """For small objects only: whoever reads them has little time."""
    return KubernetesConnection(credential, BRIEF)


def ways(connect: Connect = connect) -> Ways:
    """How registered clusters are reached."""
    return Ways(
        connect=connect,
        read_kubeconfig=_read_kubeconfig(),
        in_cluster=in_cluster_credential,
        cipher=Cipher(settings.SECRET_KEYS),
        folder=settings.KUBECONFIG_DIR,
    )


@cache
def _read_kubeconfig() -> ReadKubeconfig:
    return ReadOnce(credential_from_kubeconfig)


def open_metrics(cluster: Cluster) -> MetricsDoor:
    """The way to the values of its rollouts' checks; opens nothing yet. Close it after use."""
    return Door(cluster=cluster, ways=ways(connect_briefly), direct=_direct, through=_through)


def open_surroundings(cluster: Cluster) -> Surroundings:
    """What readiness is judged by; opens nothing yet, but for a member of a hub. Raises ClusterError."""
    return KubernetesSurroundings(ways(connect_briefly).credential(cluster), BRIEF)


def _direct(place: Place, login: Login | None) -> MetricsSource:
    address = f"{origin_of(place.address)}{place.path}"
    direct = Direct(address, login, headers=place.headers, insecure=place.insecure)
    return PrometheusSource(place.address, direct, close=direct.close)


def _through(place: Place, fetch: Fetch) -> MetricsSource:
    return PrometheusSource(place.address, fetch)


def recording(cluster: Cluster, *, seconds: float) -> Iterator[str]:
    """The cluster's raw watch streams as lines of JSON, without secrets."""
    connection = KubernetesConnection(ways().credential(cluster))
    try:
        for line in record(connection, cluster.name, seconds=seconds, now=time):
            yield encode(line).decode()
    finally:
        connection.close()


def observer() -> Observer:
    """What watches the clusters; the process that starts it also stops it."""
    return Observer(door=RegisteredClusters(ways()), feed=change_feed(), now=timezone.now)


def enqueue(task: str, arguments: Mapping[str, Any]) -> None:
    """Asks a worker for a short task, by its full name (`rollouts.tasks.copy_object`), once the present transaction is
    committed. Without a queue the task is lost, and that is logged: whoever waits for it asks again.
    """
    transaction.on_commit(lambda: current_app.send_task(task, kwargs=dict(arguments)), robust=True)


def keep() -> Keep:
    """For how long what belongs to a release is kept, the audit trail, and texts of policies."""
    return Keep(
        whole_curves=settings.KEEP_WHOLE_CURVES,
        curves=settings.KEEP_CURVES,
        measurements=settings.KEEP_MEASUREMENTS,
        timeline=settings.KEEP_TIMELINE,
        releases=settings.KEEP_RELEASES,
        audit=settings.KEEP_AUDIT,
        revisions=settings.KEEP_REVISIONS,
    )


def kind_of(path: str) -> Kind | None:
    """The kind that a collection's address in the API holds; None for one we do not follow."""
    return kind_of_path(path)


def decode(kind: Kind, raw: bytes, *, deleted: bool = False) -> Observation | None:
    """What an object as the API server sent it says; None when it does not concern us."""
    return observation(kind, raw, deleted=deleted)
