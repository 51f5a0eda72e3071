"""How a `FakeCluster` answers when no fault is in the way."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.domain.observations import Kind
from tests.support.exchange import Exchange, Request
from tests.support.objects import Object

if TYPE_CHECKING:
    from tests.support.misbehaving import FakeCluster


ALWAYS_SERVED = frozenset(
    {"secrets", "namespaces", "metrictemplates", "services", "gateways", "horizontalpodautoscalers"}
    | {"customresourcedefinitions"}
)


@dataclass(frozen=True)
class Change:
    version: int
    plural: str
    type: str
    object: Object


def answer(exchange: Exchange) -> None:
    cluster, request = exchange.cluster, exchange.request
    token = request.header("Authorization").removeprefix("Bearer ")
    if token not in cluster.tokens and not cluster.wants_client_certificate:
        exchange.status(401, "Unauthorized")
    elif request.path == "/version":
        exchange.json(200, {"major": "1", "minor": "33", "gitVersion": "v1.33.4"})
    elif request.path.endswith("/selfsubjectaccessreviews"):
        asked = json.loads(request.body)["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource"))))
        exchange.json(201, {"status": {"allowed": not cluster.forbids(asked["verb"], resource)}})
    elif "/api/v1/query" in request.path or "/proxy/gate/" in request.path:
        exchange.json(*cluster.metrics(request))
    elif not request.plural:
        _discovery(exchange)
    else:
        _objects(exchange)


def _discovery(exchange: Exchange) -> None:
    cluster, words = exchange.cluster, exchange.request.path.strip("/").split("/")
    group = words[1] if words[0] == "apis" and len(words) > 1 else ""
    version = words[-1] if words[0] == "api" or len(words) > 2 else ""
    kinds = [kind for kind in Kind if PLACES[kind].group == group and str(kind) in cluster.served]
    versions = dict.fromkeys(one for kind in kinds for one in cluster.served[kind])
    if not kinds or (version and version not in versions):
        exchange.status(404, "the server could not find the requested resource")
    elif version:
        names = [{"name": str(kind), "namespaced": True} for kind in kinds if version in cluster.served[kind]]
        exchange.json(200, {"kind": "APIResourceList", "resources": names})
    else:
        exchange.json(200, {"kind": "APIGroup", "name": group, "versions": [{"version": one} for one in versions]})


def _objects(exchange: Exchange) -> None:
    cluster, request = exchange.cluster, exchange.request
    group, version, namespace, plural, name = request.parts
    if plural in cluster.served and version not in cluster.served[plural]:
        exchange.status(404, "the server could not find the requested resource")
        return
    if plural not in cluster.served and plural not in ALWAYS_SERVED:
        exchange.status(404, "the server could not find the requested resource")
        return
    verb = "get" if name else "watch" if request.watch else "list"
    if cluster.forbids(verb, plural):
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        what = f'User "system:serviceaccount:x:y" cannot {verb} resource "{plural}" in API group "{group}"'
        exchange.status(403, f"{plural} is forbidden: {what} {where}")
    elif name:
        found = cluster.objects.get(plural, {}).get((namespace, name))
        if found is None:
            exchange.status(404, f'{plural} "{name}" not found')
        else:
            exchange.json(200, found)
    elif request.watch:
        with cluster.watched(plural):
            _watch(exchange, namespace, plural)
    else:
        _list(exchange, namespace, plural)


def _list(exchange: Exchange, namespace: str, plural: str) -> None:
    cluster, query = exchange.cluster, exchange.request.query
    with cluster.changed:
        after, version = (("", ""), cluster.version)
        if "continue" in query:
            token = json.loads(base64.b64decode(query["continue"]))
            after, version = tuple(token["after"]), token["version"]
        expired = version < cluster.compacted
        stored = sorted(cluster.objects.get(plural, {}).items())
    if expired:
        exchange.status(410, "The provided continue parameter is too old to display a consistent list result.")
        return
    found = [(key, one) for key, one in stored if key > after and _selected(one, namespace, exchange.request)]
    limit = int(query.get("limit") or 0) or len(found)
    meta: dict[str, Any] = {"resourceVersion": str(version)}
    if len(found) > limit:
        token = json.dumps({"after": found[limit - 1][0], "version": version})
        meta |= {"continue": base64.b64encode(token.encode()).decode(), "remainingItemCount": len(found) - limit}
    exchange.json(200, {"kind": "List", "metadata": meta, "items": [one for _, one in found[:limit]]})


def _watch(exchange: Exchange, namespace: str, plural: str) -> None:
    cluster, request = exchange.cluster, exchange.request
    cursor = int(request.query.get("resourceVersion") or 0)
    deadline = time.monotonic() + float(request.query.get("timeoutSeconds") or 1800)
    bookmarks = cluster.bookmark_every if request.query.get("allowWatchBookmarks") == "true" else None
    next_bookmark = time.monotonic() + (bookmarks or 0)
    if cursor < cluster.compacted:
        message = f"too old resource version: {cursor} ({cluster.compacted})"
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": message}
        exchange.last_line = (0, json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
    exchange.begin_lines()
    while time.monotonic() < deadline:
        for change in _changes(cluster, cursor):
            cursor = change.version
            if change.plural == plural and _selected(change.object, namespace, request):
                exchange.line(json.dumps({"type": change.type, "object": change.object}).encode() + b"\n")
        if bookmarks is not None and time.monotonic() >= next_bookmark:
            exchange.line(_bookmark(cursor))
            next_bookmark = time.monotonic() + bookmarks
        with cluster.changed:
            if cluster.version <= cursor:
                cluster.changed.wait(0.02)
        if cluster.stopping.is_set() or exchange.gone():
            return
    if bookmarks is not None:
        exchange.line(_bookmark(cursor))
    exchange.end_lines()


def _changes(cluster: FakeCluster, cursor: int) -> Iterable[Change]:
    with cluster.changed:
        if cluster.version <= cursor:  # nothing new, or a resource version of the future
            return []
        return [change for change in cluster.history if change.version > cursor]


def _bookmark(version: int) -> bytes:
    return json.dumps({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}}).encode() + b"\n"


def _selected(found: Object, namespace: str, request: Request) -> bool:
    if namespace and found["metadata"].get("namespace") != namespace:
        return False
    fields = [term.split("=", 1) for term in filter(None, request.query.get("fieldSelector", "").split(","))]
    labels = [term.split("=", 1) for term in filter(None, request.query.get("labelSelector", "").split(","))]
    return all(_at(found, path) == wanted for path, wanted in fields) and all(
        found["metadata"].get("labels", {}).get(name) == wanted for name, wanted in labels
    )


def _at(found: Object, path: str) -> Any:
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
