"""Asks a cluster for its versions and for what this program may do in it; keeps the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from rollouts.domain import memory, permissions
from rollouts.domain.addresses import Service
from rollouts.domain.commands import has_configs
from rollouts.domain.errors import ClusterError
from rollouts.domain.gates import gates_of
from rollouts.domain.observations import ROUTING_KINDS, Kind
from rollouts.domain.ports import ClusterConnection, ClusterFacts, Permission
from rollouts.models import Cluster, ClusterSource
from rollouts.services.clusters.defining import keep_known_fields
from rollouts.services.clusters.identity import identify
from rollouts.services.clusters.metrics import usual_places
from rollouts.services.clusters.ways import Ways

KNATIVE = "knative"
NAMESPACES = 20
"""At most, that are asked about one by one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a test found. With a `problem` the rest is only what was found before it."""

    problem: str = ""
    facts: ClusterFacts | None = None
    missing: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    """Kinds that are not installed."""
    missing_for_acting: tuple[str, ...] = ()
    """Without them all is seen, but some act is refused by the cluster."""
    missing_for_gates: tuple[str, ...] = ()
    """Of the load testers that hooks of its Canaries name."""
    missing_for_removing: tuple[str, ...] = ()
    missing_for_setting_up: tuple[str, ...] = ()
    missing_for_creating: tuple[str, ...] = ()
    """Canaries where no policy makes them."""
    missing_for_config_values: tuple[str, ...] = ()
    missing_for_applications: tuple[str, ...] = ()
    """Of a hub: to make and delete them as a whole."""

    @property
    def is_missing_something(self) -> bool:
        beside = (
            *(self.missing_for_gates, self.missing_for_removing, self.missing_for_setting_up),
            *(self.missing_for_config_values, self.missing_for_applications, self.missing_for_creating),
        )
        return any((self.missing, self.missing_for_acting, *beside))


def test(*, cluster: Cluster, ways: Ways, now: datetime) -> Report:
    """Never raises errors of clusters: they are what was to be found out."""
    facts: ClusterFacts | None = None
    missing: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    acting: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    beside: dict[str, tuple[str, ...]] = {}
    try:
        connection = ways.connect(cluster)
        try:
            facts = connection.facts()
            identify(cluster=cluster, uid=facts.uid)
            missing, absent = _missing(cluster, connection, facts), _absent(cluster, connection, facts)
            acting = _missing_for_acting(cluster, connection, facts)
            gates = _not_allowed(connection, permissions.of_gates(_load_testers(cluster)))
            beside = _missing_beside(cluster, connection, facts)
            _keep_known_fields(cluster, connection, facts, now)
        finally:
            connection.close()
    except ClusterError as error:
        return Report(str(error), facts, missing, absent, acting, gates, **beside)
    _keep(cluster.pk, facts, missing, now)
    return Report("", facts, missing, absent, acting, gates, **beside)


def probe(*, cluster: int, connection: ClusterConnection, now: datetime) -> None:
    """The same for the observer, on a connection whose identity was checked. Raises ClusterError; nothing is then
    kept.
    """
    row = Cluster.objects.filter(pk=cluster).first()
    if row is None:
        return
    facts = connection.facts()
    missing = _missing(row, connection, facts)
    _keep_known_fields(row, connection, facts, now)
    _keep(cluster, facts, missing, now)


def _keep_known_fields(cluster: Cluster, connection: ClusterConnection, facts: ClusterFacts, now: datetime) -> None:
    flagger = bool(facts.flagger_version) or not cluster.is_hub
    keep_known_fields(cluster=cluster, connection=connection, flagger=flagger, now=now)


def _missing(cluster: Cluster, connection: ClusterConnection, facts: ClusterFacts) -> tuple[str, ...]:
    wanted = list(permissions.of_cluster(cluster.namespaces, _routing(cluster, connection, facts.mesh_provider)))
    knative = facts.mesh_provider == KNATIVE or cluster.rollouts.filter(deleted_at=None, provider=KNATIVE).exists()
    wanted += permissions.of_metrics(cluster.namespaces, usual_places(cluster, facts), knative=knative)
    if cluster.is_hub:
        members = cluster.members.filter(source=ClusterSource.HUB, left_at=None).exclude(secret_name="")
        wanted += permissions.of_hub(members.values_list("hub_namespace", "secret_name").distinct())
    return _not_allowed(connection, wanted)


def _missing_for_acting(cluster: Cluster, connection: ClusterConnection, facts: ClusterFacts) -> tuple[str, ...]:
    """For rollouts nothing is asked of a hub without any of its own."""
    wanted: tuple[Permission, ...] = permissions.of_acting_on_a_hub() if cluster.is_hub else ()
    if facts.flagger_version or not cluster.is_hub:
        wanted += permissions.of_acting(cluster.namespaces, _routing(cluster, connection, facts.mesh_provider))
    return _not_allowed(connection, wanted)


def _missing_beside(cluster: Cluster, connection: ClusterConnection, facts: ClusterFacts) -> dict[str, tuple[str, ...]]:
    """What is granted beside the rights to act: where policies are removed and set up, and whole Applications made and
    deleted from here. ConfigMaps are asked for where some rollout has any.
    """
    whole = permissions.of_whole_applications() if cluster.is_hub else ()
    of_hub = {"missing_for_applications": _not_allowed(connection, whole)}
    if cluster.is_hub and not facts.flagger_version:
        return of_hub
    removing, setting_up = permissions.of_removing(cluster.namespaces), permissions.of_setting_up(cluster.namespaces)
    return {
        **of_hub,
        "missing_for_removing": _not_allowed(connection, removing),
        "missing_for_setting_up": _not_allowed(connection, setting_up),
        "missing_for_creating": _not_allowed(connection, permissions.of_creating(cluster.namespaces)),
        "missing_for_config_values": _not_allowed(connection, _of_configs(cluster)),
    }


def _of_configs(cluster: Cluster) -> tuple[Permission, ...]:
    """In the namespaces of such rollouts: a Role there is enough (deploy/rbac/configs.yaml)."""
    states = cluster.rollouts.filter(deleted_at=None).exclude(state={}).values_list("state", flat=True)
    canaries = (memory.load(state).canary for state in states.iterator())
    used = sorted({one.namespace for one in canaries if has_configs(one)})[:NAMESPACES]
    return permissions.of_configs(used) if used else ()


def _not_allowed(connection: ClusterConnection, wanted: Iterable[Permission]) -> tuple[str, ...]:
    return tuple(permissions.in_words(one) for one in wanted if not connection.allowed(one))


def _load_testers(cluster: Cluster) -> list[Service]:
    """Those whose gates hooks of its Canaries ask."""
    states = cluster.rollouts.filter(deleted_at=None).exclude(state={}).values_list("state", flat=True)
    found = {gate.service for state in states.iterator() for gate in gates_of(memory.load(state).canary)}
    return sorted(found, key=lambda one: (one.namespace, one.reference))


def _routing(cluster: Cluster, connection: ClusterConnection, provider: str) -> list[Kind]:
    """The kinds in use: by the cluster's default, and by what was seen. Else every one that is installed."""
    default = permissions.routing_kind(provider)
    used = set(cluster.rollouts.filter(deleted_at=None).exclude(routing_kind="").values_list("routing_kind", flat=True))
    kinds = {Kind(kind) for kind in used} | ({default} if default else set())
    return sorted(kinds or {kind for kind in ROUTING_KINDS if connection.serves(kind)})


