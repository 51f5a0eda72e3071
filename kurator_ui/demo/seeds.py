"""Objects to fill clusters with: workloads as CI would apply them, Canaries, Kurator's kinds."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from kurator_ui.demo.errors import Obj


@dataclass(frozen=True, slots=True)
class Policy:
    """How a release is judged; the defaults are a blue/green policy."""

    interval: int = 10
    """Seconds."""
    iterations: int | None = 3
    step_weight: int | None = None
    max_weight: int | None = None
    threshold: int = 2
    match: tuple[Obj, ...] = ()
    webhooks: tuple[Obj, ...] = ()
    metrics: tuple[Obj, ...] | None = None
    deadline: int = 600
    extra: Obj = field(default_factory=dict)
    """Further fields of a Canary's spec."""


def deployment(
    namespace: str,
    name: str,
    image: str,
    *,
    replicas: int = 2,
    port: int = 8080,
    labels: dict[str, str] | None = None,
    configs: tuple[str, ...] = (),
) -> Obj:
    container: Obj = {
        "name": name,
        "image": image,
        "ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}],
        "resources": {},
    }
    if configs:
        container["envFrom"] = [{"configMapRef": {"name": config}} for config in configs]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], "restartPolicy": "Always"}}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": template,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
    }
    return {"metadata": {"name": name, "namespace": namespace, "labels": {"app": name, **(labels or {})}}, "spec": spec}


def service(namespace: str, name: str, port: int = 80, target: int | str = "http", app: str = "") -> Obj:
    ports = [{"name": "http", "port": port, "protocol": "TCP", "targetPort": target}]
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "ClusterIP", "ports": ports, "selector": {"app": app or name}},
    }


def built_in_metrics(interval: int) -> list[Obj]:
    success = {"name": "request-success-rate", "interval": f"{interval}s", "thresholdRange": {"min": 99}}
    return [success, {"name": "request-duration", "interval": f"{interval}s", "thresholdRange": {"max": 500}}]


def canary(
    namespace: str,
    name: str,
    policy: Policy | None = None,
    *,
    provider: str = "istio",
    port: int = 8080,
    labels: dict[str, str] | None = None,
) -> Obj:
    policy = policy or Policy()
    metrics = built_in_metrics(policy.interval) if policy.metrics is None else list(policy.metrics)
    analysis: Obj = {"interval": f"{policy.interval}s", "threshold": policy.threshold, "metrics": metrics}
    given = {"iterations": policy.iterations, "stepWeight": policy.step_weight, "maxWeight": policy.max_weight}
    analysis |= {key: value for key, value in given.items() if value is not None}
    analysis |= {"match": list(policy.match)} if policy.match else {}
    analysis |= {"webhooks": list(policy.webhooks)} if policy.webhooks else {}
    spec: Obj = {
        "provider": provider,
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "progressDeadlineSeconds": policy.deadline,
        "analysis": analysis,
        "service": {
            "name": name,
            "port": port,
            "targetPort": "http",
            "portDiscovery": False,
            "timeout": "60s",
            **_routing(provider, namespace, name),
        },
        **policy.extra,
    }
    if provider == "nginx":
        spec["ingressRef"] = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": name}
    meta: Obj = {"name": name, "namespace": namespace}
    return {"metadata": meta | ({"labels": labels} if labels else {}), "spec": spec}


def _routing(provider: str, namespace: str, name: str) -> Obj:
    hosts = [f"{name}.{namespace}.example.test"]
    if provider == "istio":
        return {"gateways": ["istio-system/public-gateway"], "hosts": hosts}
    if provider.startswith("gatewayapi"):
        return {
            "gatewayRefs": [
                {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "gateways"}
            ],
            "hosts": hosts,
        }
    return {}


