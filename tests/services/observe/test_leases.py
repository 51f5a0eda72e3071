"""Who observes which cluster."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from rollouts.models import Cluster, Worker
from rollouts.services.observe import condition, leases
from rollouts.services.observe.sightings import Lease

pytestmark = pytest.mark.django_db


def make_clusters(count: int) -> list[Cluster]:
    return [Cluster.objects.create(name=f"cluster-{number}", source="file") for number in range(count)]


def silence(worker: str) -> None:
    """As if the worker had not been heard for longer than the limit; on another host, where nobody can look for its
    process.
    """
    Worker.objects.filter(pk=worker).update(
        seen_at=Now() - leases.SILENT_AFTER - timedelta(seconds=1), host="elsewhere"
    )


def test_a_worker_takes_free_clusters_up_to_the_number_it_asks_for() -> None:
    make_clusters(3)
    leases.enter("one")
    leases.take("one", at_most=2)
    assert len(leases.held("one")) == 2


def test_two_workers_never_hold_the_same_cluster() -> None:
    make_clusters(4)
    leases.enter("one")
    leases.enter("two")
    leases.take("one", at_most=3)
    leases.take("two", at_most=4)
    assert len(leases.held("one")) == 3
    assert len(leases.held("two")) == 1
    assert not set(leases.held("one")) & set(leases.held("two"))


def test_clusters_of_a_silent_worker_are_taken_over_with_a_higher_number() -> None:
    (cluster,) = make_clusters(1)
    leases.enter("one")
    leases.take("one", at_most=1)
    before = leases.held("one")[cluster.pk]
    silence("one")
    leases.enter("two")
    leases.take("two", at_most=1)
    assert leases.held("two")[cluster.pk].number > before.number
    assert leases.held("one") == {}


def test_clusters_of_a_worker_that_is_heard_are_left_alone() -> None:
    make_clusters(1)
    leases.enter("one")
    leases.take("one", at_most=1)
    leases.enter("two")
    leases.take("two", at_most=1)
    assert leases.held("two") == {}


def test_a_worker_that_was_taken_over_holds_nothing_any_more() -> None:
    (cluster,) = make_clusters(1)
    leases.enter("one")
    leases.take("one", at_most=1)
    old = leases.held("one")[cluster.pk]
    silence("one")
    leases.enter("two")
    leases.take("two", at_most=1)
    new = leases.held("two")[cluster.pk]
    with transaction.atomic():
        assert leases.still_held({old, new}) == {new}


def test_a_lease_on_a_cluster_that_was_removed_does_not_hold() -> None:
    with transaction.atomic():
        assert leases.still_held({Lease(12345, 1)}) == set()


def test_the_fair_share_is_rounded_up_and_counts_only_workers_that_are_heard() -> None:
    make_clusters(5)
    leases.enter("one")
    leases.enter("two")
    assert leases.fair_share("one") == 3
    silence("two")
    assert leases.fair_share("one") == 5


def test_a_cluster_that_is_given_back_can_be_taken_at_once() -> None:
    (cluster,) = make_clusters(1)
    leases.enter("one")
    leases.enter("two")
    leases.take("one", at_most=1)
    leases.give_back("one", cluster.pk)
    leases.take("two", at_most=1)
    assert cluster.pk in leases.held("two")


def test_leaving_frees_every_cluster_at_once() -> None:
    make_clusters(2)
    leases.enter("one")
    leases.take("one", at_most=2)
    leases.leave("one")
    leases.enter("two")
    leases.take("two", at_most=2)
    assert len(leases.held("two")) == 2


def test_a_worker_that_was_removed_learns_so_when_it_renews() -> None:
    leases.enter("one")
    assert leases.renew("one")
    leases.leave("one")
    assert not leases.renew("one")


def test_a_restart_on_the_same_host_does_not_wait_for_the_silence_of_its_dead_predecessor() -> None:
    make_clusters(1)
    leases.enter("one")
    leases.take("one", at_most=1)
    Worker.objects.filter(pk="one").update(pid=_pid_of_nobody())
    leases.enter("two")
    leases.take("two", at_most=1)
    assert len(leases.held("two")) == 1


def test_clusters_that_left_their_fleet_or_are_not_observed_are_not_taken() -> None:
    left, paused = make_clusters(2)
    Cluster.objects.filter(pk=left.pk).update(left_at=Now())
    Cluster.objects.filter(pk=paused.pk).update(observed=False)
    leases.enter("one")
    leases.take("one", at_most=2)
    assert leases.held("one") == {}


def _pid_of_nobody() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def test_a_worker_whose_first_announcement_was_not_answered_announces_itself_again() -> None:
    leases.enter("me")
    leases.enter("me")
    assert Worker.objects.get().pk == "me"


def test_a_worker_that_lost_a_cluster_cannot_call_it_fresh() -> None:
    kept, lost = make_clusters(2)
    Cluster.objects.filter(pk=lost.pk).update(lease=5)
    condition.mark_fresh([Lease(kept.pk, 0), Lease(lost.pk, 4)], now=timezone.now())
    assert list(Cluster.objects.exclude(fresh_at=None)) == [kept]
