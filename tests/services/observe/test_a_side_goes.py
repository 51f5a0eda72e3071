"""A workload that is not there any more is shown no more; its rollout stays."""

from __future__ import annotations

import pytest

from rollouts.domain.observations import Deleted, Kind, Observation
from rollouts.models import Cluster, Rollout
from rollouts.services.observe.record import Recorded, record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.support.seen import at, canary, workload

pytestmark = pytest.mark.django_db
GONE = Deleted(Kind.DEPLOYMENT, "shop", "checkout-primary", uid="")


@pytest.fixture
def lease() -> Lease:
    lease = Lease(Cluster.objects.create(name="north", source="file", lease=1).pk, 1)
    record([Sighting(lease, Collection(Kind.CANARY), (canary(0),), at(0))], now=at(0))
    return lease


def read(lease: Lease, seconds: float, *seen: Observation) -> Recorded:
    return record([Sighting(lease, Collection(Kind.DEPLOYMENT), seen, at(seconds))], now=at(seconds))


def test_a_side_that_is_gone_is_shown_no_more_and_its_rollout_stays(lease: Lease) -> None:
    read(lease, 5, workload("checkout", "shop:2"), workload("checkout-primary", "shop:1"))
    told = read(lease, 9, workload("checkout", "shop:2"), GONE)
    rollout = Rollout.objects.get()
    assert (rollout.blue_images, rollout.green_images) == ([], ["shop:2"])
    assert (rollout.deleted_at, rollout.workloads_at) == (None, at(9))
    assert [hint.topic for hint in told.hints if hint.topic.startswith("rollout-")] == [f"rollout-{rollout.pk}"]


def test_a_side_that_stays_away_disturbs_no_page(lease: Lease) -> None:
    read(lease, 5, workload("checkout", "shop:2"), GONE)
    assert read(lease, 9, workload("checkout", "shop:2"), GONE).hints == []


def test_a_side_that_comes_back_is_shown_again(lease: Lease) -> None:
    for seconds, blue in ((5, workload("checkout-primary", "shop:1")), (9, GONE)):
        read(lease, seconds, blue)
    read(lease, 13, workload("checkout-primary", "shop:3"))
    assert Rollout.objects.get().blue_images == ["shop:3"]


def test_what_is_gone_of_another_rollout_or_of_none_is_ignored(lease: Lease) -> None:
    read(lease, 5, workload("checkout", "shop:2"), workload("checkout-primary", "shop:1"))
    told = read(lease, 9, Deleted(Kind.DEPLOYMENT, "shop", "other", ""), Deleted(Kind.DEPLOYMENT, "x", "checkout", ""))
    assert told.hints == []
    assert Rollout.objects.get().blue_images == ["shop:1"]
