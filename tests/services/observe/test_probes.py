"""Versions and missing permissions are asked for until a cluster answers, and then daily."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.models import Cluster, ClusterState
from rollouts.services.observe.probes import LONGEST_WAIT, Probes
from tests.services.observe.harness import Observation
from tests.support.exchange import Request
from tests.support.faults import Answer
from tests.support.misbehaving import FakeCluster
from tests.support.waiting import until

HOUR, DAY = 3600.0, 86400.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def probes(clock: Clock) -> Probes:
    return Probes(first_wait=30, clock=clock)


def begin(probes: Probes, hours_ago: float | None = None) -> None:
    now = timezone.now()
    probes.begin(1, answered_at=None if hours_ago is None else now - timedelta(hours=hours_ago), now=now)


def attempts(probes: Probes, clock: Clock, seconds: float) -> list[float]:
    """When the cluster was asked within so many seconds, with a look at every one of them."""
    begin, asked = clock.now, []
    while clock.now < begin + seconds:
        if probes.take(1):
            asked.append(clock.now - begin)
        clock.now += 1
    return asked


def test_a_cluster_that_was_never_asked_is_asked_at_once(probes: Probes) -> None:
    begin(probes)
    assert probes.take(1)


def test_without_an_answer_it_is_asked_again_at_ever_longer_intervals(probes: Probes, clock: Clock) -> None:
    begin(probes)
    asked = attempts(probes, clock, 4 * HOUR)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses[:4] == [30, 60, 120, 240]
    assert max(pauses) == LONGEST_WAIT


def test_after_an_answer_it_is_asked_again_the_next_day(probes: Probes, clock: Clock) -> None:
    begin(probes)
    assert probes.take(1)
    probes.answered(1)
    clock.now += DAY - 1
    assert not probes.take(1)
    clock.now += 1
    assert probes.take(1)


def test_after_an_answer_the_waits_are_short_again(probes: Probes, clock: Clock) -> None:
    begin(probes)
    attempts(probes, clock, HOUR)
    probes.answered(1)
    clock.now += DAY
    assert attempts(probes, clock, 31) == [0, 30]


def test_an_answer_of_before_this_process_began_is_good_for_its_day(probes: Probes, clock: Clock) -> None:
    begin(probes, hours_ago=23)
    clock.now += HOUR - 1
    assert not probes.take(1)
    clock.now += 1
    assert probes.take(1)


def test_a_cluster_that_becomes_reachable_is_asked_at_once(probes: Probes) -> None:
    begin(probes, hours_ago=1)
    probes.became_reachable(1)
    assert probes.take(1)


def test_a_cluster_that_is_observed_no_more_is_not_asked(probes: Probes) -> None:
    begin(probes)
    probes.forget(1)
    probes.answered(1)
    probes.became_reachable(1)
    assert not probes.take(1)


def for_its_version(request: Request) -> bool:
    return request.path == "/version"


@pytest.mark.django_db(transaction=True)
def test_a_cluster_whose_versions_could_not_be_read_is_asked_until_it_tells_them(fake: FakeCluster) -> None:
    refusal = Answer(500, when=for_its_version, times=3)
    fake.faults.append(refusal)
    with Observation(fake) as observation:
        until(lambda: Cluster.objects.get(pk=observation.rows[0].pk).server_version == "v1.33.4")
    assert refusal.times == 0


@pytest.mark.django_db(transaction=True)
def test_a_cluster_that_was_reachable_all_the_time_is_asked_anew_after_a_day(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        until(lambda: Cluster.objects.exclude(probed_at=None).exists())
        cluster = observation.rows[0].pk
    fake.denied.add(("list", "events"))
    yesterday = timezone.now() - timedelta(days=1)
    Cluster.objects.update(probed_at=yesterday, state=ClusterState.REACHABLE, reason="")
    with Observation(fake):
        until(lambda: Cluster.objects.get(pk=cluster).missing_permissions == ["list events"])
