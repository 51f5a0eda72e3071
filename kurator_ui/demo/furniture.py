"""What every cluster has before anything is rolled out: namespaces, and a member's mesh, Flagger and their like.

One of them is behind: in `warehouse` Istio is too old and there is no public Gateway.
"""

from __future__ import annotations

from kurator_ui.demo import definitions, seeds
from kurator_ui.demo.cluster import FLAGGER_VERSION, Cluster
from kurator_ui.demo.resources import API_GATEWAYS, DEFINITIONS, DEPLOYMENTS, ISTIO_GATEWAYS, SERVICES

SYSTEM = "istio-system"
BEHIND = "warehouse"
ISTIO, OLD_ISTIO = "1.24.2", "1.17.8"
CONTROLLERS = {
    "flagger": f"ghcr.io/fluxcd/flagger:{FLAGGER_VERSION}",
    "flagger-loadtester": "ghcr.io/fluxcd/flagger-loadtester:0.29.0",
}
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
PUBLIC = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}


def furnish(cluster: Cluster) -> None:
    """Puts what is missing."""
    for name in ("kube-system", "default"):
        cluster.namespace(name)
    if cluster.hub:
        defined = definitions.of_applications()
        if cluster.store.find(DEFINITIONS, "", defined["metadata"]["name"]) is None:
            cluster.store.create(DEFINITIONS, defined)
        return
    cluster.namespace(SYSTEM)
    behind = cluster.name == BEHIND
    images = {**CONTROLLERS, "istiod": f"docker.io/istio/pilot:{OLD_ISTIO if behind else ISTIO}"}
    for name, image in images.items():
        _deployment(cluster, SYSTEM, name, image)
    if cluster.store.find(SERVICES, SYSTEM, "prometheus") is None:
        cluster.store.create(SERVICES, seeds.service(SYSTEM, "prometheus", 9090, 9090))
        cluster.store.create(SERVICES, seeds.service(SYSTEM, "flagger-loadtester"))
    if not behind and cluster.store.find(ISTIO_GATEWAYS, SYSTEM, "public-gateway") is None:
        meta = {"name": "public-gateway", "namespace": SYSTEM}
        spec = {"selector": {"istio": "ingressgateway"}, "servers": [PUBLIC]}
        cluster.store.create(ISTIO_GATEWAYS, {"metadata": meta, "spec": spec})


def furnish_ingress(cluster: Cluster) -> None:
    """For rollouts that use ingress-nginx or the Gateway API."""
    cluster.namespace("ingress-nginx")
    _deployment(cluster, "ingress-nginx", "ingress-nginx-controller", NGINX)
    cluster.namespace("gateways")
    if cluster.store.find(API_GATEWAYS, "gateways", "public") is None:
        meta = {"name": "public", "namespace": "gateways"}
        listener = {"name": "http", "port": 80, "protocol": "HTTP"}
        cluster.store.create(
            API_GATEWAYS, {"metadata": meta, "spec": {"gatewayClassName": "istio", "listeners": [listener]}}
        )


def _deployment(cluster: Cluster, namespace: str, name: str, image: str) -> None:
    if cluster.store.find(DEPLOYMENTS, namespace, name) is None:
        cluster.store.create(DEPLOYMENTS, seeds.deployment(namespace, name, image, replicas=1))
