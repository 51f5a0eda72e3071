"""How a cluster is, in one word and one sentence, and since when: judged from its streams, stored when it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from rollouts.domain.errors import ClusterError, CredentialError, Forbidden, NotFound, Unauthenticated
from rollouts.domain.observations import Kind
from rollouts.domain.ports import Hint
from rollouts.models import Cluster, ClusterState
from rollouts.services import clusters
from rollouts.services.observe import leases
from rollouts.services.observe.sightings import Lease
from rollouts.services.observe.watching import ClusterWatch, Health, WatchSettings

WAY_IN = ("source", "path", "context", "secret", "hub_id", "hub_namespace", "secret_name", "secret_key")
COLUMNS = (*WAY_IN, "name", "is_hub", "namespaces", "allow_insecure", "state", "reason", "probed_at")
"""What an observer needs of a cluster that it holds: it reads the rows of all of them every few seconds."""


@dataclass(frozen=True, slots=True)
class Condition:
    state: str
    reason: str


def settings_of(row: Cluster) -> WatchSettings:
    way_in = tuple(str(getattr(row, column)) for column in (*WAY_IN, "allow_insecure"))
    return WatchSettings(row.is_hub, tuple(row.namespaces), way_in)


def judge(health: Health, before: Condition) -> Condition:
    """One failing kind of several leaves the cluster reachable and the reason said; without its Canaries it is not."""
    errors = dict(health.errors)
    decisive = errors.get(Kind.CANARY) or next(iter(errors.values()), None)
    missing = [error for error in errors.values() if isinstance(error, NotFound | Forbidden)]
    if decisive is None:
        return Condition(ClusterState.REACHABLE, "") if health.fresh else before
    if isinstance(decisive, clusters.WrongCluster):
        return Condition(ClusterState.STOPPED, str(decisive))
    if isinstance(decisive, Unauthenticated | CredentialError):
        return Condition(ClusterState.DENIED, str(decisive))
    if isinstance(errors.get(Kind.CANARY), Forbidden):
        return Condition(ClusterState.DENIED, str(decisive))
    if len(missing) == len(errors):
        return Condition(
            ClusterState.REACHABLE, " ".join(sorted({_sentence(kind, error) for kind, error in errors.items()}))
        )
    return Condition(ClusterState.UNREACHABLE, str(decisive))


def _sentence(kind: Kind, error: ClusterError) -> str:
    if isinstance(error, NotFound) and kind is Kind.CANARY:
        return "Flagger is not installed here: the cluster does not know the kind Canary."
    if isinstance(error, NotFound):
        return f"The cluster does not know the kind {kind.value}."
    return str(error)


def store(lease: Lease, condition: Condition, *, now: datetime) -> list[Hint]:
    """Writes the condition unless the cluster has been taken over meanwhile."""
    row = Cluster.objects.filter(pk=lease.cluster, lease=lease.number)
    since = row.values_list("state", "state_since").first()
    if since is None:
        return []
    fields = {"state": condition.state, "reason": condition.reason, "version": F("version") + 1}
    if since[0] != condition.state or since[1] is None:
        fields["state_since"] = now
    row.update(**fields)
    version = int(now.timestamp() * 1000)
    return [Hint(f"cluster-{lease.cluster}", version), Hint("fleet", version)]


def mark_fresh(fresh: Iterable[Lease], *, now: datetime) -> None:
    """Of those that still hold. The rows are locked in the order in which a batch locks them, so that neither waits for
    the other for ever.
    """
    with transaction.atomic():
        held = leases.still_held(set(fresh))
        Cluster.objects.filter(pk__in=[lease.cluster for lease in held]).update(fresh_at=now)


def probe(watch: ClusterWatch, *, now: datetime) -> None:
    """Finds out versions and missing permissions. Raises ClusterError."""
    clusters.probe(cluster=watch.lease.cluster, connection=watch.ready(), now=now)
