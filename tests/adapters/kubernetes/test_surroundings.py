"""What a cluster has beside its rollouts, read from an API server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rollouts.adapters.kubernetes.surroundings import KubernetesSurroundings
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.addresses import Service
from rollouts.domain.errors import Forbidden, Refused, Unreachable
from rollouts.domain.readiness import Controller, Namespace, Part
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def around(server: FakeCluster) -> Iterator[KubernetesSurroundings]:
    made = KubernetesSurroundings(server.credential(), Limits(connect=1, read=1, whole=1))
    yield made
    made.close()


def running(namespace: str, name: str, image: str, **status: int) -> dict[str, Any]:
    return {**deployment(namespace, name, image), "status": status}


@pytest.mark.parametrize(
    ("image", "part", "version"),
    [
        ("docker.io/istio/pilot:1.24.2-distroless", Part.ISTIO, "1.24.2-distroless"),
        ("registry.k8s.io/ingress-nginx/controller:v1.11.3@sha256:abc", Part.NGINX, "v1.11.3"),
        ("registry.k8s.io/ingress-nginx/controller-chroot:v1.11.3", Part.NGINX, "v1.11.3"),
        ("docker.io/kumahq/kuma-cp:2.7.3", Part.KUMA, "2.7.3"),
        ("ghcr.io/fluxcd/flagger-loadtester:0.29.0", Part.LOAD_TESTER, "0.29.0"),
        ("mirror.example:5000/istio/pilot@sha256:abc", Part.ISTIO, ""),
    ],
)
def test_a_controller_is_known_by_its_image(
    server: FakeCluster, around: KubernetesSurroundings, image: str, part: Part, version: str
) -> None:
    server.set(running("there", "it", image, readyReplicas=1))
    server.set(running("shop", "checkout", "shop/autopilot:1"))
    assert around.controllers("deployments") == (Controller("there", "it", True, part, version),)


def test_flagger_comes_with_its_flags(server: FakeCluster, around: KubernetesSurroundings) -> None:
    found = running("mesh", "flagger", "ghcr.io/fluxcd/flagger:1.44.0")
    args = ["-mesh-provider=kuma", "-metrics-server=http://p:9090", "-namespace=shop"]
    found["spec"]["template"]["spec"]["containers"][0]["args"] = args
    server.set(found)
    expected = Controller("mesh", "flagger", False, Part.FLAGGER, "1.44.0", "kuma", "http://p:9090", "shop")
    assert around.controllers("deployments") == (expected,)


def test_a_daemon_set_is_one_too_and_others_come_by_their_names(
    server: FakeCluster, around: KubernetesSurroundings
) -> None:
    nginx = running("ingress", "nginx", "registry.k8s.io/ingress-nginx/controller:v1.9.4", numberReady=3)
    server.set({**nginx, "kind": "DaemonSet"})
    server.set(running("shop", "tester", "shop/tester:1", readyReplicas=1))
    also = {("shop", "tester")}
    assert around.controllers("deployments", also) == (Controller("shop", "tester", True),)
    assert around.controllers("daemonsets", also) == (Controller("ingress", "nginx", True, Part.NGINX, "v1.9.4"),)


def test_of_a_namespace_only_what_sidecars_follow_is_kept(server: FakeCluster, around: KubernetesSurroundings) -> None:
    meta = {"name": "shop", "labels": {"istio-injection": "enabled", "team": "shop"}, "annotations": {"owner": "x"}}
    server.set({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    assert around.namespace("shop") == Namespace({"istio-injection": "enabled"}, {})
    assert around.namespace("gone") is None


def test_gateways_are_named_and_none_where_the_kind_is_not_installed(
    server: FakeCluster, around: KubernetesSurroundings
) -> None:
    assert around.gateways("networking.istio.io") == frozenset()
    server.set({"kind": "Gateway", "metadata": {"namespace": "istio-system", "name": "public"}})
    assert around.gateways("networking.istio.io") == {"istio-system/public"}


def test_services_are_there_or_not(server: FakeCluster, around: KubernetesSurroundings) -> None:
    server.set({"kind": "Service", "metadata": {"namespace": "shop", "name": "tester"}})
    assert around.has_service(Service("shop", "tester", "http", "80"))
    assert not around.has_service(Service("shop", "other", "http", "80"))


def test_a_right_that_is_missing_and_silence_are_told_apart(
    server: FakeCluster, around: KubernetesSurroundings
) -> None:
    server.denied |= {("list", "deployments"), ("list", "gateways"), ("get", "namespaces"), ("get", "services")}
    for ask in (
        lambda: around.controllers("deployments"),
        lambda: around.gateways("networking.istio.io"),
        lambda: around.namespace("shop"),
        lambda: around.has_service(Service("shop", "tester", "http", "80")),
    ):
        with pytest.raises(Forbidden):
            ask()
    server.mute = True
    server.drop_connections()
    with pytest.raises(Unreachable):
        around.controllers("deployments")


def test_it_tells_which_cluster_it_reached(server: FakeCluster, around: KubernetesSurroundings) -> None:
    assert around.uid() == server.uid


def test_a_server_that_always_has_more_is_not_read_for_ever(
    server: FakeCluster, around: KubernetesSurroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollouts.adapters.kubernetes.surroundings.PAGE", 1)
    monkeypatch.setattr("rollouts.adapters.kubernetes.surroundings.MOST_PAGES", 2)
    for number in range(2):
        server.set(deployment("shop", f"app-{number}", "shop/app:1"))
    assert around.controllers("deployments") == ()
    server.set(deployment("shop", "app-2", "shop/app:1"))
    with pytest.raises(Refused, match="more than 2 of them"):
        around.controllers("deployments")
