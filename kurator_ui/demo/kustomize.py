"""Flux's kustomize-controller on the hub, as far as images go: a Kustomization that has changed sets them on the
workloads that it applies in its member.

There is no Git here: what is applied (`flux.applied`) is what stands in the member already, with the names, tags and
digests of `spec.images`. So an entry that is taken out leaves the image as it is, and nothing else is ever put back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from kurator_ui.demo.clock import Clock, parse_duration, stamp
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.flux import applied
from kurator_ui.demo.resources import DEPLOYMENTS, KUSTOMIZATIONS
from kurator_ui.demo.store import Address

APPLY_SECONDS = 3.0
RECONCILE, DISABLED = "kustomize.toolkit.fluxcd.io/reconcile", "disabled"
IMAGE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


class Flux:
    def __init__(self, hub: Cluster, members: Mapping[str, Cluster], clock: Clock) -> None:
        self._hub, self._members, self._clock = hub, members, clock
        hub.store.subscribe(KUSTOMIZATIONS, self._changed)

    def start(self) -> None:
        """As after any restart, everything is applied again."""
        for found in self._hub.store.all(KUSTOMIZATIONS):
            self._plan(found["metadata"], APPLY_SECONDS)

    def _changed(self, kind: str, obj: Obj, old: Obj | None) -> None:
        if kind == "ADDED" or (
            kind == "MODIFIED" and old and old["metadata"]["generation"] != obj["metadata"]["generation"]
        ):
            self._plan(obj["metadata"], APPLY_SECONDS)

    def _plan(self, meta: Obj, seconds: float) -> None:
        at, generation = Address(KUSTOMIZATIONS, meta["namespace"], meta["name"]), meta["generation"]
        self._clock.call_later(seconds, lambda: self._reconcile(at, meta["uid"], generation))

    def _reconcile(self, at: Address, uid: str, generation: int) -> None:
        found = self._hub.store.find(KUSTOMIZATIONS, at.namespace, at.name)
        if found is None or (found["metadata"]["uid"], found["metadata"]["generation"]) != (uid, generation):
            return
        spec = found["spec"]
        if spec.get("suspend"):
            return
        member = self._members.get(spec["kubeConfig"]["secretRef"]["name"].removesuffix("-kubeconfig"))
        if member is None or member.state != "up":
            self._report(at, generation, "False", "ReconciliationFailed", "the cluster cannot be reached")
            again = next((one for one in (_seconds(spec, "retryInterval"), _seconds(spec, "interval")) if one), 0.0)
            if again:  # with neither the original does not try again
                self._plan(found["metadata"], again)
            return
        self._apply(member, at, spec.get("images") or [])
        self._report(at, generation, "True", "ReconciliationSucceeded", "Applied revision: main@sha1:1111111")

    def _apply(self, member: Cluster, at: Address, images: list[Obj]) -> None:
        for resource, namespace, name in list(applied(member, at.name)):
            annotations = member.store.get(resource, namespace, name)["metadata"].get("annotations") or {}
            if resource is DEPLOYMENTS and annotations.get(RECONCILE) != DISABLED:
                with suppress(ApiError):  # one that cannot be written holds up no other
                    member.store.change(Address(resource, namespace, name), partial(set_images, images=images))

    def _report(self, at: Address, generation: int, status: str, reason: str, message: str) -> None:
        """The time of a condition moves when its status does."""
        found = self._hub.store.get(KUSTOMIZATIONS, at.namespace, at.name)
        had: Obj = next(iter((found.get("status") or {}).get("conditions") or ()), {})
        since = had.get("lastTransitionTime") if had.get("status") == status else None
        condition = {"type": "Ready", "status": status, "reason": reason, "message": message}
        condition |= {"lastTransitionTime": since or stamp(self._clock.now())}
        made = {"conditions": [condition], "observedGeneration": generation}
        self._hub.store.change(at, lambda obj: obj.update({"status": made}), status=True)


def set_images(workload: Obj, images: list[Obj]) -> None:
    """In place, as kustomize does: every container whose image has the name of an entry, or the one that it gave."""
    pods: dict[str, Any] = workload["spec"]["template"]["spec"]
    for container in (*pods.get("containers", ()), *pods.get("initContainers", ())):
        for entry in images:
            container["image"] = changed(container["image"], entry)


def changed(image: str, entry: Obj) -> str:
    found = IMAGE.fullmatch(image)
    if found is None or found["name"] not in (entry["name"], entry.get("newName")):
        return image
    tag, digest = found["tag"], found["digest"]
    if entry.get("newTag") or entry.get("digest"):
        tag, digest = entry.get("newTag"), entry.get("digest")
    name = entry.get("newName") or entry["name"]
    return f"{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"


def _seconds(spec: Obj, field: str) -> float:
    return parse_duration(spec.get(field) or "", 0.0)
