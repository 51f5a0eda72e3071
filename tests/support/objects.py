"""Kubernetes objects as they come from clusters, for tests: only what a test says, on top of what is always there."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def canary(namespace: str, name: str, *, spec: Object | None = None, **status: Any) -> Object:
    """A blue/green Canary of three iterations; keywords are its status (`phase="Progressing"`, `iterations=2`)."""
    phase = status.pop("phase", "Initialized")
    written = status.pop("lastTransitionTime", "2026-11-23T16:18:03Z")
    condition = {
        "type": "Promoted", "reason": phase, "status": "Unknown", "message": f"{phase}.",
        "lastUpdateTime": written, "lastTransitionTime": written,
    }  # fmt: skip
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "provider": "istio",
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "service": {"name": name, "port": 8080},
            "analysis": {"interval": "10s", "iterations": 3, "threshold": 2},
            **(spec or {}),
        },
        "status": {
            "phase": phase, "iterations": 0, "failedChecks": 0, "canaryWeight": 0, "lastAppliedSpec": "aaa",
            "lastPromotedSpec": "aaa", "lastTransitionTime": written, "conditions": [condition], **status,
        },
    }  # fmt: skip


def virtual_service(namespace: str, name: str, green: int = 0, *, gateways: tuple[str, ...] = ()) -> Object:
    route = [
        {"destination": {"host": f"{name}-primary"}, "weight": 100 - green},
        {"destination": {"host": f"{name}-canary"}, "weight": green},
    ]
    return {
        "apiVersion": "networking.istio.io/v1beta1",
        "kind": "VirtualService",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"hosts": [name], "gateways": list(gateways), "http": [{"route": route}]},
    }


def ingress(namespace: str, name: str, prefix: str = "nginx.ingress.kubernetes.io", **annotations: str) -> Object:
    """Annotations without their prefix, with `_` for `-`: `canary="true", canary_weight="100"`."""
    prefixed = {f"{prefix}/{k.replace('_', '-')}": v for k, v in annotations.items()}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"namespace": namespace, "name": name, "annotations": prefixed},
        "spec": {},
    }


def deployment(namespace: str, name: str, image: str = "shop/app:1", *, replicas: int = 2, **labels: str) -> Object:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
        "status": {"readyReplicas": replicas},
    }


def pod(namespace: str, name: str, *, app: str = "", **status: Any) -> Object:
    """Keywords are its status, as Kubernetes spells it."""
    meta = {"namespace": namespace, "name": name, "labels": {"app": app or name.rpartition("-")[0]}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}, "status": status}


def event(namespace: str, about: str, message: str, *, name: str = "", kind: str = "Canary", count: int = 1) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": namespace, "name": name or f"{about}.{abs(hash(message)):x}"},
        "involvedObject": {"apiVersion": "flagger.app/v1beta1", "kind": kind, "namespace": namespace, "name": about},
        "type": "Normal",
        "reason": "Synced",
        "message": message,
        "count": count,
        "firstTimestamp": "2026-11-23T16:18:03Z",
        "lastTimestamp": "2026-11-23T16:18:03Z",
    }


def secret(namespace: str, name: str, **data: str) -> Object:
    """Values already in base64."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name}, "data": data}


def metric_template(namespace: str, name: str, query: str, provider: Object | None) -> Object:
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "MetricTemplate",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"provider": provider, "query": query},
    }


def knative_service(namespace: str, name: str, *, newest: str | None, primary: str | None) -> Object:
    annotations = {"flagger.app/primary-revision": primary} if primary else None
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name, "annotations": annotations},
        "status": {"latestCreatedRevisionName": newest, "latestReadyRevisionName": newest} if newest else None,
    }


def service(namespace: str, name: str, port: int, **labels: str) -> Object:
    """Selects the pods of the given labels; without any, those of a name that no pod has."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"selector": labels or {"app": name}, "ports": [{"port": port}]},
    }


def fleet(namespace: str, name: str, *members: str) -> Object:
    clusters = [{"kind": "AttachedCluster", "name": member} for member in members]
    return {
        "apiVersion": "fleet.kurator.dev/v1alpha1",
        "kind": "Fleet",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"clusters": clusters},
    }


def attached_cluster(namespace: str, name: str, *, secret: str = "", key: str = "value", ready: bool = True) -> Object:
    return {
        "apiVersion": "cluster.kurator.dev/v1alpha1",
        "kind": "AttachedCluster",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"kubeconfig": {"name": secret or name, "key": key}},
        "status": {"ready": ready},
    }


def application(namespace: str, name: str, *, fleet: str, workloads: tuple[tuple[str, str], ...] = ()) -> Object:
    """One policy with a rollout for each (namespace, name) of a workload."""
    policies = [
        {
            "destination": {"fleet": fleet},
            "rollout": {
                "workload": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": space, "name": workload},
                "serviceName": workload,
            },
        }
        for space, workload in workloads
    ]
    return {
        "apiVersion": "apps.kurator.dev/v1alpha1",
        "kind": "Application",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"syncPolicies": policies},
    }
