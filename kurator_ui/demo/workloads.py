"""What Flagger does to Deployments and Services: the primary, its promotion, scaling, readiness, the three Services."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.clock import Clock, parse_stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.hashes import config_hash, template_hash
from kurator_ui.demo.resources import CONFIGMAPS, DEPLOYMENTS, SECRETS, SERVICES
from kurator_ui.demo.store import Address, Store

SELECTOR_LABELS = ("app", "name", "app.kubernetes.io/name")


class NotReady(Exception):
    """Pods are missing; not retriable when the deadline has passed."""

    def __init__(self, message: str, retriable: bool) -> None:
        super().__init__(message)
        self.retriable = retriable


class Workloads:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def target(self, canary: Canary) -> Obj:
        return self._store.get(DEPLOYMENTS, canary.namespace, canary.target)

    def applied(self, canary: Canary) -> str:
        """The hash of the target's pod template."""
        return template_hash(self.target(canary)["spec"]["template"])

    def configs(self, canary: Canary) -> dict[str, str]:
        """Hashes of the ConfigMaps and Secrets that the template refers to."""
        found = {}
        for kind, name in sorted(_references(self.target(canary)["spec"]["template"]["spec"])):
            resource = CONFIGMAPS if kind == "configmap" else SECRETS
            obj = self._store.find(resource, canary.namespace, name)
            if obj and (obj["metadata"].get("annotations") or {}).get("flagger.app/config-tracking") != "disabled":
                found[f"{kind}/{name}"] = config_hash(obj.get("data") or {})
        return found

    def ensure_primary(self, canary: Canary) -> None:
        if self._store.find(DEPLOYMENTS, canary.namespace, canary.primary):
            return
        target = self.target(canary)
        key, value = _label(target)
        meta = {
            "name": canary.primary,
            "namespace": canary.namespace,
            "labels": {key: f"{value}-primary"},
            "ownerReferences": [canary.owner_reference()],
        }
        spec = {
            **target["spec"],
            "selector": {"matchLabels": {key: f"{value}-primary"}},
            "template": _primary_template(target),
        }
        spec["replicas"] = target["spec"].get("replicas") or 1
        spec["progressDeadlineSeconds"] = int(canary.deadline)
        self._store.create(DEPLOYMENTS, {"metadata": meta, "spec": spec})

    def promote(self, canary: Canary) -> None:
        """Copy green's template to blue; the rolling update is the Deployment controller's work."""
        template = _primary_template(self.target(canary))
        self._edit(canary, canary.primary, {"template": template})

    def scale_down(self, canary: Canary) -> None:
        self._edit(canary, canary.target, {"replicas": 0})

    def scale_up(self, canary: Canary) -> None:
        if self.target(canary)["spec"].get("replicas", 1):
            return
        blue = self._store.get(DEPLOYMENTS, canary.namespace, canary.primary)
        self._edit(canary, canary.target, {"replicas": blue["spec"].get("replicas") or 1})

    def require_primary(self, canary: Canary) -> None:
        self._require(
            canary, canary.primary, f"{canary.primary}.{canary.namespace} not ready: ", "primaryReadyThreshold"
        )

    def require_green(self, canary: Canary) -> None:
        prefix = f"canary deployment {canary.target}.{canary.namespace} not ready: "
        self._require(canary, canary.target, prefix, "canaryReadyThreshold")

    def green_ready(self, canary: Canary) -> bool:
        try:
            self.require_green(canary)
        except NotReady:
            return False
        return True

    def _require(self, canary: Canary, name: str, prefix: str, threshold: str) -> None:
        deployment = self._store.get(DEPLOYMENTS, canary.namespace, name)
        if why := _unready(deployment, int(canary.analysis.get(threshold) or 100)):
            if _timed_out(deployment):
                raise NotReady(prefix + f'deployment "{name}" exceeded its progress deadline', retriable=False)
            overdue = self._overdue(deployment, canary.deadline)
            raise NotReady(
                prefix + (f"exceeded its progressDeadlineSeconds: {int(canary.deadline)}" if overdue else why),
                retriable=not overdue,
            )

    def _overdue(self, deployment: Obj, deadline: float) -> bool:
        for condition in (deployment.get("status") or {}).get("conditions", []):
            if condition["type"] == "Available" and condition["status"] == "False":
                return parse_stamp(condition["lastUpdateTime"]) + deadline < self._clock.now()
        return False

    def _edit(self, canary: Canary, name: str, fields: Obj) -> None:
        self._store.change(Address(DEPLOYMENTS, canary.namespace, name), lambda obj: obj["spec"].update(fields))

    def side_services(self, canary: Canary) -> None:
        key, value = _label(self.target(canary))
        self._service(canary, f"{canary.apex}-canary", {key: value})
        self._service(canary, f"{canary.apex}-primary", {key: f"{value}-primary"})

    def apex_service(self, canary: Canary, primary: bool = True) -> None:
        key, value = _label(self.target(canary))
        self._service(canary, canary.apex, {key: f"{value}-primary" if primary else value})

    def _service(self, canary: Canary, name: str, selector: dict[str, str]) -> None:
        service = canary.service
        port = {
            "name": service.get("portName") or "http",
            "port": service.get("port"),
            "protocol": "TCP",
            "targetPort": service.get("targetPort") or service.get("port"),
        }
        found = self._store.find(SERVICES, canary.namespace, name)
        if found is None:
            meta = {"name": name, "namespace": canary.namespace, "ownerReferences": [canary.owner_reference()]}
            self._store.create(
                SERVICES, {"metadata": meta, "spec": {"type": "ClusterIP", "ports": [port], "selector": selector}}
            )
            return
        found["spec"].update({"ports": [port], "selector": selector})
        self._store.update(SERVICES, found)


