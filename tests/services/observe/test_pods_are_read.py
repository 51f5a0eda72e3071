"""The pods of a side are read where they may tell why it is not ready, and only there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.pods import Pods
from rollouts.models import Rollout
from rollouts.services.observe import pods
from tests.services.observe.harness import RUN, Observation, Walker
from tests.support.builders import make_rollout
from tests.support.misbehaving import FakeCluster
from tests.support.objects import Object, deployment, pod
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
READY = {"type": "Ready", "status": "True"}
NOT_READY = {"type": "Ready", "status": "False"}


def failing(name: str) -> Object:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}
    container = {"name": "app", "image": "shop/app:2", "ready": False, "restartCount": 0, "state": waiting}
    return pod("shop", name, app="checkout", conditions=[NOT_READY], containerStatuses=[container])


def workloads(fake: FakeCluster, *, ready: int) -> None:
    green = deployment("shop", "checkout", "shop/app:2")
    green["status"]["readyReplicas"] = ready
    fake.set(green)
    fake.set(deployment("shop", "checkout-primary"))


def green_pods(observation: Observation) -> Pods | None:
    return memory.load(observation.rollout().state).green_pods


def lists_of_pods(fake: FakeCluster) -> int:
    return sum("/pods" in request.path for request in fake.requests)


def test_the_pods_of_a_side_that_is_not_ready_are_kept_until_it_is(fake: FakeCluster) -> None:
    workloads(fake, ready=1)
    fake.set(failing("checkout-1"))
    fake.set(pod("shop", "checkout-2", app="checkout", conditions=[READY]))
    fake.set(pod("shop", "checkout-primary-1", app="checkout-primary", conditions=[NOT_READY]))
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:2])
        until(lambda: green_pods(observation) is not None, seconds=30)
        found = green_pods(observation)
        assert found is not None
        assert (found.number, [one.name for one in found.unready]) == (2, ["checkout-1"])
        assert found.unready[0].reason == "ImagePullBackOff"
        workloads(fake, ready=2)
        Rollout.objects.update(looked_at=timezone.now())
        until(lambda: green_pods(observation) is None, seconds=30)


def test_no_pods_are_read_of_sides_that_are_ready(fake: FakeCluster) -> None:
    workloads(fake, ready=2)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Rollout.objects.update(looked_at=timezone.now())
        until(lambda: observation.rollout().workloads_at is not None, seconds=30)
        assert lists_of_pods(fake) == 0


def test_an_account_that_may_not_list_pods_is_told_so(fake: FakeCluster) -> None:
    workloads(fake, ready=0)
    fake.denied.add(("list", "pods"))
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:2])
        until(lambda: green_pods(observation) is not None, seconds=30)
        found = green_pods(observation)
        assert found is not None and "list" in found.note and found.unready == ()


@pytest.mark.parametrize(
    ("moved", "looked", "worth"),
    [(5, None, False), (45, None, True), (5, 20, True), (5, 90, False), (None, None, False)],
)
def test_pods_are_worth_reading_when_a_release_stands_still_or_somebody_looks(
    moved: int | None, looked: int | None, worth: bool
) -> None:
    now = timezone.now()
    row = make_rollout(interval=30, save=False)
    row.changed_at = None if moved is None else now - timedelta(seconds=moved)
    row.looked_at = None if looked is None else now - timedelta(seconds=looked)
    assert pods.worth_reading(row, now) is worth
