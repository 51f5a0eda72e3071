"""Raw objects for a person to look at: of this rollout and cluster only, asked for once, cut when too long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import InvalidInput
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster, ObjectCopy, Rollout
from rollouts.services import copies
from tests.support.misbehaving import FakeCluster
from tests.support.objects import canary, deployment
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Queue:
    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, task: str, arguments: Mapping[str, Any]) -> None:
        self.asked.append((task, arguments))


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with FakeCluster() as fake:
        fake.set(canary("shop", "checkout"))
        yield fake


@pytest.fixture
def rollout(fake: FakeCluster) -> Rollout:
    cluster = Cluster.objects.create(name="north", source="file", uid=fake.uid)
    return Rollout.objects.create(
        cluster=cluster, namespace="shop", name="checkout", target_kind="Deployment", target_name="checkout",
        routing_kind="virtualservices", routing_namespace="shop", routing_name="checkout", first_seen_at=NOW,
    )  # fmt: skip


@pytest.fixture
def queue() -> Queue:
    return Queue()


def ask(rollout: Rollout, queue: Queue, *, kind: str = "canaries", name: str = "checkout", seconds: int = 0) -> Any:
    return copies.request(rollout=rollout, kind=kind, name=name, enqueue=queue, now=NOW + timedelta(seconds=seconds))


def into(fake: FakeCluster) -> Callable[[Cluster], ClusterConnection]:
    return lambda cluster: KubernetesConnection(fake.credential())


def fetch(copy: ObjectCopy, fake: FakeCluster, *, seconds: int = 0) -> ObjectCopy:
    feed = MemoryChangeFeed()
    heard: list[str] = []
    unsubscribe = feed.subscribe(lambda hint: heard.append(hint.topic))
    copies.fetch(copy=copy.pk, connect=into(fake), feed=feed, now=lambda: NOW + timedelta(seconds=seconds))
    until(lambda: heard == [f"object-{copy.pk}"])
    unsubscribe()
    feed.close()
    copy.refresh_from_db()
    return copy


def test_an_object_is_asked_for_fetched_and_shown_without_bookkeeping(
    fake: FakeCluster, rollout: Rollout, queue: Queue
) -> None:
    copy = ask(rollout, queue)
    assert queue.asked == [(copies.TASK, {"copy": copy.pk})]
    shown = json.loads(fetch(copy, fake).text)
    assert shown["spec"]["targetRef"]["name"] == "checkout"
    assert "managedFields" not in shown["metadata"]


def test_many_askers_are_served_by_one_task(fake: FakeCluster, rollout: Rollout, queue: Queue) -> None:
    copy = ask(rollout, queue)
    ask(rollout, queue, seconds=1)
    fetch(copy, fake, seconds=2)
    ask(rollout, queue, seconds=3)
    assert len(queue.asked) == 1
    ask(rollout, queue, seconds=20)
    assert len(queue.asked) == 2


def test_a_task_that_was_lost_is_asked_for_again(rollout: Rollout, queue: Queue) -> None:
    ask(rollout, queue)
    ask(rollout, queue, seconds=20)
    assert len(queue.asked) == 2


@pytest.mark.parametrize(
    ("kind", "name"), [("secrets", "checkout"), ("canaries", "other"), ("deployments", "other"), ("", "")]
)
def test_an_object_that_is_not_the_rollouts_is_refused(kind: str, name: str, rollout: Rollout, queue: Queue) -> None:
    with pytest.raises(InvalidInput):
        ask(rollout, queue, kind=kind, name=name)
    assert queue.asked == []
    assert not ObjectCopy.objects.exists()


def test_an_object_that_is_the_rollouts_no_more_is_not_read(fake: FakeCluster, rollout: Rollout, queue: Queue) -> None:
    copy = ask(rollout, queue, kind="deployments")
    Rollout.objects.update(target_name="another")
    assert fetch(copy, fake).error == "The rollout no longer has this object."
    assert [one for one in fake.requests if one.plural == "deployments"] == []


def test_an_object_too_large_for_a_page_is_cut_and_says_so(fake: FakeCluster, rollout: Rollout, queue: Queue) -> None:
    large = deployment("shop", "checkout")
    large["metadata"]["annotations"] = {f"note-{number}": "x" * 10_000 for number in range(40)}
    fake.set(large)
    text = fetch(ask(rollout, queue, kind="deployments"), fake).text
    assert len(text) < copies.LARGEST + 200
    assert "cut here" in text


def test_why_an_object_cannot_be_read_is_told(fake: FakeCluster, rollout: Rollout, queue: Queue) -> None:
    fake.denied.add(("get", "canaries"))
    copy = fetch(ask(rollout, queue), fake)
    assert "may not do (403)" in copy.error
    assert copy.text == ""
    fake.denied.clear()
    assert fetch(copy, fake).error == ""


def test_the_object_of_another_cluster_is_never_shown(rollout: Rollout, queue: Queue) -> None:
    with FakeCluster() as other:
        other.set(canary("shop", "checkout"))
        copy = fetch(ask(rollout, queue), other)
    assert "leads to a cluster not known here" in copy.error
    assert copy.text == ""


def test_a_copy_that_was_forgotten_meanwhile_is_no_error(fake: FakeCluster, rollout: Rollout) -> None:
    copies.fetch(copy=4711, connect=into(fake), feed=MemoryChangeFeed(), now=lambda: NOW)
    assert fake.requests == []
