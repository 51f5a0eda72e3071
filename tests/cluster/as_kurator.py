"""What Kurator writes on a member besides the Canary's common fields (kurator.md 7): MetricTemplates, the Ingress that
nginx's Canary names, and the annotations by which Kuma knows the protocol. The clusters of these tests have a Kurator
that leaves them out, so that nobody could see such a policy arrive.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tests.cluster.laboratory import CANARIES, MERGE, Member
from tests.support.rows_of_fields import at

TEMPLATES = "/apis/flagger.app/v1beta1/namespaces/{}/metrictemplates"
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "nginx"}


@contextmanager
def completed(hub: Member, application: str, members: list[Member]) -> Iterator[None]:
    """While it lasts: its Canaries are put back every thirty seconds without that."""
    stop = threading.Event()

    def keep() -> None:
        while not stop.wait(0.3):
            with suppress(OSError):
                rollout = hub.get(application)["spec"]["syncPolicies"][0]["rollout"]
                for member in members:
                    _complete(member, rollout)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def _complete(member: Member, rollout: dict[str, Any]) -> None:
    namespace, name = rollout["workload"]["namespace"], rollout["workload"]["name"]
    templates = TEMPLATES.format(namespace)
    there = {one["metadata"]["name"]: one["spec"] for one in member.get(templates)["items"]}
    for metric in rollout["rolloutPolicy"]["trafficAnalysis"]["metrics"]:
        if (wanted := metric.get("customMetric")) and metric["name"] not in there:
            head = {"apiVersion": "flagger.app/v1beta1", "kind": "MetricTemplate"}
            meta = {"name": metric["name"], "namespace": namespace}
            member.call("POST", templates, {**head, "metadata": meta, "spec": wanted}).close()
    path = f"{CANARIES.replace('webapp', namespace)}/{name}"
    spec = member.get(path)["spec"]
    if spec["provider"] == rollout["trafficRoutingProvider"]:
        for pointer, value in _of_provider(rollout).items():
            if at(spec, pointer) != value:
                body: Any = value
                for step in reversed(pointer.split("/")[1:]):
                    body = {step: body}
                member.call("PATCH", path, {"spec": body}, MERGE).close()


def _of_provider(rollout: dict[str, Any]) -> dict[str, Any]:
    if rollout["trafficRoutingProvider"] == "nginx":
        return {"/ingressRef": INGRESS}
    if rollout["trafficRoutingProvider"] == "kuma":
        protocol = rollout["rolloutPolicy"]["trafficRouting"].get("protocol") or "http"
        told = {"9898.service.kuma.io/protocol": protocol}
        return {f"/service/{side}/annotations": told for side in ("apex", "canary", "primary")}
    return {}