def _unready(deployment: Obj, threshold: int) -> str:
    """Why it is not ready; empty when it is."""
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    if deployment["metadata"]["generation"] > status.get("observedGeneration", 0):
        return "waiting for rollout to finish: observed deployment generation less than desired generation"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return f"waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated"
    if status.get("replicas", 0) > updated:
        return f"waiting for rollout to finish: {status['replicas'] - updated} old replicas are pending termination"
    if available < updated * threshold // 100:
        ready = f"{available} of {updated} (readyThreshold {threshold}%)"
        return f"waiting for rollout to finish: {ready} updated replicas are available"
    return ""


def _timed_out(deployment: Obj) -> bool:
    conditions = (deployment.get("status") or {}).get("conditions", [])
    return any(condition["reason"] == "ProgressDeadlineExceeded" for condition in conditions)


def _label(target: Obj) -> tuple[str, str]:
    labels = target["spec"]["selector"]["matchLabels"]
    key = next((name for name in SELECTOR_LABELS if name in labels), "app")
    return key, str(labels.get(key, target["metadata"]["name"]))


def _primary_template(target: Obj) -> Obj:
    key, value = _label(target)
    template = copy.deepcopy(target["spec"]["template"])
    meta = template["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), key: f"{value}-primary"}
    meta["annotations"] = {**(meta.get("annotations") or {}), "flagger-id": str(uuid.uuid4())}
    return dict(template)


def _references(spec: Any) -> set[tuple[str, str]]:
    """(kind, name) of every ConfigMap and Secret in a pod's volumes and environment."""
    found: set[tuple[str, str]] = set()
    if isinstance(spec, list):
        return found.union(*(_references(item) for item in spec))
    if not isinstance(spec, dict):
        return found
    for kind, keys in (
        ("configmap", ("configMap", "configMapRef", "configMapKeyRef")),
        ("secret", ("secret", "secretRef", "secretKeyRef")),
    ):
        for key in keys:
            if isinstance(spec.get(key), dict):
                name = spec[key].get("name") or spec[key].get("secretName")
                found |= {(kind, str(name))} if name else set()
    return found.union(*(_references(value) for value in spec.values()))
