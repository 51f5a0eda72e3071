"""A reading that finds nothing new is remembered, so that it is not asked for again and again, and disturbs no page."""

from __future__ import annotations

import pytest

from rollouts.domain.observations import Kind
from rollouts.models import Cluster, Rollout
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.support.seen import at, canary, workload

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def lease() -> Lease:
    return Lease(Cluster.objects.create(name="north", source="file", lease=1).pk, 1)


def read(lease: Lease, seconds: float) -> tuple[Rollout, int]:
    """The rollout after the same workload was read once more, and the number of hints."""
    seen = Sighting(lease, Collection(Kind.DEPLOYMENT), (workload("checkout", "shop:1"),), at(seconds))
    hints = record([seen], now=at(seconds)).hints
    return Rollout.objects.get(), len(hints)


def test_a_reading_after_a_day_is_remembered_and_makes_no_page_new(lease: Lease) -> None:
    record([Sighting(lease, Collection(Kind.CANARY), (canary(0),), at(0))], now=at(0))
    first, _ = read(lease, 1)
    later, hints = read(lease, DAY)
    assert (later.workloads_at, hints) == (at(DAY), 0)
    assert (later.version, later.state) == (first.version, first.state)


def test_readings_that_follow_each_other_closely_are_not_written(lease: Lease) -> None:
    record([Sighting(lease, Collection(Kind.CANARY), (canary(0),), at(0))], now=at(0))
    read(lease, 1)
    again, _ = read(lease, 11)
    assert again.workloads_at == at(1)
