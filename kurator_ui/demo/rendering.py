"""From one policy of an Application to the Canary on a member, field by field as Kurator does it."""

from __future__ import annotations

from typing import Any

from kurator_ui.demo.errors import Obj

BUILT_IN = ("request-success-rate", "request-duration")
ISTIO_FIELDS = ("gateways", "hosts", "retries", "headers", "corsPolicy")


def policy_name(application: Obj, index: int) -> str:
    given = application["spec"]["syncPolicies"][index].get("name")
    return str(given or f"{application['metadata']['name']}-{index}")


def resource_name(policy: str, kind: str, cluster: str) -> str:
    """Of the policy's object for one cluster, which is also its name in the Application's status."""
    return f"{policy}-{kind}-{cluster}".lower()[:63]


def render_kustomization(application: Obj, name: str, policy: Obj, secret: Obj) -> Obj:
    """What Flux applies of a policy in the cluster of this kubeconfig: a Kustomization on the hub."""
    meta = application["metadata"]
    owner = {"apiVersion": application["apiVersion"], "kind": application["kind"], "name": meta["name"]}
    return {
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": {"apps.kurator.dev/app-name": meta["name"]},
            "ownerReferences": [{**owner, "uid": meta["uid"]}],
        },
        "spec": {
            **policy["kustomization"],
            "sourceRef": {"kind": "GitRepository", "name": meta["name"]},
            "kubeConfig": {"secretRef": secret},
        },
    }


def render(rollout: Obj, policy: str, apex: Obj, cluster: str) -> Obj:
    """`apex` is the Service that users reach. Raises KeyError where the original panics, for want of a field."""
    governed, workload = rollout["rolloutPolicy"], rollout["workload"]
    spec = {
        "provider": rollout["trafficRoutingProvider"],
        "targetRef": {key: workload[key] for key in ("apiVersion", "kind", "name")},
        "ingressRef": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "nginx"}
        if rollout["trafficRoutingProvider"] == "nginx"
        else None,
        "progressDeadlineSeconds": governed.get("rolloutTimeoutSeconds"),
        "skipAnalysis": governed.get("skipTrafficAnalysis") or None,
        "revertOnDeletion": governed.get("revertOnDeletion") or None,
        "suspend": governed.get("suspend") or None,
        "service": _service(rollout, apex),
        "analysis": _analysis(rollout, cluster),
    }
    meta = {
        "name": workload["name"],
        "namespace": workload["namespace"],
        "annotations": {"kurator.dev/rollout": policy},
    }
    return {"metadata": meta, "spec": _given(spec)}


def _service(rollout: Obj, apex: Obj) -> Obj:
    routing = rollout["rolloutPolicy"]["trafficRouting"]
    target = next((port.get("targetPort") for port in apex["spec"]["ports"] if port["port"] == rollout["port"]), None)
    service = {
        "name": rollout["serviceName"],
        "port": rollout["port"],
        "targetPort": target,
        "portDiscovery": False,
        "timeout": f"{routing.get('timeoutSeconds', 0)}s",
    }
    return service | (
        {key: routing[key] for key in ISTIO_FIELDS if key in routing}
        if rollout["trafficRoutingProvider"] == "istio"
        else {}
    )


def _analysis(rollout: Obj, cluster: str) -> Obj:
    governed, namespace = rollout["rolloutPolicy"], rollout["workload"]["namespace"]
    routing, analysis = governed["trafficRouting"], governed["trafficAnalysis"]
    hooks = analysis.get("webhooks") or {}
    return {
        "interval": f"{analysis['checkIntervalSeconds']}s",
        "threshold": analysis["checkFailedTimes"],
        "iterations": routing.get("analysisTimes"),
        "match": routing.get("match"),
        **(routing.get("canaryStrategy") or {}),
        "sessionAffinity": analysis.get("sessionAffinity"),
        "metrics": [_metric(metric, namespace) for metric in analysis.get("metrics") or []],
        "webhooks": [
            _hook(index, command, hooks, rollout, cluster) for index, command in enumerate(hooks.get("command") or [])
        ]
        or None,
    }


def _metric(metric: Obj, namespace: str) -> Obj:
    template = None if metric["name"] in BUILT_IN else {"name": metric["name"], "namespace": namespace}
    return {
        "name": metric["name"],
        "interval": f"{metric['intervalSeconds']}s",
        "thresholdRange": metric.get("thresholdRange"),
        "templateRef": template,
    }


def _hook(index: int, command: str, hooks: Obj, rollout: Obj, cluster: str) -> Obj:
    private = f"http://{rollout['serviceName']}-testloader.{rollout['workload']['namespace']}/"
    url = private if rollout.get("testLoader") else f"http://istio-system-testloader-{cluster}-loadtester.istio-system/"
    name = f"generated-testload-{index}"
    return {
        "name": name,
        "type": "",
        "muteAlert": False,
        "url": url,
        "timeout": f"{hooks['timeoutSeconds']}s",
        "metadata": {"type": "cmd", "cmd": command},
    }


def _given(value: Any) -> Any:
    """Without the fields that are not set."""
    if isinstance(value, dict):
        return {key: _given(item) for key, item in value.items() if item is not None}
    return [_given(item) for item in value] if isinstance(value, list) else value
