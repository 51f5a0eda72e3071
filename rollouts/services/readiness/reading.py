"""Reads of a cluster what its readiness is judged by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from rollouts.domain import memory, permissions
from rollouts.domain.addresses import Service
from rollouts.domain.errors import ClusterError, Forbidden
from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ports import Permission, Surroundings
from rollouts.domain.readiness import Controller, Metrics, Namespace, Rights, Seen, Unread
from rollouts.domain.readiness.traffic import asked_services
from rollouts.models import Cluster
from rollouts.services import clusters
from rollouts.services.clusters import MetricsReport, Report, Ways

MOST_NAMESPACES, MOST_SERVICES = 100, 30
LONGEST = timedelta(seconds=60)
LATE = Unread("It was not looked at: the check took too long.")
CONTROLLERS = ("deployments", "daemonsets")
LIST_FLEETS = Permission("list", permissions.GROUPS[Kind.FLEET], Kind.FLEET.value)
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Reader:
    """Single reads, until the time is up. A right that is missing is an answer; any other failure ends the check."""

    until: datetime
    now: Callable[[], datetime]

    def read(self, read: Callable[[], Read], right: Permission) -> Read | Unread:
        if self.now() >= self.until:
            return LATE
        try:
            return read()
        except Forbidden:
            return Unread("This account may not.", permissions.in_words(right))


def read(
    *, cluster: Cluster, report: Report, metrics: MetricsReport | None, ways: Ways, around: Surroundings,
    now: Callable[[], datetime],
) -> Seen:  # fmt: skip
    """`report` and `metrics` are what `clusters test` found. Raises ClusterError."""
    reader = Reader(now() + LONGEST, now)
    canaries = _canaries(cluster)
    services = sorted(asked_services(canaries), key=lambda one: (one.namespace, one.reference))[:MOST_SERVICES]
    also = {(one.namespace, one.name) for one in services}
    return Seen(
        is_hub=cluster.is_hub,
        server_version=report.facts.server_version if report.facts else "",
        controllers=_controllers(reader, around, also),
        canaries=canaries,
        namespaces={name: _namespace(reader, around, name) for name in _namespaces(canaries)},
        gateways={group: _gateways(reader, around, group) for group in permissions.GATEWAY_GROUPS},
        services={one: _service(reader, around, one) for one in services},
        absent_kinds=report.absent,
        metrics=Metrics(metrics.source, metrics.problem, metrics.built_in) if metrics else None,
        rights=Rights(report.missing, report.missing_for_acting, report.missing_for_gates),
        fleets=_fleets(cluster, ways, reader),
    )


def _canaries(cluster: Cluster) -> tuple[Canary, ...]:
    states = cluster.rollouts.filter(deleted_at=None, unreadable="").exclude(state={}).order_by("namespace", "name")
    return tuple(memory.load(state).canary for state in states.values_list("state", flat=True).iterator())


def _controllers(
    reader: Reader, around: Surroundings, also: Collection[tuple[str, str]]
) -> tuple[Controller, ...] | Unread:
    """Each right is named by itself, since one may be there without the other."""
    found: list[Controller] = []
    for plural in CONTROLLERS:
        some = reader.read(partial(around.controllers, plural, also), Permission("list", "apps", plural))
        if isinstance(some, Unread):
            return some
        found += some
    return tuple(found)


def _namespaces(canaries: Iterable[Canary]) -> list[str]:
    return sorted({one.namespace for one in canaries})[:MOST_NAMESPACES]


def _namespace(reader: Reader, around: Surroundings, name: str) -> Namespace | Unread | None:
    return reader.read(lambda: around.namespace(name), Permission("get", "", "namespaces", name))


def _gateways(reader: Reader, around: Surroundings, group: str) -> frozenset[str] | Unread:
    return reader.read(lambda: around.gateways(group), permissions.of_gateways(group))


def _service(reader: Reader, around: Surroundings, one: Service) -> bool | Unread:
    return reader.read(lambda: around.has_service(one), Permission("get", "", "services", one.namespace))


def _fleets(cluster: Cluster, ways: Ways, reader: Reader) -> tuple[Fleet, ...] | Unread | None:
    """What the hub says, which may be out of reach while the member is not."""
    hub = cluster if cluster.is_hub else cluster.hub
    if hub is None:
        return None
    try:
        found = reader.read(lambda: _listed(hub, ways), LIST_FLEETS)
    except ClusterError as error:
        return Unread(str(error))
    if isinstance(found, Unread) or cluster.is_hub:
        return found
    return tuple(one for one in found if f"{one.namespace}/{one.name}" in cluster.fleets)


def _listed(hub: Cluster, ways: Ways) -> tuple[Fleet, ...]:
    connection = ways.connect(hub)
    try:
        clusters.identify(cluster=hub, uid=connection.uid())
        pages = connection.list(Kind.FLEET)
        return tuple(one for page in pages for one in page.observations if isinstance(one, Fleet))
    finally:
        connection.close()
