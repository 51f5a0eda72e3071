"""What a rollout can be set up for, read from API servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.adapters.kubernetes.surroundings import KubernetesSurroundings
from rollouts.domain import memory
from rollouts.domain.ownership import NOBODY, Owner, OwnerKind
from rollouts.domain.policies.offering import LeadingService, Offer, Offers
from rollouts.models import Cluster, Inventory
from rollouts.models.clusters import NOT_WATCHED
from rollouts.services import clusters, inventories
from rollouts.services.clusters import Ways
from tests.support.faults import Answer
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment, ingress, service
from tests.support.registering import ways_into
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
OWN = (LeadingService("cart", (8080,)),)
CART = Offer("Deployment", "shop", "cart", service=True, ports=(8080,), leading=OWN, label="app")


@dataclass
class Scene:
    server: FakeCluster
    cluster: Cluster
    ways: Ways
    hints: list[str] = field(default_factory=list)

    def read(self) -> None:
        feed = MemoryChangeFeed()
        feed.subscribe(lambda hint: self.hints.append(hint.topic))
        inventories.read(
            cluster=self.cluster.pk,
            open_surroundings=lambda one: KubernetesSurroundings(self.ways.credential(one)),
            feed=feed,
            now=lambda: NOW,
        )

    @property
    def row(self) -> Inventory:
        return Inventory.objects.get(cluster=self.cluster)

    @property
    def offers(self) -> Offers:
        return memory.load_offers(self.row.offers)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeCluster() as server:
        server.set(deployment("shop", "cart"))
        server.set(service("shop", "cart", 8080))
        ways = ways_into(tmp_path / "kubeconfigs")
        cluster = clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode()).cluster
        Inventory.objects.create(cluster=cluster, requested_at=NOW)
        yield Scene(server, cluster, ways)


def test_a_workload_is_kept_with_its_service(scene: Scene) -> None:
    scene.read()
    assert scene.offers == Offers((CART,))
    assert (scene.row.problem, scene.row.read_at) == ("", NOW)
    until(lambda: scene.hints == [f"cluster-{scene.cluster.pk}"])


def test_daemon_sets_autoscalers_and_who_applies_are_kept_too(scene: Scene) -> None:
    agent: dict[str, Any] = {**deployment("shop", "agent"), "kind": "DaemonSet"}
    agent["metadata"]["labels"] = FLUX
    scene.server.set(agent)
    scene.server.set(autoscaler("cart-hpa", "cart"))
    scene.read()
    assert scene.offers.found[0] == Offer("DaemonSet", "shop", "agent", label="app", kustomization="flux-system/apps")
    assert scene.offers.found[1].autoscaler == "cart-hpa"


@pytest.mark.parametrize(
    ("meta", "keeper"),
    [
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, Owner(OwnerKind.ARGO_CD, "shop")),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/cart"}},
            Owner(OwnerKind.ARGO_CD, "shop"),
        ),
        ({"managedFields": [{"manager": "argocd-controller"}]}, Owner(OwnerKind.ARGO_CD)),
        (
            {
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "front"},
            },
            Owner(OwnerKind.HELM, "front"),
        ),
        (
            {"labels": {f"helm.toolkit.fluxcd.io/{part}": part for part in ("name", "namespace")}},
            Owner(OwnerKind.FLUX, "namespace/name"),
        ),
        ({"labels": FLUX}, NOBODY),  # told of as a Kustomization
        ({"labels": {"app.kubernetes.io/instance": "cart"}, "annotations": {"note": "x" * 9000}}, NOBODY),
    ],
)
def test_who_else_keeps_workload_and_service_is_kept(scene: Scene, meta: dict[str, Any], keeper: Owner) -> None:
    for made in (deployment("shop", "cart"), service("shop", "cart", 8080, app="cart")):
        made["metadata"] |= meta
        scene.server.set(made)
    scene.read()
    (found,) = scene.offers.found
    assert (found.keeper, found.leading[0].keeper) == (keeper, keeper)


def test_ingresses_are_kept_with_the_services_to_which_they_lead(scene: Scene) -> None:
    made = ingress("shop", "front")
    paths = [{"backend": {"service": {"name": name}}} for name in ("cart", "till", "cart")]
    backend = {"service": {"name": "lost"}}
    made["spec"] = {"defaultBackend": backend, "rules": [{"http": {"paths": paths}}, {"host": "shop.test"}]}
    of_green = ingress("shop", "front-canary")
    of_green["metadata"]["ownerReferences"] = [{"kind": "Canary", "name": "cart"}]
    for one in (made, of_green, ingress("shop", "empty")):
        scene.server.set(one)
    scene.read()
    found = {one.name: one.services for one in scene.offers.ingresses}
    assert found == {"front": ("lost", "cart", "till"), "empty": ()}


def test_gateways_are_kept(scene: Scene) -> None:
    scene.server.set({"kind": "Gateway", "metadata": {"namespace": "istio-system", "name": "public"}})
    scene.read()
    assert scene.offers.gateways == ("istio-system/public",)


def test_no_right_is_missed_on_what_the_cluster_may_not_route_by(scene: Scene) -> None:
    scene.server.denied |= {("list", "ingresses"), ("list", "gateways")}
    scene.read()
    assert (scene.offers.notes, scene.offers.ingresses, scene.offers.gateways) == ((), (), ())


def test_what_only_helps_to_choose_takes_nothing_away_where_the_cluster_fails_to_list_it(scene: Scene) -> None:
    scene.server.faults.append(Answer(500, when=lambda request: request.path.endswith("/gateways"), times=None))
    scene.read()
    assert (scene.row.problem, scene.offers) == ("", Offers((CART,)))


def test_a_port_is_kept_with_what_it_is_known_by(scene: Scene) -> None:
    made = service("shop", "cart", 80, app="cart")
    made["spec"] |= {"ports": [{"port": 80, "targetPort": "web", "name": "grpc", "appProtocol": "kubernetes.io/h2c"}]}
    scene.server.set(made)
    scene.read()
    known = LeadingService("cart", (80,), {"80": "web"}, {"80": "grpc"}, {"80": "kubernetes.io/h2c"})
    assert scene.offers.found[0].leading == (known,)


def autoscaler(name: str, target: str) -> dict[str, Any]:
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"namespace": "shop", "name": name},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": target}},
    }


def test_what_belongs_to_a_rollout_already_is_left_out(scene: Scene) -> None:
    blue = deployment("shop", "cart-primary")
    blue["metadata"]["ownerReferences"] = [{"kind": "Canary", "name": "cart"}]
    scene.server.set(blue)
    scene.server.set(deployment("shop", "cart-testloader", "ghcr.io/fluxcd/flagger-loadtester:0.29.0"))
    scene.server.set(service("shop", "cart-testloader", 80))
    scene.read()
    assert [one.name for one in scene.offers.found] == ["cart"]


def test_lists_are_read_to_their_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollouts.adapters.kubernetes.surroundings.PAGE", 2)
    for number in range(5):
        scene.server.set(deployment("shop", f"more-{number}"))
    scene.read()
    assert len(scene.offers.found) == 6


def test_a_right_that_is_missing_is_named_and_the_rest_is_read(scene: Scene) -> None:
    scene.server.denied |= {("list", "services")}
    scene.read()
    assert [one.why_not for one in scene.offers.found] == ["Which Services lead to its pods could not be read."]
    assert scene.offers.notes == ("This account may not list services. deploy/rbac/ has what it needs.",)
    assert scene.row.problem == ""


def test_an_account_of_some_namespaces_is_asked_for_those(scene: Scene) -> None:
    Cluster.objects.filter(pk=scene.cluster.pk).update(namespaces=["shop"])
    scene.server.set(deployment("other", "cart"))
    scene.read()
    assert scene.offers == Offers((CART,))


def test_a_cluster_that_gives_no_answer_keeps_what_was_read_before(scene: Scene) -> None:
    scene.read()
    scene.server.denied |= {("get", "namespaces")}
    scene.read()
    assert scene.offers == Offers((CART,))
    assert scene.row.problem


def test_another_cluster_behind_the_same_kubeconfig_is_not_read(scene: Scene) -> None:
    scene.read()
    Cluster.objects.filter(pk=scene.cluster.pk).update(uid="that of another cluster")
    scene.server.set(deployment("other", "cart"))
    scene.read()
    assert scene.offers == Offers((CART,))
    assert scene.row.problem


@pytest.mark.parametrize("off", [{"observed": False}, {"state": "stopped"}, {"left_at": NOW}])
def test_a_cluster_that_is_not_watched_is_not_read_and_that_is_told(scene: Scene, off: dict[str, Any]) -> None:
    scene.read()
    before, asked = len(scene.server.requests), list[Any]()
    Cluster.objects.filter(pk=scene.cluster.pk).update(**off)
    later = NOW + timedelta(hours=1)
    waiting = inventories.being_read(wanted=[scene.cluster.pk], enqueue=lambda *one: asked.append(one), now=later)
    assert (waiting, asked) == (frozenset(), [])
    scene.read()
    assert len(scene.server.requests) == before
    assert (scene.offers, scene.row.problem) == (Offers((CART,)), NOT_WATCHED)
