"""What is left in the clusters of an Application that is gone: workloads that Flux had marked, and load testers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rollouts.domain.errors import ClusterError, NotFound
from rollouts.domain.observations import Kind, Workload
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.whole.seen import How
from rollouts.models import Application, ApplicationChange, Cluster
from rollouts.services import clusters

LABELS = {How.KUSTOMIZATION.value: "kustomize.toolkit.fluxcd.io", How.HELM.value: "helm.toolkit.fluxcd.io"}
SHOWN = 5
MOST_ROLLOUTS = 20
OF_KURATOR = "kurator.dev/rollout"
NOTHING = "No workload of it is left."
NOT_HERE = "It is not registered here any more."
Connect = Callable[[Cluster], ClusterConnection]


def look_into(change: ApplicationChange, cluster: Cluster, connect: Connect) -> Mapping[str, object]:
    """`over` says that there is nothing more to wait for."""
    try:
        connection = connect(cluster)
        try:
            clusters.identify(cluster=cluster, uid=connection.uid())
            found = [*_workloads(change, cluster, connection), *_load_testers(change, connection)]
        finally:
            connection.close()
    except ClusterError as error:
        return {"name": cluster.name, "said": f"What is left could not be read: {error}", "over": False}
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    said = f"Left: {', '.join(found[:SHOWN])}{more}." if found else NOTHING
    return {"name": cluster.name, "said": said, "over": not found}


def _workloads(change: ApplicationChange, cluster: Cluster, connection: ClusterConnection) -> list[str]:
    found = []
    for how, entry in change.seen["entries"].get(str(cluster.pk), ()):
        group = LABELS.get(how)
        labels = {f"{group}/name": entry, f"{group}/namespace": change.namespace}
        for kind in (Kind.DEPLOYMENT, Kind.DAEMON_SET) if group else ():
            for place in cluster.namespaces or [""]:
                for page in connection.list(kind, place, labels=labels):
                    found += [
                        f"{one.kind} {one.namespace}/{one.name}"
                        for one in page.observations
                        if isinstance(one, Workload)
                    ]
    return found


def _load_testers(change: ApplicationChange, connection: ClusterConnection) -> Iterator[str]:
    """Of rollouts that its policies had once: Kurator takes them along with a rollout, and without one forgets them
    (kurator.md 12, 13).
    """
    had = Application.objects.filter(hub=change.hub_id, namespace=change.namespace, name=change.name)
    named = had.exclude(workload="").values_list("workload_namespace", "workload", "policy")
    for namespace, workload, policy in named[:MOST_ROLLOUTS]:
        name = f"{workload}-testloader"
        try:
            meta = connection.raw(Kind.DEPLOYMENT, namespace, name).get("metadata", {})
        except NotFound:
            continue
        if (meta.get("annotations") or {}).get(OF_KURATOR) == policy:
            yield f"the load tester {namespace}/{name}"
