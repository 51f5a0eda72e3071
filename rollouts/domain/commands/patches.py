"""What is written to a cluster, as data: shown before the click, sent by the worker.

Every patch is guarded: it holds only for the very version of the object that was judged (`resourceVersion`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollouts.domain.configs import Setting
from rollouts.domain.earlier import Version
from rollouts.domain.observations import Canary, Kind, Route, Workload
from rollouts.domain.pod_templates import RETRIED
from rollouts.domain.redaction import HIDDEN

TEMPLATE = "/spec/template"
RESTARTED = "kurator-ui/restarted"
"""The same of blue's workload, whose pods are replaced then; Flagger does not look at its template."""


class Form(StrEnum):
    """Of what is written, by its content type. `NEW` is no patch: the whole of an object that is to be made."""

    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"
    NEW = "application/json"


@dataclass(frozen=True, slots=True)
class Patch:
    """`body` is complete, guard included. `says` is the whole in some words: "failedChecks to 2"."""

    kind: Kind
    namespace: str
    name: str
    form: Form
    body: Mapping[str, Any] | tuple[Mapping[str, Any], ...]
    says: str
    subresource: str = ""
    done: bool = field(default=False)
    """The object says already what the patch would make it say."""
    in_short: Mapping[str, Any] = field(default_factory=dict)
    """Instead of a whole pod template, which may hold anything."""

    @property
    def told(self) -> list[Mapping[str, Any]] | dict[str, Any]:
        """The body as people and the audit trail get it."""
        if not isinstance(self.body, tuple):
            return dict(self.body)
        if self.kind is Kind.CONFIG_MAP:  # who may see a rollout need not be one who may see its settings
            return [{**one, "value": HIDDEN} for one in self.body]
        whole = bool(self.in_short)
        return [{**one, "value": self.in_short} if whole and one["path"] == TEMPLATE else one for one in self.body]


def status(canary: Canary, says: str, **fields: int) -> Patch:
    known = {"failedChecks": canary.failed_checks, "iterations": canary.iterations}
    return Patch(
        Kind.CANARY,
        canary.namespace,
        canary.name,
        Form.MERGE,
        {"metadata": {"resourceVersion": canary.resource_version}, "status": fields},
        says,
        subresource="status",
        done=all(known[name] >= value for name, value in fields.items()),
    )


def traffic_to_blue(route: Route) -> Patch:
    """Only the weights, which stand at the places that `Route.to_blue` names; whatever else others wrote stays."""
    guard = {"op": "test", "path": "/metadata/resourceVersion", "value": route.resource_version}
    text = route.kind is Kind.INGRESS  # annotations are text
    weights = [
        {"op": "add", "path": path, "value": str(weight) if text else weight}
        for path, weight in sorted(route.to_blue.items())
    ]
    return Patch(
        route.kind,
        route.namespace,
        route.name,
        Form.JSON,
        (guard, *weights),
        "all users to blue",
        done=route.green_weight == 0,
    )


def retried(canary: Canary, mark: str) -> Patch:
    """Without a guard: it is of no consequence what else was changed in the target, and the same mark twice changes
    nothing.
    """
    return _marked(canary, canary.target_name, RETRIED, mark)


def restarted(canary: Canary, mark: str) -> Patch:
    """Of blue; without a guard for the same reasons."""
    return _marked(canary, f"{canary.target_name}-primary", RESTARTED, mark)


def _marked(canary: Canary, name: str, annotation: str, mark: str) -> Patch:
    body = {"spec": {"template": {"metadata": {"annotations": {annotation: mark}}}}}
    return Patch(kind_of(canary), canary.namespace, name, Form.MERGE, body, f"{annotation} to {mark}")


def image(canary: Canary, target: Workload, number: int, wanted: str) -> Patch:
    """Of one container. It holds only while that container stands at its place with the image that was seen; whatever
    else is changed in the target, such as its number of replicas, is of no consequence.
    """
    return images(canary, target, (*target.images[:number], wanted, *target.images[number + 1 :]))


def images(canary: Canary, target: Workload, wanted: Sequence[str]) -> Patch:
    """As `image`, of all containers whose image is to be another; `wanted` has one for each."""
    body: list[Mapping[str, Any]] = []
    says = []
    for number, (name, seen, then) in enumerate(zip(target.containers, target.images, wanted, strict=True)):
        if seen == then:
            continue
        path = f"/spec/template/spec/containers/{number}"
        body += (
            {"op": "test", "path": f"{path}/name", "value": name},
            {"op": "test", "path": f"{path}/image", "value": seen},
            {"op": "replace", "path": f"{path}/image", "value": then},
        )
        says.append(f"image of {name} from {seen} to {then}")
    return Patch(kind_of(canary), canary.namespace, canary.target_name, Form.JSON, tuple(body), ", ".join(says))


def template(canary: Canary, target: Workload, version: Version) -> Patch:
    """The whole pod template of a ReplicaSet. It holds only for the very target that was read."""
    body = (
        {"op": "test", "path": "/metadata/resourceVersion", "value": target.resource_version},
        {"op": "replace", "path": TEMPLATE, "value": version.body},
    )
    says = f"pod template of {version.key} ({', '.join(version.images)})"
    in_short = {"version": version.key, "digest": version.template, "images": list(version.images)}
    return Patch(kind_of(canary), canary.namespace, canary.target_name, Form.JSON, body, says, in_short=in_short)


def no_replicas(canary: Canary, target: Workload) -> Patch:
    """It holds only for the very spec of the target that was seen: a version that came since is not scaled down."""
    body = (
        {"op": "test", "path": "/metadata/generation", "value": target.generation},
        {"op": "replace", "path": "/spec/replicas", "value": 0},
    )
    namespace, name = canary.namespace, canary.target_name
    return Patch(Kind.DEPLOYMENT, namespace, name, Form.JSON, body, "replicas to 0", done=not target.wanted)


def setting(canary: Canary, chosen: Setting, wanted: str) -> Patch:
    """Of a ConfigMap. It holds only while the value is the one that was seen; what else is changed there is of no
    consequence.
    """
    path = f"/data/{chosen.key}"  # a key has neither a slash nor a tilde
    body = (
        {"op": "test", "path": path, "value": chosen.value},
        {"op": "replace", "path": path, "value": wanted},
    )
    says = f"another value of {chosen.key}"
    return Patch(Kind.CONFIG_MAP, canary.namespace, chosen.config, Form.JSON, body, says, done=chosen.value == wanted)


def kind_of(canary: Canary) -> Kind:
    """Of its target."""
    return Kind.DAEMON_SET if canary.target_kind == "DaemonSet" else Kind.DEPLOYMENT
