"""Who appears in the story: applications that Kurator rolls out over the members, others applied by their owners."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kurator_ui.demo import seeds
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.fleet import FLEET_NAME, FLEET_NAMESPACE, HUB, Fleet
from kurator_ui.demo.furniture import furnish_ingress
from kurator_ui.demo.resources import (
    APPLICATIONS,
    ATTACHED_CLUSTERS,
    AUTOSCALERS,
    CANARIES,
    CONFIGMAPS,
    DEPLOYMENTS,
    INGRESSES,
    METRIC_TEMPLATES,
    SERVICES,
)
from kurator_ui.demo.seeds import Policy, gate

REGISTRY = "registry.example.test"
SYSTEM = "istio-system"


@dataclass(frozen=True, slots=True)
class Part:
    """One application and its role in the story."""

    name: str
    namespace: str
    version: str
    policy: Policy
    provider: str = "istio"
    tier: str = ""
    """Of the members that Kurator rolls it out to; empty: all of them."""
    cluster: str = ""
    """The plain cluster it lives in, when it is not Kurator's."""
    owner: str = "kurator"
    elsewhere: bool = False
    """One of its checks is a metric that Datadog has, not Prometheus."""
    role: str = ""
    """What its releases run into: gate, suspended, stuck, config, a trouble of its pods (`pods.TROUBLES`), promotion
    (blue cannot take the new version over), drift (somebody changes blue by hand), unmeasured; empty: anything.
    """

    @property
    def repository(self) -> str:
        return f"{REGISTRY}/{self.namespace}/{self.name}"


QUICK = Policy(interval=10, iterations=3, threshold=2)
SLOW = Policy(interval=90, iterations=3, threshold=2)
PROGRESSIVE = Policy(iterations=None, step_weight=20, max_weight=60, threshold=2)
BETA = replace(QUICK, iterations=4, match=({"headers": {"x-beta": {"exact": "yes"}}},))
GATED = replace(QUICK, webhooks=(gate("release-board", "confirm-promotion", SYSTEM),))
UNANALYSED = replace(QUICK, extra={"skipAnalysis": True})
COLLECTED = (
    '100 * sum(rate(http_request_duration_seconds_count{kubernetes_namespace="{{ namespace }}",'
    'kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)",status!~"5.."}[{{ interval }}]))'
    ' / sum(rate(http_request_duration_seconds_count{kubernetes_namespace="{{ namespace }}",'
    'kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"}[{{ interval }}]))'
)
ELSEWHERE_METRIC: Obj = {"name": "datadog-success-rate", "interval": "1m", "thresholdRange": {"min": 95}}
TEMPLATE_METRIC: Obj = {"name": "pod-success-rate", "interval": "10s", "thresholdRange": {"min": 99}}
PROMETHEUS: Obj = {"type": "prometheus", "address": f"http://prometheus.{SYSTEM}:9090"}
DATADOG: Obj = {"type": "datadog", "address": "https://api.datadoghq.example", "secretRef": {"name": "datadog"}}
SUCCESSES = "100 - 100 * sum:requests.error{service:{{ target }}} / sum:requests.hits{service:{{ target }}}"

IMPATIENT = replace(QUICK, deadline=240)
HASTY = replace(QUICK, deadline=30)
UNMEASURED = replace(QUICK, threshold=6)
UNTESTED = replace(UNMEASURED, webhooks=(gate("load-test", "rollout", SYSTEM),))
"""Its load test is a gate that nobody opens."""
COLLECTING = replace(QUICK, metrics=(TEMPLATE_METRIC,))

