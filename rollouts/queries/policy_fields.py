"""Which fields of policies the hub of an application knows, as it was last read."""

from __future__ import annotations

from rollouts.domain.policies.known import Known
from rollouts.models import Application, FieldsOfPolicies


def known_to(application: Application) -> Known:
    row = FieldsOfPolicies.objects.filter(hub=application.hub_id).values_list("places", flat=True).first()
    return Known(frozenset(row) if row else None)
