"""One object of the API as an observation. Never raises: what cannot be understood is `Unreadable`, with the reason.

Objects are decoded with msgspec into structs of the fields that are used; unknown fields are skipped, so new versions
of a kind do not break anything. Each object of a list is decoded on its own: a bad one spoils nothing but itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from rollouts.adapters.kubernetes import canaries, hub, pods, replica_sets, routes, workloads
from rollouts.adapters.kubernetes.paths import kind_of_path
from rollouts.adapters.kubernetes.shapes import ObjectWithMeta, identity, text
from rollouts.domain.observations import Deleted, Kind, Observation, Unreadable

__all__ = ["kind_of_path", "observation", "resource_version"]

Raw = bytes | msgspec.Raw


def _reader(shape: type[Any], convert: Callable[[Any], Observation | None]) -> Callable[[Raw], Observation | None]:
    decoder = msgspec.json.Decoder(shape, strict=False)
    return lambda raw: convert(decoder.decode(raw))


READERS: dict[Kind, Callable[[Raw], Observation | None]] = {
    Kind.CANARY: _reader(canaries.CanaryObject, canaries.canary),
    Kind.EVENT: _reader(workloads.EventObject, workloads.event),
    Kind.VIRTUAL_SERVICE: _reader(routes.VirtualServiceObject, routes.virtual_service),
    Kind.INGRESS: _reader(routes.IngressObject, routes.ingress),
    Kind.TRAFFIC_ROUTE: _reader(routes.TrafficRouteObject, routes.traffic_route),
    Kind.HTTP_ROUTE: _reader(routes.HTTPRouteObject, routes.http_route),
    Kind.DEPLOYMENT: _reader(workloads.WorkloadObject, lambda found: workloads.workload(found, "Deployment")),
    Kind.DAEMON_SET: _reader(workloads.WorkloadObject, lambda found: workloads.workload(found, "DaemonSet")),
    Kind.POD: _reader(pods.PodObject, pods.pod),
    Kind.REPLICA_SET: _reader(replica_sets.ReplicaSetObject, replica_sets.pod_template),
    Kind.CONFIG_MAP: _reader(ObjectWithMeta, lambda _: None),  # read whole or not at all: nothing of it is observed
    Kind.APPLICATION: _reader(hub.ApplicationObject, hub.application),
    Kind.FLEET: _reader(hub.FleetObject, hub.fleet),
    Kind.ATTACHED_CLUSTER: _reader(hub.ClusterObject, lambda found: hub.member_cluster(found, Kind.ATTACHED_CLUSTER)),
    Kind.KURATOR_CLUSTER: _reader(hub.ClusterObject, lambda found: hub.member_cluster(found, Kind.KURATOR_CLUSTER)),
}
_meta = msgspec.json.Decoder(ObjectWithMeta, strict=False)


def observation(kind: Kind, raw: Raw, *, deleted: bool = False) -> Observation | None:
    """What the object says; None when it is none of ours (another's Ingress, an Event about something else)."""
    try:
        seen = READERS[kind](raw)
    except (ValueError, RecursionError) as error:  # msgspec's errors and wrong UTF-8 are ValueErrors
        seen = _unreadable(kind, raw, str(error) or "nested too deeply")
    if deleted and seen is not None:
        return _deleted(kind, raw)
    return seen


def resource_version(raw: Raw) -> str:
    """The object's own resource version; empty when it cannot be read."""
    try:
        return text(_meta.decode(raw).metadata.resource_version)
    except (ValueError, RecursionError):
        return _identity(raw)["resource_version"]


def _deleted(kind: Kind, raw: Raw) -> Deleted | None:
    """Events vanish when they expire, which says nothing about their Canary."""
    return None if kind is Kind.EVENT else Deleted(kind, **_identity(raw))


def _unreadable(kind: Kind, raw: Raw, reason: str) -> Unreadable:
    return Unreadable(kind, reason=text(reason, 500), **_identity(raw))


def _identity(raw: Raw) -> dict[str, str]:
    try:
        return identity(msgspec.json.decode(raw))
    except (ValueError, RecursionError):
        return identity(None)