PARTS = (
    Part("checkout", "shop", "2.14.0", QUICK),
    Part("catalog", "shop", "1.32.4", replace(QUICK, iterations=5)),
    Part("inventory", "shop", "3.2.1", SLOW),
    Part("payments", "payments", "5.0.7", replace(QUICK, interval=30, iterations=4, threshold=3)),
    Part("search-api", "search", "0.48.2", PROGRESSIVE, tier="core"),
    Part("recommendations", "search", "0.9.11", replace(QUICK, interval=60), tier="edge"),
    Part("frontend", "web", "7.3.0", BETA),
    Part("backend", "webapp", "6.5.2", GATED, cluster="staging", owner="flux", role="gate"),
    Part("orders", "webapp", "4.1.0", COLLECTING, "nginx", cluster="staging", owner="flux"),
    Part("notifications", "webapp", "1.8.3", QUICK, "gatewayapi:v1", cluster="staging", owner="flux", elsewhere=True),
    Part(
        "billing", "finance", "2.2.0", replace(QUICK, iterations=6), cluster="staging", owner="flux", role="suspended"
    ),
    Part("legacy-api", "finance", "1.0.92", UNANALYSED, cluster="staging", owner="flux"),
    Part("sync-worker", "logistics", "0.17.5", IMPATIENT, cluster="warehouse", owner="argocd", role="stuck"),
    Part("reports", "logistics", "3.4.0", QUICK, cluster="warehouse", owner="argocd", role="config"),
    Part("picker", "logistics", "1.4.0", IMPATIENT, cluster="warehouse", owner="argocd", role="nopull"),
    Part("labels", "logistics", "2.0.3", IMPATIENT, cluster="warehouse", owner="argocd", role="crash"),
    Part("dispatch", "logistics", "0.9.0", HASTY, cluster="warehouse", owner="argocd", role="promotion"),
    Part("stock", "logistics", "5.1.2", QUICK, cluster="warehouse", owner="argocd", role="drift"),
    Part("storefront", "webapp", "8.2.0", UNMEASURED, "nginx", cluster="staging", owner="flux", role="unmeasured"),
    Part("mailer", "webapp", "1.1.9", UNTESTED, cluster="staging", owner="flux"),
)


BARE = Part("gift-cards", "shop", "1.4.0", QUICK)
"""Kurator brings it to all members, and nothing checks it: blue/green can be set up for it."""


UNGOVERNED = Part("newsletter", "webapp", "3.0.1", QUICK, cluster="staging", owner="flux")
"""Lives in a plain cluster, and nothing checks it: a Canary can be made for it."""


def homes(fleet: Fleet, part: Part) -> list[Cluster]:
    """The clusters in which a part plays."""
    if part.cluster:
        return [fleet.clusters[part.cluster]] if part.cluster in fleet.clusters else []
    hub = fleet.clusters[HUB].store if fleet.members else None
    if hub is None:
        return []
    labels = {
        name: hub.get(ATTACHED_CLUSTERS, FLEET_NAMESPACE, name)["metadata"].get("labels") or {}
        for name in fleet.members
    }
    return [fleet.clusters[name] for name in fleet.members if not part.tier or labels[name].get("tier") == part.tier]


def cast(fleet: Fleet) -> None:
    """Fill an empty fleet."""
    for part in PARTS:
        for cluster in homes(fleet, part):
            _place(cluster, part)
            _govern(cluster, part)
        if not part.cluster and fleet.members:
            selector = {"tier": part.tier} if part.tier else None
            policy = seeds.sync_policy(FLEET_NAME, part.name, part.namespace, part.policy, selector=selector)
            fleet.clusters[HUB].store.create(APPLICATIONS, seeds.application(FLEET_NAMESPACE, part.name, [policy]))
    for cluster in homes(fleet, UNGOVERNED):
        _place(cluster, UNGOVERNED)
    if fleet.members:
        cast_bare(fleet)


