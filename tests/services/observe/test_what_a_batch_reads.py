"""A batch reads what it is about, and nothing that it knows from elsewhere."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.domain.observations import Kind, Observation, Phase
from rollouts.models import Cluster, Rollout
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.support.seen import at, canary, route

pytestmark = pytest.mark.django_db
TABLES = ("rollouts_rollout", "rollouts_routeseen")


@pytest.fixture
def lease() -> Lease:
    return Lease(Cluster.objects.create(name="north", source="file", lease=1).pk, 1)


def tables_read(lease: Lease, seen: Observation, kind: Kind = Kind.CANARY) -> set[str]:
    with CaptureQueriesContext(connection) as queries:
        record([Sighting(lease, Collection(kind), (seen,), at(0), cursor="7")], now=at(0))
    selects = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("SELECT")]
    return {table for table in TABLES if any(f'FROM "{table}"' in one for one in selects)}


def test_routes_are_read_for_a_canary_that_is_new_and_not_again(lease: Lease) -> None:
    tables_read(lease, route(100), Kind.VIRTUAL_SERVICE)
    assert tables_read(lease, canary()) == {"rollouts_rollout", "rollouts_routeseen"}
    assert Rollout.objects.get().live_side == "green"
    assert tables_read(lease, canary(10, Phase.PROGRESSING, last_applied="bbb")) == {"rollouts_rollout"}
    assert Rollout.objects.get().live_side == "green", "it stays what its route has said"
