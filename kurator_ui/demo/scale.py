"""The `scale` subresource of Deployments: their size, and nothing else of them."""

from __future__ import annotations

from kurator_ui.demo.errors import Obj, bad_request

ENTRY = {
    "name": "deployments/scale",
    "singularName": "",
    "namespaced": True,
    "group": "autoscaling",
    "version": "v1",
    "kind": "Scale",
    "verbs": ["get", "patch", "update"],
}


def scale_of(deployment: Obj) -> Obj:
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = deployment["spec"]["selector"].get("matchLabels") or {}
    status = {
        "replicas": (deployment.get("status") or {}).get("replicas", 0),
        "selector": ",".join(f"{key}={value}" for key, value in labels.items()),
    }
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: deployment["metadata"][key] for key in kept if key in deployment["metadata"]},
        "spec": {"replicas": deployment["spec"].get("replicas", 1)},
        "status": status,
    }


def scaled(deployment: Obj, scale: Obj) -> Obj:
    """The Deployment at the size of the scale, guarded by its resourceVersion if it has one. Raises 400."""
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        raise bad_request("spec.replicas must be a number of 0 or more")
    version = (scale.get("metadata") or {}).get("resourceVersion") or deployment["metadata"]["resourceVersion"]
    meta = {**deployment["metadata"], "resourceVersion": version}
    return {**deployment, "metadata": meta, "spec": {**deployment["spec"], "replicas": replicas}}
