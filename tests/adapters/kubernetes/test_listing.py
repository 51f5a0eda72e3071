"""Lists come whole, in pages, or as one of our errors; within bounded time and memory."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import (
    Gone,
    Unreachable,
)
from rollouts.domain.observations import Canary, Kind, Route, Unreadable
from tests.support.faults import (
    Cut,
    Drip,
    Fault,
    Flood,
    NotJSON,
    Reset,
    Silence,
    continuing,
    listing,
)
from tests.support.misbehaving import FakeCluster
from tests.support.objects import canary, ingress


def listed(connection: KubernetesConnection, kind: Kind = Kind.CANARY, namespace: str = "") -> list[str]:
    return [one.name for page in connection.list(kind, namespace) for one in page.observations]  # type: ignore[union-attr]


def test_a_list_comes_in_pages_and_loses_nothing(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    for n in range(7):
        cluster.set(canary("shop", f"app-{n}"))
    pages = list(connection.list(Kind.CANARY, limit=3))
    assert [(len(page.observations), page.more) for page in pages] == [(3, True), (3, True), (1, False)]
    assert {page.resource_version for page in pages} == {str(cluster.version)}
    assert listed(connection) == [f"app-{n}" for n in range(7)]


def test_an_expired_continue_token_is_gone(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    for n in range(4):
        cluster.set(canary("shop", f"app-{n}"))
    pages = connection.list(Kind.CANARY, limit=2)
    assert len(next(pages).observations) == 2
    cluster.set(canary("shop", "newer"))
    cluster.compact()
    with pytest.raises(Gone):
        next(pages)


def test_a_namespace_can_be_listed_alone(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(canary("shop", "checkout"))
    cluster.set(canary("other", "checkout"))
    cluster.set(canary("shop", "cart"))
    assert listed(connection, namespace="shop") == ["cart", "checkout"]


def test_ingresses_of_others_are_not_given_out(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(ingress("shop", "web"))
    cluster.set(ingress("shop", "web-canary", canary="true", canary_weight="100"))
    [page] = connection.list(Kind.INGRESS)
    [found] = page.observations
    assert isinstance(found, Route)
    assert (found.name, found.green_weight) == ("web-canary", 100)


def test_one_bad_object_spoils_no_list(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(canary("shop", "a-bad-one", spec={"analysis": "none"}))
    cluster.set(canary("shop", "good"))
    [page] = connection.list(Kind.CANARY)
    assert [type(one) for one in page.observations] == [Unreadable, Canary]


def test_times_are_those_of_the_cluster_however_wrong_its_clock_is() -> None:
    with FakeCluster(clock_offset=-86_400) as cluster:
        written = cluster.set(canary("shop", "checkout"))["metadata"]["creationTimestamp"]
        connection = KubernetesConnection(cluster.credential())
        found = connection.get(Kind.CANARY, "shop", "checkout")
        assert isinstance(found, Canary)
        assert found.created_at == datetime.fromisoformat(written)
        connection.close()


def test_some_huge_objects_make_the_pages_smaller(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    huge = "x" * 100_000  # two of these are more than one body may be
    for n in range(6):
        found = canary("shop", f"app-{n}")
        found["metadata"]["annotations"] = {"huge": huge}
        cluster.set(found)
    assert listed(connection) == [f"app-{n}" for n in range(6)]


@pytest.mark.parametrize(
    "fault",
    [
        Reset,
        lambda: Reset(after_bytes=200),
        lambda: Cut(after_bytes=200),
        Silence,
        lambda: Silence(headers=True),
        lambda: Drip(0.05),
        lambda: Drip(0.05, headers=True),
        Flood,
        NotJSON,
    ],
    ids=[
        "reset", "reset in the body", "closed in the body", "never answers", "only headers", "drips", "drips headers",
        "sends a gigabyte", "answers a page",
    ],
)  # fmt: skip
def test_an_answer_that_is_not_whole_is_none(
    cluster: FakeCluster, connection: KubernetesConnection, hasty: KubernetesConnection, fault: Callable[[], Fault]
) -> None:
    cluster.set(canary("shop", "checkout"))
    broken = fault()
    broken.times = None
    cluster.faults.append(broken)
    with pytest.raises(Unreachable):
        listed(hasty)
    broken.times = 0
    assert listed(connection) == ["checkout"]


def test_a_second_page_that_breaks_off_ends_the_list(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    for n in range(4):
        cluster.set(canary("shop", f"app-{n}"))
    cluster.faults.append(Cut(after_bytes=100, when=continuing(Kind.CANARY)))
    pages = connection.list(Kind.CANARY, limit=2)
    assert len(next(pages).observations) == 2
    with pytest.raises(Unreachable):
        next(pages)


MEASURE = """
import sys, tracemalloc
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.observations import Kind
connection = KubernetesConnection(credential_from_kubeconfig(sys.stdin.read()))
for namespace in ("one-page", "one-page", ""):  # the first time warms up
    tracemalloc.start()
    total = sum(len(page.observations) for page in connection.list(Kind.CANARY, namespace))
    print(total, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
"""


def test_ten_thousand_objects_need_the_memory_of_a_page() -> None:
    """Measured in a process of its own, since the server here keeps all of them."""
    with FakeCluster() as cluster:
        for n in range(10_000):
            cluster.set(canary("one-page" if n < 500 else "shop", f"app-{n:05}"))
        command = [sys.executable, "-c", MEASURE]
        printed = subprocess.check_output(command, input=cluster.kubeconfig(), text=True, timeout=100)
    _, (one_page, its_peak), (all_pages, peak) = [map(int, line.split()) for line in printed.splitlines()]
    assert (one_page, all_pages) == (500, 10_000)
    assert peak < 3 * its_peak


def test_a_list_without_an_answer_ends_and_disturbs_no_other(
    cluster: FakeCluster, connection: KubernetesConnection, hasty: KubernetesConnection
) -> None:
    cluster.faults.append(Silence(when=listing(Kind.VIRTUAL_SERVICE)))
    errors: list[Exception] = []

    def wait() -> None:
        try:
            listed(hasty, Kind.VIRTUAL_SERVICE)
        except Unreachable as error:
            errors.append(error)

    slow = threading.Thread(target=wait)
    slow.start()
    cluster.wait_until(lambda: bool(cluster.asked(Kind.VIRTUAL_SERVICE)))
    assert listed(connection) == []
    slow.join(10)
    assert len(errors) == 1
