"""Numbers that no single query can take."""

from __future__ import annotations

import pytest
from django.utils import timezone

from rollouts.domain.observations import Kind
from rollouts.models import Cluster, RouteSeen
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting

pytestmark = pytest.mark.django_db


def test_a_thousand_routing_objects_that_went_unseen_are_forgotten() -> None:
    cluster = Cluster.objects.create(name="north", source="file", lease=1)
    names = [f"app-{number}" for number in range(1200)]
    rows = [RouteSeen(cluster=cluster, kind="virtualservices", namespace="shop", name=name) for name in names]
    RouteSeen.objects.bulk_create(rows)
    empty = Sighting(Lease(cluster.pk, 1), Collection(Kind.VIRTUAL_SERVICE), (), timezone.now(), "9", True, frozenset())
    record([empty], now=timezone.now())
    assert not RouteSeen.objects.exists()
