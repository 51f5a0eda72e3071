"""What Flux does for an Application, as far as anybody looks: it tells what it has applied in each cluster, and takes
it away when the Application goes. What it has applied bears its labels; there is no Git here to apply more from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.rendering import policy_name, resource_name
from kurator_ui.demo.resources import DEPLOYMENTS, SERVICES, Resource

if TYPE_CHECKING:
    from kurator_ui.demo.cluster import Cluster

OWNER = "kustomize.toolkit.fluxcd.io/name"


def inventory(cluster: Cluster, entry: str) -> Obj:
    """The status of the Kustomization of this name."""
    ids = [f"{namespace}_{name}_{kind.group}_{kind.kind}" for kind, namespace, name in applied(cluster, entry)]
    return {"inventory": {"entries": [{"id": one, "v": "v1"} for one in ids]}} if ids else {}


def taken_away(application: Obj, members: Mapping[str, Cluster]) -> None:
    """Of the policies that prune. A cluster that is not up keeps everything."""
    for index, policy in enumerate(application["spec"].get("syncPolicies") or []):
        prunes = (policy.get("kustomization") or {}).get("prune")
        for member, cluster in members.items() if prunes else ():
            entry = resource_name(policy_name(application, index), "AttachedCluster", member)
            for resource, namespace, name in list(applied(cluster, entry)) if cluster.state == "up" else ():
                cluster.store.delete(resource, namespace, name)


def applied(cluster: Cluster, entry: str) -> Iterator[tuple[Resource, str, str]]:
    """Each Deployment with its label, and the Service of the same name. What has not the words in it is not decoded:
    this is asked every half minute, of every cluster.
    """
    store, mark = cluster.store, f'"{entry}"'.encode()
    for found in store.collections[DEPLOYMENTS.key].listed(""):
        meta = found.read()["metadata"] if mark in found.raw else {}
        if (meta.get("labels") or {}).get(OWNER) == entry and not meta["name"].endswith("-primary"):
            yield DEPLOYMENTS, meta["namespace"], meta["name"]
            if store.find(SERVICES, meta["namespace"], meta["name"]):
                yield SERVICES, meta["namespace"], meta["name"]
