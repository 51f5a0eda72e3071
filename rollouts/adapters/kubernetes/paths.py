"""Where the API keeps the kinds we follow: group, versions in the order of preference, and the paths made of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from rollouts.domain.observations import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """`selector` is a field selector that every list and watch of the kind carries."""

    group: str
    versions: tuple[str, ...]
    namespaced: bool = True
    selector: str = ""

    def collection(self, kind: Kind, version: str, namespace: str = "") -> str:
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        return f"{root}{inside}/{kind}"


PLACES: dict[Kind, Place] = {
    Kind.CANARY: Place("flagger.app", ("v1beta1",)),
    Kind.EVENT: Place("", ("v1",), selector="involvedObject.kind=Canary"),
    Kind.VIRTUAL_SERVICE: Place("networking.istio.io", ("v1beta1", "v1", "v1alpha3")),
    Kind.INGRESS: Place("networking.k8s.io", ("v1",)),
    Kind.TRAFFIC_ROUTE: Place("kuma.io", ("v1alpha1",), namespaced=False),
    Kind.HTTP_ROUTE: Place("gateway.networking.k8s.io", ("v1", "v1beta1")),
    Kind.DEPLOYMENT: Place("apps", ("v1",)),
    Kind.DAEMON_SET: Place("apps", ("v1",)),
    Kind.POD: Place("", ("v1",)),
    Kind.REPLICA_SET: Place("apps", ("v1",)),
    Kind.CONFIG_MAP: Place("", ("v1",)),
    Kind.APPLICATION: Place("apps.kurator.dev", ("v1alpha1",)),
    Kind.FLEET: Place("fleet.kurator.dev", ("v1alpha1",)),
    Kind.ATTACHED_CLUSTER: Place("cluster.kurator.dev", ("v1alpha1",)),
    Kind.KURATOR_CLUSTER: Place("cluster.kurator.dev", ("v1alpha1",)),
}

READ_ONLY_NOW_AND_THEN = frozenset({Kind.POD, Kind.REPLICA_SET, Kind.CONFIG_MAP})
"""Never followed, so that no recording holds them."""
KINDS_BY_PATH = {
    PLACES[kind].collection(kind, version): kind
    for kind in PLACES
    if kind not in READ_ONLY_NOW_AND_THEN
    for version in PLACES[kind].versions
}


def kind_of_path(path: str) -> Kind | None:
    """The kind whose whole collection, or that of one namespace, is at this path; None when it is no kind of ours."""
    parts = path.partition("?")[0].rstrip("/").split("/")
    if "namespaces" in parts[3:-2]:
        at = parts.index("namespaces", 3)
        del parts[at : at + 2]
    return KINDS_BY_PATH.get("/".join(parts))