def ingress(namespace: str, name: str, port: int = 8080) -> Obj:
    backend = {"service": {"name": name, "port": {"number": port}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    rules = [{"host": f"{name}.{namespace}.example.test", "http": {"paths": paths}}]
    return {
        "metadata": {"name": name, "namespace": namespace, "annotations": {"kubernetes.io/ingress.class": "nginx"}},
        "spec": {"rules": rules},
    }


def gate(name: str, kind: str, namespace: str) -> Obj:
    return {"name": name, "type": kind, "url": f"http://flagger-loadtester.{namespace}/gate/check", "timeout": "5s"}


def secret(namespace: str, name: str, data: dict[str, bytes]) -> Obj:
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {"metadata": {"name": name, "namespace": namespace}, "type": "Opaque", "data": encoded}


def attached_cluster(namespace: str, name: str, labels: dict[str, str] | None = None) -> Obj:
    meta = {"name": name, "namespace": namespace, "labels": labels or {}}
    return {"metadata": meta, "spec": {"kubeconfig": {"name": f"{name}-kubeconfig", "key": f"{name}.config"}}}


def fleet(namespace: str, name: str, members: list[str]) -> Obj:
    plugin = {"flagger": {"trafficRoutingProvider": "istio", "publicTestloader": True}}
    clusters = [{"kind": "AttachedCluster", "name": member} for member in members]
    return {
        "metadata": {"name": name, "namespace": namespace, "finalizers": ["fleet.kurator.dev"]},
        "spec": {"clusters": clusters, "plugin": plugin},
    }


def application(namespace: str, name: str, policies: list[Obj]) -> Obj:
    source = {
        "url": f"https://git.example.test/{name}/deploy.git",
        "ref": {"branch": "main"},
        "interval": "3m0s",
        "timeout": "1m0s",
    }
    meta = {"name": name, "namespace": namespace, "finalizers": ["apps.kurator.dev"]}
    return {"metadata": meta, "spec": {"source": {"gitRepository": source}, "syncPolicies": policies}}


def sync_policy(
    fleet_name: str,
    workload: str,
    namespace: str,
    policy: Policy,
    *,
    selector: dict[str, str] | None = None,
    port: int = 8080,
) -> Obj:
    rollout = {
        "trafficRoutingProvider": "istio",
        "testLoader": True,
        "serviceName": workload,
        "port": port,
        "workload": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload, "namespace": namespace},
        "rolloutPolicy": {
            "rolloutTimeoutSeconds": policy.deadline,
            "trafficRouting": _traffic_routing(workload, namespace, policy),
            "trafficAnalysis": _traffic_analysis(f"http://{workload}-canary.{namespace}:{port}/", policy),
        },
    }
    return {**bare_policy(fleet_name, workload, selector=selector), "rollout": rollout}


def bare_policy(fleet_name: str, workload: str, *, selector: dict[str, str] | None = None) -> Obj:
    """One that has no rollout."""
    destination: Obj = {"fleet": fleet_name}
    destination |= {"clusterSelector": {"matchLabels": selector}} if selector else {}
    return {
        "destination": destination,
        "kustomization": {"interval": "0s", "path": f"./{workload}", "prune": True, "timeout": "2m0s"},
    }


def autoscaler(namespace: str, name: str, target: str) -> Obj:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 6},
    }


def _traffic_routing(workload: str, namespace: str, policy: Policy) -> Obj:
    hosts = [f"{workload}.{namespace}.example.test"]
    routing: Obj = {"timeoutSeconds": 60, "gateways": ["istio-system/public-gateway"], "hosts": hosts}
    routing |= {"analysisTimes": policy.iterations} if policy.iterations else {}
    routing |= {"match": list(policy.match)} if policy.match else {}
    if policy.step_weight:
        routing["canaryStrategy"] = {"stepWeight": policy.step_weight, "maxWeight": policy.max_weight or 100}
    return routing


def _traffic_analysis(green: str, policy: Policy) -> Obj:
    limits = (("request-success-rate", {"min": 99}), ("request-duration", {"max": 500}))
    return {
        "checkIntervalSeconds": policy.interval,
        "checkFailedTimes": policy.threshold,
        "metrics": [
            {"name": name, "intervalSeconds": policy.interval, "thresholdRange": limit} for name, limit in limits
        ],
        "webhooks": {"timeoutSeconds": 60, "command": [f"hey -z 1m -q 10 -c 2 {green}"]},
    }
