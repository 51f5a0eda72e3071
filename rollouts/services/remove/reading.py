"""Reads of one cluster what a removal decides by: the Canary, both sides, and the Service of the users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollouts.domain.errors import NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.removing.looking import FINALIZER, Held, MemberSeen, Side


def read_member(
    connection: ClusterConnection, namespace: str, name: str, target: str, service: str
) -> MemberSeen:  # fmt: skip
    """`name` is that of the Canary. Of a policy all three are alike: Kurator carries nothing where they differ
    (kurator.md G1). Raises ClusterError.
    """
    blue = _raw(connection, Kind.DEPLOYMENT, namespace, f"{target}-primary")
    names = [f"{service}-{side}" for side in ("primary", "canary")]
    sides = {each: _selector(connection, namespace, each) for each in names}
    left = [f"Deployment {target}-primary"] if blue is not None else []
    left += [f"Service {each}" for each, found in sides.items() if found is not None]
    tester = _raw(connection, Kind.DEPLOYMENT, namespace, f"{name}-testloader")
    return MemberSeen(
        canary=_held(_raw(connection, Kind.CANARY, namespace, name)),
        target=_side(_raw(connection, Kind.DEPLOYMENT, namespace, target)),
        blue=_side(blue),
        selector=_selector(connection, namespace, service),
        service=service,
        left=tuple(left),
        stays=(f"the load tester {name}-testloader",) if tester is not None else (),
    )


def _raw(connection: ClusterConnection, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
    try:
        return connection.raw(kind, namespace, name)
    except NotFound:
        return None


def _selector(connection: ClusterConnection, namespace: str, name: str) -> Mapping[str, str] | None:
    try:
        return connection.selector(namespace, name)
    except NotFound:
        return None


def _held(found: dict[str, Any] | None) -> Held | None:
    if found is None:
        return None
    meta, spec, status = _part(found, "metadata"), _part(found, "spec"), _part(found, "status")
    return Held(
        uid=str(meta.get("uid", "")),
        resource_version=str(meta.get("resourceVersion", "")),
        reverts=spec.get("revertOnDeletion") is True,
        finalizer=FINALIZER in (meta.get("finalizers") or ()),
        deleting=bool(meta.get("deletionTimestamp")),
        phase=str(status.get("phase") or ""),
        suspended=spec.get("suspend") is True,
        weight=_count(status.get("canaryWeight")),
    )


def _side(found: dict[str, Any] | None) -> Side | None:
    if found is None:
        return None
    meta, spec, status = _part(found, "metadata"), _part(found, "spec"), _part(found, "status")
    template = _part(spec, "template")
    containers = _part(template, "spec").get("containers") or ()
    seen = _count(status.get("observedGeneration")) >= _count(meta.get("generation"))
    return Side(
        wanted=_count(spec.get("replicas", 1)),
        ready=min(_count(status.get("readyReplicas")), _count(status.get("updatedReplicas"))) if seen else 0,
        images={str(one.get("name")): str(one.get("image")) for one in containers},
        labels={str(key): str(value) for key, value in (_part(template, "metadata").get("labels") or {}).items()},
    )


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = found.get(name)
    return part if isinstance(part, Mapping) else {}


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