def _absent(cluster: Cluster, connection: ClusterConnection, facts: ClusterFacts) -> tuple[str, ...]:
    """A hub need not have rollouts itself, and may do without clusters that Kurator made."""
    hub = (Kind.FLEET, Kind.ATTACHED_CLUSTER, Kind.APPLICATION)
    kinds = hub if cluster.is_hub else (Kind.CANARY, *_routing_in_use(cluster, facts.mesh_provider))
    return tuple(f"{kind}.{permissions.GROUPS[kind]}" for kind in kinds if not connection.serves(kind))


def _routing_in_use(cluster: Cluster, default: str) -> list[Kind]:
    """By the providers of its Canaries; without any by Flagger's own."""
    named = cluster.rollouts.filter(deleted_at=None).order_by().values_list("provider", flat=True).distinct()
    found = {permissions.routing_kind(provider or default) for provider in [*named] or [default]}
    return sorted(kind for kind in found if kind is not None)


def _keep(cluster: int, facts: ClusterFacts, missing: tuple[str, ...], now: datetime) -> None:
    Cluster.objects.filter(pk=cluster).update(
        server_version=facts.server_version[:64],
        flagger_version=facts.flagger_version[:64],
        mesh_provider=facts.mesh_provider[:64],
        flagger_namespace=facts.flagger_namespace,
        metrics_server=facts.metrics_server,
        flagger_ready=facts.flagger_ready,
        missing_permissions=list(missing),
        probed_at=now,
        version=F("version") + 1,
    )
