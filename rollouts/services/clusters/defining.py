"""Reads which fields of policies a hub's Kurator knows, and which of Canaries a cluster's Flagger, whenever it is asked
for its versions.
"""

from __future__ import annotations

from datetime import datetime

from rollouts.domain.errors import ClusterError, Forbidden, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.policies.known import places_in
from rollouts.domain.policies.layouts import KURATOR, PLAIN, Layout
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, FieldsOfCanaries, FieldsOfPolicies


def keep_known_fields(*, cluster: Cluster, connection: ClusterConnection, flagger: bool, now: datetime) -> None:
    """What may not be read, or cannot be understood, is not known any more: then nothing is hidden for it. Where there
    was no answer everything stays as it was. `flagger` is whether one runs there.
    """
    of_policies = _places(connection, Kind.APPLICATION, KURATOR) if cluster.is_hub else ()
    if of_policies:
        FieldsOfPolicies.objects.update_or_create(hub=cluster, defaults={"places": list(of_policies), "read_at": now})
    elif of_policies is not None:
        FieldsOfPolicies.objects.filter(hub=cluster).delete()
    of_canaries = _places(connection, Kind.CANARY, PLAIN) if flagger else ()
    if of_canaries:
        found = {"places": list(of_canaries), "read_at": now}
        FieldsOfCanaries.objects.update_or_create(cluster=cluster, defaults=found)
    elif of_canaries is not None:
        FieldsOfCanaries.objects.filter(cluster=cluster).delete()


def _places(connection: ClusterConnection, kind: Kind, layout: Layout) -> tuple[str, ...] | None:
    """None where there was no answer."""
    try:
        return places_in(connection.schema(kind), layout)
    except (Forbidden, NotFound):
        return ()
    except ClusterError:
        return None
