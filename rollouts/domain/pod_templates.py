"""Pod templates as ReplicaSets keep them: the versions that a Deployment had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

RETRIED = "kurator-ui/retried"
"""Annotation of a pod template: another value makes another template, which Flagger analyses anew."""
MARKS = (RETRIED, "kubectl.kubernetes.io/restartedAt")
"""Annotations that make another template of the same version."""


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """Of one ReplicaSet. `digest` as `Workload.template`. `body` is the whole template as the Deployment had it, which
    may hold secrets: it is sent back to the cluster, and shown or kept only with these hidden.
    """

    namespace: str
    name: str
    """Of the ReplicaSet."""
    owner: str
    """The Deployment's name; empty when it has none."""
    revision: int
    digest: str
    images: tuple[str, ...]
    created_at: datetime | None = None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are the same version."""
    return _unmarked(one) == _unmarked(other)


def _unmarked(template: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {name: value for name, value in (template.get("metadata") or {}).items() if value is not None}
    annotations = {name: text for name, text in (metadata.pop("annotations", None) or {}).items() if name not in MARKS}
    return {**template, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}
