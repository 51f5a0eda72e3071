"""Which fields of policies the hub of an application knows, and which of Canaries a cluster, as it was last read."""

from __future__ import annotations

from rollouts.domain.policies.known import Known
from rollouts.domain.policies.layouts import PLAIN
from rollouts.models import Application, FieldsOfCanaries, FieldsOfPolicies


def known_to(application: Application) -> Known:
    row = FieldsOfPolicies.objects.filter(hub=application.hub_id).values_list("places", flat=True).first()
    return Known(frozenset(row) if row else None)


def known_to_cluster(cluster: int) -> Known:
    """Of the spec of a Canary there."""
    row = FieldsOfCanaries.objects.filter(cluster=cluster).values_list("places", flat=True).first()
    return Known(frozenset(row) if row else None, PLAIN)
