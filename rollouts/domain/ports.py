"""What services ask of the outside. Adapters fit these by shape; `wiring` chooses them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rollouts.domain.addresses import Service
from rollouts.domain.commands import Patch
from rollouts.domain.metrics import MetricsSource, MetricTemplate, Place, Reply, Revisions
from rollouts.domain.observations import Canary, Kind, Observation
from rollouts.domain.policies.offering import FoundAutoscaler, FoundIngress, FoundService, FoundWorkload
from rollouts.domain.readiness import Controller, Namespace


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `resource_version` is the list's; `more` says whether another page follows."""

    observations: tuple[Observation, ...]
    resource_version: str
    more: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of a watch: an observation, or a bookmark (None) that only moves the cursor."""

    observation: Observation | None
    resource_version: str


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What `probe` found out. `uid` is that of the namespace kube-system. What is said of Flagger is empty (and its
    readiness None) where its Deployment was not found.
    """

    uid: str
    server_version: str
    flagger_version: str = ""
    mesh_provider: str = ""
    flagger_namespace: str = ""
    metrics_server: str = ""
    """Empty when Flagger's default holds, too."""
    flagger_ready: bool | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One right the program wants: `namespace` empty means in the whole cluster."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class ClusterConnection(Protocol):
    """One cluster, reached with one credential. Safe to share between threads. Every call has time limits.

    All methods raise the errors of `rollouts.domain.errors`, nothing else.
    """

    def uid(self) -> str:
        """UID of the namespace kube-system: what the cluster is known by."""

    def facts(self) -> ClusterFacts: ...

    def serves(self, kind: Kind) -> bool:
        """Whether the API server knows this kind at all (its CRD is installed)."""

    def schema(self, kind: Kind) -> dict[str, Any]:
        """The OpenAPI schema of the kind's definition."""

    def allowed(self, permission: Permission) -> bool:
        """Asks with a SelfSubjectAccessReview."""

    def resource_version(self, kind: Kind, namespace: str = "") -> str:
        """The collection's present resource version (a list of one object)."""

    def list(
        self, kind: Kind, namespace: str = "", *, limit: int = 500, labels: Mapping[str, str] | None = None
    ) -> Iterator[Page]:
        """All objects, or those that have all these labels, in pages. Raises Gone when a continue token expired half
        way: start again.
        """

    def watch(self, kind: Kind, resource_version: str, namespace: str = "", *, seconds: int = 300) -> Iterator[Seen]:
        """Changes after `resource_version`, until the server ends the watch (normal return) or an error is raised.

        Raises Gone when the resource version is too old. A line cut in half raises Unreachable: nothing of it is given
        out.
        """

    def get(self, kind: Kind, namespace: str, name: str) -> Observation: ...

    def raw(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """The object for a person to look at: without managedFields, last-applied annotations and anything secret."""

    def secret(self, namespace: str, name: str, key: str) -> bytes:
        """One decoded value of a Secret."""

    def metric_template(self, namespace: str, name: str) -> MetricTemplate: ...

    def revisions(self, namespace: str, name: str) -> Revisions:
        """Of a Knative Service."""

    def selector(self, namespace: str, name: str) -> Mapping[str, str]:
        """Labels of the pods that a Service of the cluster leads to."""

    def made_for(self, namespace: str, name: str) -> str:
        """The Canary for which Flagger has made a Service of the cluster; empty where it has not."""

    def proxied(self, place: Place, path: str, query: Mapping[str, str]) -> Reply:
        """GET through the API server to the Service of a place (`Way.PROXY`): what that answers, good or not. Raises
        where the API server itself refuses, or finds nobody behind the Service.
        """

    def post(self, service: Service, path: str, body: Mapping[str, str]) -> Reply:
        """POST of a JSON object, as `proxied`."""

    def patch(self, patch: Patch, *, dry_run: bool = False) -> str:
        """Writes it, and gives the object's new resource version. Raises Conflict where its guard fails. With `dry_run`
        everything is judged, unknown fields too, and nothing is written.
        """

    def delete(
        self, kind: Kind, namespace: str, name: str, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> None:
        """Deletes the very object that was read: raises Conflict where it is another by now, or was changed since. One
        with finalizers stays, marked, until they are done. With `dry_run` all is judged, and nothing is done.
        """

    def close(self) -> None:
        """Ends every open call; threads that wait in `watch` return or raise Unreachable at once."""


class Surroundings(Protocol):
    """What one cluster has beside its rollouts. Every call has time limits, and raises the errors of
    `rollouts.domain.errors` alone: Forbidden where a right is missing.
    """

    def uid(self) -> str: ...

    def controllers(self, plural: str, also: Collection[tuple[str, str]] = ()) -> tuple[Controller, ...]:
        """`deployments` or `daemonsets` that are a `Part`, and those of the namespaces and names in `also`."""

    def namespace(self, name: str) -> Namespace | None:
        """None where there is none of this name."""

    def gateways(self, group: str) -> frozenset[str]:
        """`namespace/name` of each; none where the cluster does not know the kind."""

    def has_service(self, service: Service) -> bool: ...

    def workloads(self, namespace: str = "") -> tuple[FoundWorkload, ...]:
        """Deployments and DaemonSets, of one namespace or all."""

    def services(self, namespace: str = "") -> tuple[FoundService, ...]: ...

    def autoscalers(self, namespace: str = "") -> tuple[FoundAutoscaler, ...]: ...

    def ingresses(self, namespace: str = "") -> tuple[FoundIngress, ...]:
        """Without those that Flagger has made for green."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Credential:
    """How a cluster is reached: what may be taken from a kubeconfig, and nothing else. Never shown, logged or compared
    by value.

    PEM data as text. `tls_server_name` and `proxy_url` as the kubeconfig gave them.
    """

    server: str
    ca_data: str = ""
    token: str = ""
    token_file: str = ""
    """Only of the pod's own service account: read again when it changes. Never taken from a kubeconfig."""
    client_certificate: str = ""
    client_key: str = ""
    insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    impersonate_user: str = ""
    impersonate_groups: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Credential({self.server})"


class Connect(Protocol):
    """Makes a connection; opens nothing yet."""

    def __call__(self, credential: Credential) -> ClusterConnection: ...


class MetricsDoor(Protocol):
    """The way to the metrics of one cluster's rollouts, over one connection to its API server. Safe to share between
    threads; opens nothing before the first call.
    """

    def template(self, namespace: str, name: str) -> MetricTemplate | str:
        """Read once as long as the door is open. Text is the sentence why it could not be read. Raises nothing."""

    def revisions(self, canary: Canary) -> Revisions | str:
        """Of the Knative Service that is its target, read once as long as the door is open. Text is the sentence why
        it could not be read. Raises nothing.
        """

    def source(self, place: Place) -> MetricsSource:
        """Sources of one door share its connection; close each of them before the door. Raises MetricsError."""

    def close(self) -> None: ...


ACCESS = "access-"
"""Topic `access-7`: what person 7 may see has changed. No page hears of it; it ends that person's streams."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed: `topic` is what (`fleet`, `rollout-42`, `application-7`, `cluster-3`; for charts
    `measured-42` of a rollout, `compared-7` of an application; `commands-42` of a rollout), `version` how far it has
    come.
    """

    topic: str
    version: int


class ChangeFeed(Protocol):
    """Carries hints from writers to open pages. Losing one is allowed: pages poll as a floor."""

    def publish(self, hints: Iterable[Hint]) -> None:
        """Never raises and never waits long: a feed that is away must not stop observation."""

    def subscribe(self, receive: Callable[[Hint], None]) -> Callable[[], None]:
        """Calls `receive` from a thread of the feed's own for each hint until the returned function is called."""


Enqueue = Callable[[str, Mapping[str, Any]], None]
"""Asks for a short task by name with keyword arguments (ids, never objects)."""
