"""The two sides of a rollout, and the Events about its Canary."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw, Struct

from rollouts.adapters.kubernetes.shapes import TEXT_LIMIT, UID_LIMIT, Meta, Reference, count, instant, text
from rollouts.domain.observations import Event, Workload
from rollouts.domain.pods import Condition

COMBINED = "(combined from similar events): "
SCALED_TO_ZERO = "flagger.app/scale-to-zero"


class Container(Struct):
    name: str | None = None
    image: str | None = None


class PodSpec(Struct, rename="camel"):
    containers: list[Container] | None = None
    node_selector: dict[str, str] | None = None


class Template(Struct):
    spec: PodSpec | None = None


class LabelSelector(Struct, rename="camel"):
    match_labels: dict[str, str] | None = None


class Update(Struct):
    type: str | None = None


class WorkloadSpec(Struct, rename="camel"):
    replicas: int | None = None
    paused: bool | None = None
    strategy: Update | None = None
    update_strategy: Update | None = None
    selector: LabelSelector | None = None
    template: Raw = Raw(b"{}")


class StatusCondition(Struct, rename="camel"):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class WorkloadStatus(Struct, rename="camel"):
    observed_generation: int | None = None
    replicas: int | None = None
    updated_replicas: int | None = None
    ready_replicas: int | None = None
    number_ready: int | None = None
    desired_number_scheduled: int | None = None
    updated_number_scheduled: int | None = None
    conditions: list[StatusCondition] | None = None


class WorkloadObject(Struct):
    metadata: Meta
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


class Series(Struct, rename="camel"):
    count: int | None = None
    last_observed_time: str | None = None


class InvolvedObject(Reference, rename="camel"):
    api_version: str | None = None
    namespace: str | None = None
    uid: str | None = None


class EventObject(Struct, rename="camel"):
    metadata: Meta
    involved_object: InvolvedObject | None = None
    type: str | None = None
    message: str | None = None
    count: int | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: Series | None = None


_template = msgspec.json.Decoder(Template | None, strict=False)


def workload(found: WorkloadObject, kind: str) -> Workload:
    """`kind` is Deployment or DaemonSet. A DaemonSet at zero has a node selector that no node matches."""
    meta, spec, status = found.metadata, found.spec or WorkloadSpec(), found.status or WorkloadStatus()
    pods = (_template.decode(spec.template) or Template()).spec or PodSpec()
    if kind == "DaemonSet":
        idle = SCALED_TO_ZERO in (pods.node_selector or {})
        wanted, ready = 0 if idle else count(status.desired_number_scheduled), count(status.number_ready)
    else:
        wanted, ready = 1 if spec.replicas is None else count(spec.replicas), count(status.ready_replicas)
    return Workload(
        kind=kind,
        namespace=text(meta.namespace),
        name=text(meta.name),
        images=tuple(text(container.image, 1000) for container in pods.containers or ()),
        containers=tuple(text(container.name) for container in pods.containers or ()),
        template=template_digest(spec.template),
        wanted=wanted,
        ready=ready,
        uid=text(meta.uid, UID_LIMIT),
        resource_version=text(meta.resource_version),
        generation=count(meta.generation),
        selector={
            text(key): text(value) for key, value in ((spec.selector or LabelSelector()).match_labels or {}).items()
        },
        rolling=wanted > 0 and (_behind(status, count(meta.generation)) or _old_pods(kind, status, wanted)),
        conditions=_troubles(status.conditions or ()),
        update=text((spec.strategy or spec.update_strategy or Update()).type) or "RollingUpdate",
        paused=bool(spec.paused),
    )


def _behind(status: WorkloadStatus, generation: int) -> bool:
    return status.observed_generation is not None and count(status.observed_generation) < generation


def _old_pods(kind: str, status: WorkloadStatus, wanted: int) -> bool:
    """Controllers leave out zeros: a number that is missing is one where another says that there is a status."""
    if kind == "DaemonSet":
        return status.observed_generation is not None and count(status.updated_number_scheduled) < wanted
    updated, present = count(status.updated_replicas), count(status.replicas)
    return status.replicas is not None and (updated < wanted or present > updated)


def _troubles(conditions: Iterable[StatusCondition]) -> tuple[Condition, ...]:
    return tuple(
        Condition(
            type=text(one.type),
            status=text(one.status),
            reason=text(one.reason),
            message=text(one.message, TEXT_LIMIT),
            at=instant(one.last_transition_time),
        )
        for one in conditions
        if one.status == ("True" if one.type == "ReplicaFailure" else "False")
    )


def template_digest(template: Raw) -> str:
    """SHA-256 of the pod template in canonical JSON, without what Flagger and ReplicaSets stamp on each copy."""
    return sha256(msgspec.json.encode(unstamped(template), order="deterministic")).hexdigest()


def unstamped(template: Raw) -> Any:
    found = msgspec.json.decode(template)
    metadata = found.get("metadata") if isinstance(found, dict) else None
    if isinstance(metadata, dict):
        for part, stamp in (("annotations", "flagger-id"), ("labels", "pod-template-hash")):
            if isinstance(metadata.get(part), dict):
                metadata[part].pop(stamp, None)
                if not metadata[part]:
                    del metadata[part]
    return found


def event(found: EventObject) -> Event | None:
    """An Event about a Canary; None when it is about something else."""
    about = found.involved_object or InvolvedObject()
    if about.kind != "Canary" or not (about.api_version or "flagger.app/").startswith("flagger.app/"):
        return None
    series = found.series or Series()
    first = instant(found.first_timestamp) or instant(found.event_time) or instant(found.metadata.creation_timestamp)
    last = instant(series.last_observed_time) or instant(found.last_timestamp) or first
    return Event(
        uid=text(found.metadata.uid, UID_LIMIT),
        namespace=text(about.namespace) or text(found.metadata.namespace),
        canary=text(about.name),
        canary_uid=text(about.uid, UID_LIMIT),
        type=text(found.type),
        message=text((found.message or "").removeprefix(COMBINED), TEXT_LIMIT),
        count=max(count(series.count), count(found.count), 1),
        first_at=first,
        last_at=last,
    )
