"""Which Prometheus is asked, and by which way.

An address that an administrator gave is trusted. All others were written by somebody in the cluster: one that names a
Service is reached through that cluster's own API server; any other only when an administrator has allowed its origin,
so that nobody can make this program call what they cannot reach themselves.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rollouts.domain.addresses import PORTS, Unplaceable, parts_of, service_of, shown
from rollouts.domain.metrics import ClusterMetrics, MetricTemplate, Place, Way
from rollouts.domain.observations import Canary

DEFAULT = "http://prometheus:9090"
"""Flagger's own default of `-metrics-server`."""
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")


def place_of(canary: Canary, cluster: ClusterMetrics) -> Place:
    """Of built-in and inline queries. Raises Unplaceable."""
    if canary.metrics_server and not cluster.fixed:
        return found_place(canary.metrics_server, cluster)
    return usual_place(cluster)


def usual_place(cluster: ClusterMetrics) -> Place:
    """Of Canaries that name no server of their own. Raises Unplaceable."""
    return fixed_place(cluster.fixed) if cluster.fixed else found_place(cluster.flag or DEFAULT, cluster)


def place_of_template(template: MetricTemplate, canary: Canary, cluster: ClusterMetrics) -> Place:
    """A template names its own address. Where that is the one Flagger uses for the rest, the fixed one stands for it.

    Raises Unplaceable.
    """
    if cluster.fixed:
        fixed, usual = fixed_place(cluster.fixed), canary.metrics_server or cluster.flag or DEFAULT
        if _is_at(template.address, fixed) or _same(template.address, usual, cluster):
            return fixed
    return found_place(template.address, cluster)


def fixed_place(address: str) -> Place:
    parts = parts_of(address)
    return Place(Way.DIRECT, address, scheme=parts.scheme, path=parts.path.rstrip("/"), trusted=True)


def found_place(address: str, cluster: ClusterMetrics) -> Place:
    """Of an address that was found in the cluster. Raises Unplaceable."""
    parts = parts_of(address)
    if not _PATH.fullmatch(parts.path) or ".." in parts.path.split("/"):
        raise Unplaceable(f"{shown(address)} has a path that is not asked for from here.")
    direct = Place(Way.DIRECT, address, scheme=parts.scheme, path=parts.path.rstrip("/"))
    if origin_of(address) in {origin_of(one) for one in cluster.allowed}:
        return direct
    service = service_of(parts)
    if service is None:
        raise Unplaceable(
            f"{shown(address)} was found in the cluster and is no Service in it, so it is not asked from here. An"
            f" administrator can allow it for this cluster (metrics addresses: {origin_of(address)}), or give the"
            " cluster the address of its Prometheus."
        )
    namespace = service.namespace or cluster.flagger_namespace
    if not namespace:
        raise Unplaceable(
            f"{shown(address)} is meant from Flagger's own namespace, and which that is could not be found out. An"
            " administrator can grant this account the right to list Deployments, or give the cluster the address of"
            " its Prometheus."
        )
    return replace(direct, way=Way.PROXY, namespace=namespace, service=service.name, port=service.port)


def origin_of(address: str) -> str:
    """Scheme, host and port, in the one form in which origins are compared; empty when it is no http address."""
    try:
        parts = parts_of(address)
    except Unplaceable:
        return ""
    host = (parts.hostname or "").lower().rstrip(".")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or PORTS[parts.scheme]}"


def _is_at(address: str, place: Place) -> bool:
    return origin_of(address) == origin_of(place.address) and parts_of(address).path.rstrip("/") == place.path


def _same(one: str, other: str, cluster: ClusterMetrics) -> bool:
    try:
        places = [replace(found_place(address, cluster), address="") for address in (one, other)]
    except Unplaceable:
        return one == other
    return places[0] == places[1]
