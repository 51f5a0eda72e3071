"""What a cluster has beside its rollouts: controllers, namespaces, Gateways and Services, as far as readiness asks; and
what a rollout can be set up for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes import flagger, ingresses, inventory
from rollouts.adapters.kubernetes.answers import ITEMS, ONE_OBJECT
from rollouts.adapters.kubernetes.shapes import UID_LIMIT, ObjectWithMeta, text
from rollouts.adapters.kubernetes.transport import Limits, Transport, decoded
from rollouts.domain.addresses import Service
from rollouts.domain.errors import NotFound, Refused
from rollouts.domain.policies.offering import FoundAutoscaler, FoundIngress, FoundService, FoundWorkload
from rollouts.domain.ports import Credential
from rollouts.domain.readiness import Controller, Namespace, Part

TAG = r"(?::(?P<tag>[\w.-]+))?(?:@|$)"
IMAGES = {
    Part.ISTIO: re.compile(rf"(?:^|/)pilot{TAG}"),
    Part.NGINX: re.compile(rf"(?:^|/)(?:ingress-nginx/|ingress-nginx-|nginx-ingress-)controller(?:-chroot)?{TAG}"),
    Part.KUMA: re.compile(rf"(?:^|/)kuma-cp{TAG}"),
    Part.LOAD_TESTER: re.compile(rf"(?:^|/)flagger-loadtester{TAG}"),
}
GATEWAY_VERSIONS = {
    "networking.istio.io": ("v1beta1", "v1", "v1alpha3"),
    "gateway.networking.k8s.io": ("v1", "v1beta1"),
}
PAGE, MOST_PAGES, VERSION_LIMIT, VALUE_LIMIT = 500, 40, 60, 63


class NamespaceMeta(Struct):
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class NamespaceObject(Struct):
    metadata: NamespaceMeta


NAMESPACE = Decoder(NamespaceObject, strict=False)
SIDECARS = ("istio-injection", "istio.io/rev", "istio.io/dataplane-mode", "kuma.io/sidecar-injection")
"""The labels and annotations that are kept; the others are nobody's business here."""


class KubernetesSurroundings:
    """Fits `rollouts.domain.ports.Surroundings`; raises its errors only. Opens nothing before the first call."""

    def __init__(self, credential: Credential, limits: Limits | None = None) -> None:
        self._http = Transport(credential, limits or Limits())

    def uid(self) -> str:
        what = "get namespace kube-system"
        body = self._http.get("/api/v1/namespaces/kube-system", what=what)
        return text(decoded(ONE_OBJECT, body, self._http.asked(what)).metadata.uid, UID_LIMIT)

    def controllers(self, plural: str, also: Collection[tuple[str, str]] = ()) -> tuple[Controller, ...]:
        return tuple(
            found
            for one in self._workloads(plural)
            if (found := _controller(one)).part is not None or (found.namespace, found.name) in also
        )

    def namespace(self, name: str) -> Namespace | None:
        what = f"get namespace {name}"
        try:
            body = self._http.get(f"/api/v1/namespaces/{quote(name, safe='')}", what=what)
        except NotFound:
            return None
        meta: NamespaceMeta = decoded(NAMESPACE, body, self._http.asked(what)).metadata
        return Namespace(_sidecars(meta.labels), _sidecars(meta.annotations))

    def gateways(self, group: str) -> frozenset[str]:
        for version in GATEWAY_VERSIONS[group]:
            try:
                return frozenset(self._names(f"/apis/{group}/{version}/gateways", f"list gateways of {group}"))
            except NotFound:  # not in this version, perhaps in no version
                continue
        return frozenset()

    def has_service(self, service: Service) -> bool:
        path = f"/api/v1/namespaces/{quote(service.namespace, safe='')}/services/{quote(service.name, safe='')}"
        try:
            self._http.get(path, what=f"get Service {service.namespace}/{service.name}")
        except NotFound:
            return False
        return True

    def workloads(self, namespace: str = "") -> tuple[FoundWorkload, ...]:
        return tuple(
            inventory.workload(one, kind)
            for kind, plural in (("Deployment", "deployments"), ("DaemonSet", "daemonsets"))
            for one in self._items("apps/v1", plural, namespace, inventory.WORKLOADS)
        )

    def services(self, namespace: str = "") -> tuple[FoundService, ...]:
        return tuple(map(inventory.service, self._items("", "services", namespace, inventory.SERVICES)))

    def autoscalers(self, namespace: str = "") -> tuple[FoundAutoscaler, ...]:
        found = self._items("autoscaling/v2", "horizontalpodautoscalers", namespace, inventory.AUTOSCALERS)
        return tuple(map(inventory.autoscaler, found))

    def ingresses(self, namespace: str = "") -> tuple[FoundIngress, ...]:
        found = self._items("networking.k8s.io/v1", "ingresses", namespace, ingresses.INGRESSES)
        return tuple(filter(None, map(ingresses.ingress, found)))

    def close(self) -> None:
        self._http.close()

    def _items(self, version: str, plural: str, namespace: str, decoder: Decoder[Any]) -> Iterator[Any]:
        root = f"/apis/{version}" if version else "/api/v1"
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        for found in self._pages(f"{root}{inside}/{plural}", f"list {plural}", decoder):
            yield from found.items or ()

    def _workloads(self, plural: str) -> Iterator[flagger.Deployment]:
        for found in self._pages(f"/apis/apps/v1/{plural}", f"list {plural}", flagger.DEPLOYMENTS):
            yield from found.items or ()

    def _names(self, path: str, what: str) -> Iterator[str]:
        for found in self._pages(path, what, ITEMS):
            for raw in found.items or ():
                one: ObjectWithMeta = decoded(ONE_OBJECT, raw, self._http.asked(what))
                yield f"{text(one.metadata.namespace)}/{text(one.metadata.name)}"

    def _pages(self, path: str, what: str, decoder: Decoder[Any]) -> Iterator[Any]:
        """As many as are waited for: a server that always has more would hold the worker for ever."""
        query: dict[str, object] = {"limit": PAGE}
        for _ in range(MOST_PAGES):
            found = decoded(decoder, self._http.get(path, query, what=what), self._http.asked(what))
            yield found
            if not found.metadata.continue_:
                return
            query["continue"] = found.metadata.continue_
        raise Refused(f"{self._http.asked(what)}: it has more than {MOST_PAGES * PAGE} of them, which are not read.")


def _controller(found: flagger.Deployment) -> Controller:
    for one in flagger.installed([found]):
        return Controller(
            one.namespace, one.name, one.ready, Part.FLAGGER, one.version, one.provider, one.metrics_server, one.watches
        )
    meta, status = found.metadata or flagger.DeploymentMeta(), found.status or flagger.DeploymentStatus()
    ready = ((status.ready_replicas or status.number_ready) or 0) > 0
    template = (found.spec or flagger.DeploymentSpec()).template or flagger.Template()
    for container in (template.spec or flagger.PodSpec()).containers or ():
        for part, image in IMAGES.items():
            if named := image.search(container.image or ""):
                version = text(named["tag"], VERSION_LIMIT)
                return Controller(text(meta.namespace), text(meta.name), ready, part, version)
    return Controller(text(meta.namespace), text(meta.name), ready)


def _sidecars(values: dict[str, str] | None) -> dict[str, str]:
    return {key: text(value, VALUE_LIMIT) for key, value in (values or {}).items() if key in SIDECARS}
