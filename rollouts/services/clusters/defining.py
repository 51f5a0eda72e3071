"""Reads of a hub which fields of policies its Kurator knows, whenever it is asked for its versions."""

from __future__ import annotations

from datetime import datetime

from rollouts.domain.errors import Forbidden, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.policies.known import places_in
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, FieldsOfPolicies


def keep_fields_of_policies(*, cluster: Cluster, connection: ClusterConnection, now: datetime) -> None:
    """What may not be read, or cannot be understood, is not known any more: then nothing is hidden for it."""
    places = _places(connection) if cluster.is_hub else ()
    if places:
        FieldsOfPolicies.objects.update_or_create(hub=cluster, defaults={"places": list(places), "read_at": now})
    else:
        FieldsOfPolicies.objects.filter(hub=cluster).delete()


def _places(connection: ClusterConnection) -> tuple[str, ...]:
    try:
        return places_in(connection.schema(Kind.APPLICATION))
    except (Forbidden, NotFound):
        return ()
