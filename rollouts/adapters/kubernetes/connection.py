"""One cluster through its API server: lists in pages, watches, single objects, questions about rights and versions."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rollouts.adapters.kubernetes import definitions, flagger, services
from rollouts.adapters.kubernetes.answers import (
    CHANGE,
    ITEMS,
    ONE_OBJECT,
    REVIEW,
    SECRET,
    SERVER_VERSION,
    WHOLE_OBJECT,
    Change,
    Items,
    Review,
    SecretObject,
)
from rollouts.adapters.kubernetes.decode import observation, resource_version
from rollouts.adapters.kubernetes.discovery import Discovery
from rollouts.adapters.kubernetes.errors import from_status
from rollouts.adapters.kubernetes.knative import KNATIVE_SERVICE, ServiceObject, revisions
from rollouts.adapters.kubernetes.metric_templates import METRIC_TEMPLATE, TemplateObject, metric_template
from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.adapters.kubernetes.redact import redacted
from rollouts.adapters.kubernetes.shapes import UID_LIMIT, text
from rollouts.adapters.kubernetes.transport import Limits, TooLarge, Transport, decoded
from rollouts.domain.addresses import Service
from rollouts.domain.commands import Form, Patch
from rollouts.domain.errors import Conflict, Forbidden, NotFound, Refused
from rollouts.domain.metrics import MetricTemplate, Place, Reply, Revisions
from rollouts.domain.observations import Kind, Observation
from rollouts.domain.ports import ClusterFacts, Credential, Page, Permission, Seen

FIELD_MANAGER = "kurator-ui"
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
PATCH_DOES_NOT_APPLY = "the server rejected our request due to an error in our request"
"""All that an API server says of a JSON patch whose `test` fails, or whose places are gone."""


class KubernetesConnection:
    """Fits `rollouts.domain.ports.ClusterConnection`; raises its errors only. Opens nothing before the first call."""

    def __init__(self, credential: Credential, limits: Limits | None = None) -> None:
        self._http = Transport(credential, limits or Limits())
        self._discovery = Discovery(self._http)

    def __repr__(self) -> str:
        return f"KubernetesConnection({self._http.host})"

    def uid(self) -> str:
        what = "get namespace kube-system"
        body = self._http.get("/api/v1/namespaces/kube-system", what=what)
        return text(decoded(ONE_OBJECT, body, self._http.asked(what)).metadata.uid, UID_LIMIT)

    def facts(self) -> ClusterFacts:
        uid, what = self.uid(), "tell its version"
        server = decoded(SERVER_VERSION, self._http.get("/version", what=what), self._http.asked(what))
        try:
            found = flagger.of_cluster(self._http)
        except (Forbidden, NotFound):  # not every account may read Deployments everywhere
            found = None
        facts = ClusterFacts(uid, text(server.git_version))
        if found is None:
            return facts
        return replace(
            facts,
            flagger_version=found.version,
            mesh_provider=found.provider,
            flagger_namespace=found.namespace,
            metrics_server=found.metrics_server,
            flagger_ready=found.ready,
        )

    def serves(self, kind: Kind) -> bool:
        """Asked anew every time: a kind can be installed and removed while we look on."""
        return self._discovery.version(kind) is not None

    def schema(self, kind: Kind) -> dict[str, Any]:
        return definitions.schema_of(self._http, kind)

    def allowed(self, permission: Permission) -> bool:
        resource, _, subresource = permission.resource.partition("/")
        attributes = {
            "verb": permission.verb, "group": permission.group, "resource": resource, "subresource": subresource,
            "namespace": permission.namespace, "name": permission.name,
        }  # fmt: skip
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        path, what = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "tell what this account may do"
        answer: Review = decoded(REVIEW, self._http.ask(path, body, what=what), self._http.asked(what))
        return answer.status.allowed

    def resource_version(self, kind: Kind, namespace: str = "") -> str:
        items = self._page(kind, namespace, {"limit": 1})
        return text(items.metadata.resource_version)

    def list(
        self, kind: Kind, namespace: str = "", *, limit: int = 500, labels: Mapping[str, str] | None = None
    ) -> Iterator[Page]:
        """A page that is too large is asked for again in smaller ones: some huge objects must not hide the others."""
        query: dict[str, object] = {"limit": limit}
        if labels:
            query["labelSelector"] = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
        while True:
            try:
                items = self._page(kind, namespace, query)
            except TooLarge:
                if query["limit"] == 1:
                    raise
                query["limit"] = limit = max(1, limit // 8)
                continue
            seen = (observation(kind, raw) for raw in items.items or ())
            more = items.metadata.continue_
            found = tuple(one for one in seen if one is not None)
            yield Page(found, text(items.metadata.resource_version), bool(more))
            if not more:
                return
            query["continue"] = more

    def watch(self, kind: Kind, resource_version: str, namespace: str = "", *, seconds: int = 300) -> Iterator[Seen]:
        query: dict[str, object] = {"watch": "true", "allowWatchBookmarks": "true"}
        query |= {"timeoutSeconds": seconds, "resourceVersion": resource_version}
        path, what = self._discovery.collection(kind, namespace), f"watch {_named(kind, namespace)}"
        with self._http.lines(path, query | _selector(kind), seconds, what=what) as lines:
            for line in lines:
                if line.strip():
                    seen = self._seen(kind, line, resource_version, what)
                    resource_version = seen.resource_version
                    yield seen

    def get(self, kind: Kind, namespace: str, name: str) -> Observation:
        found = observation(kind, self._object(kind, namespace, name))
        if found is None:
            raise NotFound(f"{self._http.host} has {_one(kind, namespace, name)}, but it is not one of Flagger's.")
        return found

    def raw(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        body = self._object(kind, namespace, name)
        return redacted(decoded(WHOLE_OBJECT, body, self._http.asked(f"get {_one(kind, namespace, name)}")))

    def secret(self, namespace: str, name: str, key: str) -> bytes:
        what = f"get Secret {namespace}/{name}"
        path = f"/api/v1{_in(namespace)}/secrets/{_segment(name)}"
        found: SecretObject = decoded(SECRET, self._http.get(path, what=what), self._http.asked(what))
        value, problem = (found.data or {}).get(key), None
        if value is None:
            raise NotFound(f"Secret {namespace}/{name} of {self._http.host} has no key {key!r}.")
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            problem = Refused(f"Key {key!r} of Secret {namespace}/{name} of {self._http.host} is not base64.")
        raise problem

    def metric_template(self, namespace: str, name: str) -> MetricTemplate:
        path = f"/apis/flagger.app/v1beta1{_in(namespace)}/metrictemplates/{_segment(name)}"
        what = f"get MetricTemplate {namespace}/{name}"
        found: TemplateObject = decoded(METRIC_TEMPLATE, self._http.get(path, what=what), self._http.asked(what))
        return metric_template(found)

    def revisions(self, namespace: str, name: str) -> Revisions:
        path = f"/apis/serving.knative.dev/v1{_in(namespace)}/services/{_segment(name)}"
        what = f"get Knative Service {namespace}/{name}"
        found: ServiceObject = decoded(KNATIVE_SERVICE, self._http.get(path, what=what), self._http.asked(what))
        return revisions(found)

    def selector(self, namespace: str, name: str) -> Mapping[str, str]:
        return services.selector(self._http, namespace, name)

    def made_for(self, namespace: str, name: str) -> str:
        return services.made_for(self._http, namespace, name)

    def proxied(self, place: Place, path: str, query: Mapping[str, str]) -> Reply:
        service = Service(place.namespace, place.service, place.scheme, place.port)
        return services.ask(self._http, service, place.path + path, query, place.headers)

    def post(self, service: Service, path: str, body: Mapping[str, str]) -> Reply:
        return services.ask(self._http, service, path, body=body)

    def patch(self, patch: Patch, *, dry_run: bool = False) -> str:
        kind, namespace, name = patch.kind, patch.namespace, patch.name
        path, new = self._discovery.collection(kind, namespace), patch.form is Form.NEW
        if not new:
            path += f"/{_segment(name)}"
        if patch.subresource:
            path += f"/{patch.subresource}"
        what = f"{'create' if new else 'patch'} {_one(kind, namespace, name)}"
        query: dict[str, object] = {"fieldManager": FIELD_MANAGER, **(DRY_RUN if dry_run else {})}
        body = list(patch.body) if isinstance(patch.body, tuple) else dict(patch.body)
        refused = None
        try:
            answer = self._http.send("POST" if new else "PATCH", path, query, body=body, form=patch.form, what=what)
        except Refused as error:
            if PATCH_DOES_NOT_APPLY not in str(error):
                raise
            refused = Conflict(f"{self._http.asked(what)}, but the object has changed since (422)")
        if refused is not None:
            raise refused
        return resource_version(answer)

    def delete(
        self, kind: Kind, namespace: str, name: str, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> None:
        body: dict[str, object] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, "resourceVersion": resource_version},
            **({"dryRun": ["All"]} if dry_run else {}),  # of a deletion with a body the query is not looked at
        }
        path = f"{self._discovery.collection(kind, namespace)}/{_segment(name)}"
        self._http.send("DELETE", path, body=body, what=f"delete {_one(kind, namespace, name)}")

    def raw_list(self, kind: Kind) -> Iterator[tuple[dict[str, Any], str]]:
        """Every object as it was sent, with the resource version to watch from (the list's, on the last one of each
        page).
        """
        query: dict[str, object] = {"limit": 500}
        while True:
            items = self._page(kind, "", query)
            path = self._discovery.collection(kind, "").split("/")
            named = {"apiVersion": path[2] if path[1] == "api" else "/".join(path[2:4])}
            for raw in items.items or ():
                yield (
                    named | decoded(WHOLE_OBJECT, raw, self._http.asked(f"list {kind}")),
                    text(items.metadata.resource_version),
                )
            if not items.metadata.continue_:
                return
            query["continue"] = items.metadata.continue_

    def raw_watch(
        self, kind: Kind, resource_version: str, *, seconds: int
    ) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Type of change, the object as it was sent, its resource version. An empty version begins with what is there
        now.
        """
        query: dict[str, object] = {"watch": "true", "timeoutSeconds": seconds, "resourceVersion": resource_version}
        path, what = self._discovery.collection(kind, ""), f"watch {kind}"
        with self._http.lines(path, query | _selector(kind), seconds, what=what) as lines:
            for line in lines:
                if not line.strip():
                    continue
                seen = self._seen(kind, line, resource_version, what)
                resource_version = seen.resource_version
                change: Change = decoded(CHANGE, line, self._http.asked(what))
                yield change.type, decoded(WHOLE_OBJECT, change.object, self._http.asked(what)), resource_version

    def close(self) -> None:
        self._http.close()

    def _page(self, kind: Kind, namespace: str, query: dict[str, object]) -> Items:
        what = f"list {_named(kind, namespace)}"
        body = self._http.get(self._discovery.collection(kind, namespace), query | _selector(kind), what=what)
        items: Items = decoded(ITEMS, body, self._http.asked(what))
        return items

    def _seen(self, kind: Kind, line: bytes, before: str, what: str) -> Seen:
        change: Change = decoded(CHANGE, line, self._http.asked(what))
        if change.type == "ERROR":
            raise from_status(self._http.asked(what), bytes(change.object))
        version = resource_version(change.object) or before
        if change.type not in ("ADDED", "MODIFIED", "DELETED"):
            return Seen(None, version)
        return Seen(observation(kind, change.object, deleted=change.type == "DELETED"), version)

    def _object(self, kind: Kind, namespace: str, name: str) -> bytes:
        path = f"{self._discovery.collection(kind, namespace)}/{_segment(name)}"
        return self._http.get(path, what=f"get {_one(kind, namespace, name)}")


def _selector(kind: Kind) -> dict[str, object]:
    selector = PLACES[kind].selector
    return {"fieldSelector": selector} if selector else {}


def _in(namespace: str) -> str:
    return f"/namespaces/{_segment(namespace)}"


def _segment(name: str) -> str:
    return quote(name, safe="")


def _named(kind: Kind, namespace: str) -> str:
    return f"{kind} in namespace {namespace}" if namespace and PLACES[kind].namespaced else f"{kind}"


def _one(kind: Kind, namespace: str, name: str) -> str:
    return f"{name} of {_named(kind, namespace)}"
