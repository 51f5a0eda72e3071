"""The kinds the simulated API servers know."""

from __future__ import annotations

from dataclasses import dataclass

from kurator_ui.demo.errors import Obj


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind: where it is served and what is special about it."""

    group: str
    version: str
    plural: str
    kind: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    status: bool = False
    """Status is written through its own subresource only."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        return f"{self.group}/{self.plural}"

    def discovery(self) -> list[Obj]:
        verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
        entry: Obj = {
            "name": self.plural,
            "singularName": self.kind.lower(),
            "namespaced": self.namespaced,
            "kind": self.kind,
            "verbs": verbs,
        }
        if self.short:
            entry["shortNames"] = list(self.short)
        status = {"name": f"{self.plural}/status", "singularName": "", "namespaced": self.namespaced, "kind": self.kind}
        return [entry, {**status, "verbs": ["get", "patch", "update"]}] if self.status else [entry]


NAMESPACES = Resource("", "v1", "namespaces", "Namespace", ("ns",), namespaced=False)
PODS = Resource("", "v1", "pods", "Pod", ("po",))
SERVICES = Resource("", "v1", "services", "Service", ("svc",))
SECRETS = Resource("", "v1", "secrets", "Secret")
CONFIGMAPS = Resource("", "v1", "configmaps", "ConfigMap", ("cm",))
EVENTS = Resource("", "v1", "events", "Event", ("ev",))
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", ("deploy",), status=True)
DAEMONSETS = Resource("apps", "v1", "daemonsets", "DaemonSet", ("ds",), status=True)
REPLICASETS = Resource("apps", "v1", "replicasets", "ReplicaSet", ("rs",), status=True)
AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", ("hpa",))
CANARIES = Resource("flagger.app", "v1beta1", "canaries", "Canary", status=True)
METRIC_TEMPLATES = Resource("flagger.app", "v1beta1", "metrictemplates", "MetricTemplate", status=True)
VIRTUAL_SERVICES = Resource("networking.istio.io", "v1beta1", "virtualservices", "VirtualService", ("vs",))
DESTINATION_RULES = Resource("networking.istio.io", "v1beta1", "destinationrules", "DestinationRule", ("dr",))
ISTIO_GATEWAYS = Resource("networking.istio.io", "v1beta1", "gateways", "Gateway", ("gw",))
API_GATEWAYS = Resource("gateway.networking.k8s.io", "v1", "gateways", "Gateway", ("gtw",), status=True)
INGRESSES = Resource("networking.k8s.io", "v1", "ingresses", "Ingress", ("ing",), status=True)
HTTP_ROUTES = Resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute", status=True)
TRAFFIC_ROUTES = Resource("kuma.io", "v1alpha1", "trafficroutes", "TrafficRoute", namespaced=False)
APPLICATIONS = Resource("apps.kurator.dev", "v1alpha1", "applications", "Application", status=True)
FLEETS = Resource("fleet.kurator.dev", "v1alpha1", "fleets", "Fleet", status=True)
ATTACHED_CLUSTERS = Resource("cluster.kurator.dev", "v1alpha1", "attachedclusters", "AttachedCluster", status=True)
CLUSTERS = Resource("cluster.kurator.dev", "v1alpha1", "clusters", "Cluster", status=True)
KUSTOMIZATIONS = Resource(
    "kustomize.toolkit.fluxcd.io", "v1beta2", "kustomizations", "Kustomization", ("ks",), status=True
)
DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", ("crd",), namespaced=False
)

CORE = (NAMESPACES, PODS, SERVICES, SECRETS, CONFIGMAPS, EVENTS, DEPLOYMENTS, DAEMONSETS, REPLICASETS)
MEMBER = (
    *CORE,
    AUTOSCALERS,
    CANARIES,
    METRIC_TEMPLATES,
    VIRTUAL_SERVICES,
    DESTINATION_RULES,
    ISTIO_GATEWAYS,
    API_GATEWAYS,
    INGRESSES,
    HTTP_ROUTES,
    TRAFFIC_ROUTES,
)
HUB = (*CORE, APPLICATIONS, FLEETS, ATTACHED_CLUSTERS, CLUSTERS, KUSTOMIZATIONS, DEFINITIONS)