def cast_bare(fleet: Fleet) -> None:
    """The application of the guided tour, without what is there of it already: it may have been deleted, with or
    without its workload.
    """
    name, namespace = BARE.name, BARE.namespace
    hub = fleet.clusters[HUB].store
    if hub.find(APPLICATIONS, FLEET_NAMESPACE, name) is not None:
        return
    for cluster in homes(fleet, BARE):
        if cluster.store.find(DEPLOYMENTS, namespace, name) is None:
            _place(cluster, BARE)
    last = fleet.clusters[fleet.members[-1]].store
    if last.find(AUTOSCALERS, namespace, name) is None:
        last.create(AUTOSCALERS, seeds.autoscaler(namespace, name, name))
    made = seeds.application(FLEET_NAMESPACE, name, [seeds.bare_policy(FLEET_NAME, name)])
    hub.create(APPLICATIONS, made)


def _place(cluster: Cluster, part: Part) -> None:
    store, namespace, name = cluster.store, part.namespace, part.name
    cluster.namespace(namespace, {"istio-injection": "enabled"} if part.provider == "istio" else None)
    labels = owner_labels(part, cluster.name)
    configs = (f"{name}-settings",) if part.role == "config" else ()
    for config in configs:
        store.create(CONFIGMAPS, {"metadata": {"name": config, "namespace": namespace}, "data": {"pageSize": "50"}})
    image = f"{part.repository}:{part.version}"
    workload = seeds.deployment(namespace, name, image, replicas=2 + len(name) % 3, labels=labels, configs=configs)
    store.create(DEPLOYMENTS, workload)
    _serve(cluster, namespace, name)
    if part.provider != "istio":
        furnish_ingress(cluster)
    if part.provider == "nginx":
        store.create(INGRESSES, seeds.ingress(namespace, name))
    if part.provider == "nginx" and part.role != "unmeasured":
        _metric_template(cluster, namespace, TEMPLATE_METRIC, PROMETHEUS, COLLECTED)
    if part.elsewhere:
        _metric_template(cluster, namespace, ELSEWHERE_METRIC, DATADOG, SUCCESSES)


def _govern(cluster: Cluster, part: Part) -> None:
    """Of a plain cluster by its owner; of others Kurator makes the Canary."""
    store, namespace, name = cluster.store, part.namespace, part.name
    if part.cluster:
        labels = owner_labels(part, cluster.name)
        made = seeds.canary(namespace, name, part.policy, provider=part.provider, labels=labels)
        if part.provider == "nginx" and part.role != "unmeasured":
            made["spec"]["analysis"]["metrics"] = [_of_template(namespace, TEMPLATE_METRIC)]
        if part.elsewhere:
            made["spec"]["analysis"]["metrics"].append(_of_template(namespace, ELSEWHERE_METRIC))
        if part.owner == "argocd":
            made["metadata"]["annotations"] = {
                "argocd.argoproj.io/tracking-id": f"{name}:flagger.app/Canary:{namespace}/{name}"
            }
        store.create(CANARIES, made)


def _serve(cluster: Cluster, namespace: str, name: str) -> None:
    """A Service may have outlived its workload."""
    if cluster.store.find(SERVICES, namespace, name) is None:
        cluster.store.create(SERVICES, seeds.service(namespace, name, 8080))


def _of_template(namespace: str, metric: Obj) -> Obj:
    return {**metric, "templateRef": {"name": metric["name"], "namespace": namespace}}


def _metric_template(cluster: Cluster, namespace: str, metric: Obj, provider: Obj, query: str) -> None:
    meta = {"name": metric["name"], "namespace": namespace}
    cluster.store.create(METRIC_TEMPLATES, {"metadata": meta, "spec": {"provider": provider, "query": query}})


def owner_labels(part: Part, cluster: str) -> dict[str, str]:
    """As the tool that applied the objects marks them."""
    if part.owner == "flux":
        return {
            "kustomize.toolkit.fluxcd.io/name": part.namespace,
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        }
    if part.owner == "argocd":
        return {"app.kubernetes.io/instance": part.name}
    if part.owner == "kurator":
        return {
            "kustomize.toolkit.fluxcd.io/name": f"{part.name}-0-attachedcluster-{cluster}",
            "kustomize.toolkit.fluxcd.io/namespace": FLEET_NAMESPACE,
        }
    return {}
