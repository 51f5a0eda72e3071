"""ReplicaSets, for the pod templates that they keep."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

from rollouts.adapters.kubernetes.shapes import Meta, count, instant, text
from rollouts.adapters.kubernetes.workloads import template_digest, unstamped
from rollouts.domain.pod_templates import PodTemplate

REVISION = "deployment.kubernetes.io/revision"
IMAGE_LIMIT = 1000


class ReplicaSetMeta(Meta):
    annotations: dict[str, str] | None = None


class ReplicaSetSpec(Struct):
    template: Raw = Raw(b"{}")


class ReplicaSetObject(Struct):
    metadata: ReplicaSetMeta
    spec: ReplicaSetSpec | None = None


def pod_template(found: ReplicaSetObject) -> PodTemplate:
    meta, template = found.metadata, (found.spec or ReplicaSetSpec()).template
    body = unstamped(template)
    revision = (meta.annotations or {}).get(REVISION, "")
    owner = next((one for one in meta.owner_references or () if one.kind == "Deployment"), None)
    return PodTemplate(
        namespace=text(meta.namespace),
        name=text(meta.name),
        owner=text(owner.name) if owner else "",
        revision=count(int(revision)) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0,
        digest=template_digest(template),
        images=_images(body),
        created_at=instant(meta.creation_timestamp),
        body=body if isinstance(body, dict) else {},
    )


def _images(template: Any) -> tuple[str, ...]:
    spec = template.get("spec") if isinstance(template, dict) else None
    containers = spec.get("containers") if isinstance(spec, dict) else None
    found = containers if isinstance(containers, list) else ()
    return tuple(text(str(one.get("image") or ""), IMAGE_LIMIT) for one in found if isinstance(one, dict))
