"""Workloads, Services and autoscalers of a cluster, as far as somebody chooses among them what to release."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.owners import KeptMeta, keeper
from rollouts.adapters.kubernetes.shapes import ListMeta, Meta, Reference, text
from rollouts.domain.ownership import NOBODY, Owner, is_kustomized
from rollouts.domain.policies.offering import FoundAutoscaler, FoundService, FoundWorkload

FLUX = "kustomize.toolkit.fluxcd.io"
LOAD_TESTER = re.compile(r"(?:^|/)flagger-loadtester(?:[:@]|$)")
MOST_LABELS, MOST_PORTS = 100, 50


class PodMeta(Struct):
    labels: dict[str, str] | None = None


class Container(Struct):
    image: str | None = None


class PodSpec(Struct):
    containers: list[Container] | None = None


class Template(Struct):
    metadata: PodMeta | None = None
    spec: PodSpec | None = None


class LabelSelector(Struct, rename="camel"):
    match_labels: dict[str, str] | None = None


class WorkloadSpec(Struct):
    selector: LabelSelector | None = None
    template: Template | None = None


class WorkloadObject(Struct):
    metadata: KeptMeta
    spec: WorkloadSpec | None = None


class WorkloadList(Struct):
    metadata: ListMeta
    items: list[WorkloadObject] | None = None


class Port(Struct, rename="camel"):
    port: int | None = None
    target_port: int | str | None = None
    name: str | None = None
    app_protocol: str | None = None


class ServiceSpec(Struct):
    selector: dict[str, str] | None = None
    ports: list[Port] | None = None


class ServiceObject(Struct):
    metadata: KeptMeta
    spec: ServiceSpec | None = None


class ServiceList(Struct):
    metadata: ListMeta
    items: list[ServiceObject] | None = None


class AutoscalerSpec(Struct, rename="camel"):
    scale_target_ref: Reference | None = None


class AutoscalerObject(Struct):
    metadata: Meta
    spec: AutoscalerSpec | None = None


class AutoscalerList(Struct):
    metadata: ListMeta
    items: list[AutoscalerObject] | None = None


WORKLOADS = Decoder(WorkloadList, strict=False)
SERVICES = Decoder(ServiceList, strict=False)
AUTOSCALERS = Decoder(AutoscalerList, strict=False)


def workload(found: WorkloadObject, kind: str) -> FoundWorkload:
    meta, spec = found.metadata, found.spec or WorkloadSpec()
    labels = meta.labels or {}
    names = [text(labels.get(f"{FLUX}/{part}")) for part in ("namespace", "name")]
    template = spec.template or Template()
    containers = (template.spec or PodSpec()).containers or ()
    is_blue = any(one.kind == "Canary" for one in meta.owner_references or ())
    load_tester = any(LOAD_TESTER.search(one.image or "") for one in containers)
    return FoundWorkload(
        kind=kind,
        namespace=text(meta.namespace),
        name=text(meta.name),
        labels=_labels((template.metadata or PodMeta()).labels),
        selects=_labels((spec.selector or LabelSelector()).match_labels),
        kustomization="/".join(names) if all(names) else "",
        keeper=_keeper(meta),
        of_a_rollout=is_blue or load_tester,
        load_tester=load_tester,
    )


def service(found: ServiceObject) -> FoundService:
    meta, spec = found.metadata, found.spec or ServiceSpec()
    known = [one for one in (spec.ports or ())[:MOST_PORTS] if one.port]
    ports = tuple(one.port for one in known if one.port)
    others = {str(one.port): text(str(one.target_port)) for one in known if one.target_port not in (None, one.port)}
    names = {str(one.port): text(one.name) for one in known if one.name}
    protocols = {str(one.port): text(one.app_protocol) for one in known if one.app_protocol}
    return FoundService(
        text(meta.namespace), text(meta.name), _labels(spec.selector), ports, others, names, protocols, _keeper(meta)
    )  # fmt: skip


def autoscaler(found: AutoscalerObject) -> FoundAutoscaler:
    meta, target = found.metadata, (found.spec or AutoscalerSpec()).scale_target_ref or Reference()
    return FoundAutoscaler(text(meta.namespace), text(meta.name), text(target.kind), text(target.name))


def _keeper(meta: KeptMeta) -> Owner:
    """A Kustomization, which leaves alone what Flagger marks, is told of by itself."""
    return NOBODY if is_kustomized(meta.labels or {}) else keeper(meta)


def _labels(found: dict[str, str] | None) -> dict[str, str]:
    return {text(name): text(value) for name, value in list((found or {}).items())[:MOST_LABELS]}
