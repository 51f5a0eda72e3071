"""An Application as it was just read from its hub: its policies, and what Flux says it has applied for each cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LONGEST_LIST = 500
"""Objects of one policy in one cluster that are listed."""


class How(StrEnum):
    """How a policy brings its workloads into a cluster."""

    KUSTOMIZATION = "kustomization"
    HELM = "helm"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class WholePolicy:
    name: str
    fleet: str
    how: How
    prune: bool = False
    """Of a Kustomization: Flux deletes what it has applied when the Kustomization goes."""
    suspended: bool = False
    """Flux leaves alone what is suspended, also when it goes."""
    rollout: bool = False
    selector: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_along(self) -> bool:
        """Whether its workloads go with it."""
        return not self.suspended and (self.how is How.HELM or self.prune)


@dataclass(frozen=True, slots=True)
class Listed:
    """One object in Flux's inventory."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Whole:
    uid: str
    resource_version: str
    deleting: bool
    finalizers: tuple[str, ...]
    policies: tuple[WholePolicy, ...]
    inventories: Mapping[str, tuple[Listed, ...]]
    """By the name of the Flux object (`kurator.entry_of`); those of which nothing is told are missing."""
    entries: tuple[str, ...] = ()
    """The names of all Flux objects that Kurator has for it, also for clusters that no policy selects any more."""


def read_whole(raw: Mapping[str, Any]) -> Whole:
    """Of an object of any shape: what is not as it should be counts as not there."""
    meta, spec = _part(raw, "metadata"), _part(raw, "spec")
    name = _text(meta.get("name"))
    found = [_policy(name, index, one, spec) for index, one in enumerate(_list(spec, "syncPolicies"))]
    entries = _list(_part(raw, "status"), "syncStatus")
    return Whole(
        uid=_text(meta.get("uid")),
        resource_version=_text(meta.get("resourceVersion")),
        deleting=bool(meta.get("deletionTimestamp")),
        finalizers=tuple(_text(one) for one in _several(meta.get("finalizers"))),
        policies=tuple(found),
        inventories={_text(one.get("name")): listed for one in entries if (listed := tuple(_listed(one)))},
        entries=tuple(filter(None, (_text(one.get("name")) for one in entries))),
    )


def _policy(application: str, index: int, one: Mapping[str, Any], spec: Mapping[str, Any]) -> WholePolicy:
    """Names and destinations as Kurator takes them: a destination of one's own replaces the Application's."""
    to = _part(one, "destination") or _part(spec, "destination")
    helm, kustomization = one.get("helm"), one.get("kustomization")
    how = How.KUSTOMIZATION if kustomization else How.HELM if helm else How.NOTHING
    said = _part(one, how.value) if how else {}
    labels = _part(_part(to, "clusterSelector"), "matchLabels")
    return WholePolicy(
        name=_text(one.get("name")) or f"{application}-{index}",
        fleet=_text(to.get("fleet")),
        how=how,
        prune=said.get("prune") is True,
        suspended=said.get("suspend") is True,
        rollout=isinstance(one.get("rollout"), Mapping),
        selector={_text(key): _text(value) for key, value in labels.items()},
    )


def _listed(entry: Mapping[str, Any]) -> Iterator[Listed]:
    """An id is `namespace_name_group_kind` (kurator.md 10); names have no underscore."""
    entries = _list(_part(_part(entry, "kustomizationStatus"), "inventory"), "entries")
    for one in entries[:LONGEST_LIST]:
        match _text(one.get("id")).split("_"):
            case [namespace, name, _, kind]:
                yield Listed(kind, namespace, name)


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(of: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in _several(of.get(name)) if isinstance(one, Mapping)]


def _several(found: Any) -> Sequence[Any]:
    return found if isinstance(found, list) else ()


def _text(found: Any) -> str:
    return found[:253] if isinstance(found, str) else ""
