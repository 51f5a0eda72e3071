"""One cluster's Kubernetes API: from a request to an answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import msgspec

from kurator_ui.demo.access import Account, Accounts, Question, require, review
from kurator_ui.demo.clock import Clock
from kurator_ui.demo.discovery import VERSION, discover
from kurator_ui.demo.errors import ApiError, Obj, bad_request, gone, no_such_path
from kurator_ui.demo.http import Request, Response, Stream
from kurator_ui.demo.listing import Pages, refusal
from kurator_ui.demo.patches import apply_patch
from kurator_ui.demo.protobuf import MAGIC, access_review
from kurator_ui.demo.proxy import Services
from kurator_ui.demo.resources import DEPLOYMENTS, Resource
from kurator_ui.demo.scale import scale_of, scaled
from kurator_ui.demo.store import Store
from kurator_ui.demo.tables import table, wants_table
from kurator_ui.demo.watching import WatchStream

VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""


class KubernetesApi:
    def __init__(self, store: Store, clock: Clock, accounts: Accounts, services: Services) -> None:
        self.store, self.clock, self.accounts, self.services = store, clock, accounts, services
        self.pages = Pages()
        self.bookmarks = True
        self.gone_as_status = False
        """Answer a watch from a compacted version with HTTP 410 instead of an ERROR event in a stream of 200."""

    def answer(self, request: Request) -> Response | Stream:
        """Never raises ApiError: refusals become Status objects."""
        try:
            return self._answer(request)
        except ApiError as error:
            return refusal(error)
        except Exception:
            # What this server does not foresee is its own fault, and must not look like a lost connection.
            logger.exception("%s %s", request.method, request.path)
            return refusal(ApiError(500, "InternalError", "Internal error occurred"))

    def _answer(self, request: Request) -> Response | Stream:
        path = request.path.rstrip("/")
        if path in ("/readyz", "/healthz", "/livez"):
            return Response(body=b"ok", content_type="text/plain")
        if path == "/version":
            return _json(VERSION)
        account = self.accounts.of(request.headers)
        if path.startswith("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") and request.method == "POST":
            asked = access_review(request.body) if request.body.startswith(MAGIC) else _body(request)
            return _json(review(account, asked), 201)
        target = self._target(path)
        if target is None:
            return _json(discover(path, self.store.resources))
        if target.subresource == "proxy":
            return self._proxied(account, target, request)
        if request.method == "GET" and not target.name:
            return self._many(account, target, request)
        return self._one(account, target, request)

    def _target(self, path: str) -> Target | None:
        """The objects a path leads to, or None where it is a discovery path."""
        match path.strip("/").split("/"):
            case ["api", "v1", *rest]:
                group, version = "", "v1"
            case ["apis", group, version, *rest]:
                pass
            case _:
                return None
        if not rest:
            return None
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        resource = self.store.resources.get(f"{group}/{rest[0]}")
        if resource is None or resource.version != version:
            raise no_such_path()
        padded = [*rest[1:3], "", ""]
        return Target(resource, namespace, padded[0], padded[1], "/" + "/".join(rest[3:]))

    def _proxied(self, account: Account, target: Target, request: Request) -> Response:
        verb = "get" if request.method == "GET" else "create"
        require(account, Question(verb, "", "services/proxy", target.namespace, target.name))
        return self.services.answer(target.namespace, target.name, target.rest, request)

    def _many(self, account: Account, target: Target, request: Request) -> Response | Stream:
        watch = request.one("watch") in ("true", "1")
        verb = "watch" if watch else "list"
        require(account, Question(verb, target.resource.group, target.resource.plural, target.namespace))
        if not watch:
            return self.pages.answer(self.store, target.resource, target.namespace, request)
        since = request.one("resourceVersion")
        oldest = self.store.collections[target.resource.key].compacted
        if self.gone_as_status and since.isdigit() and 0 < int(since) < oldest:
            raise gone(int(since), oldest)
        return WatchStream(self.store, target.resource, target.namespace, request, self.clock, self.bookmarks)

    def _one(self, account: Account, target: Target, request: Request) -> Response:
        resource = target.resource
        if request.method not in VERBS or target.subresource not in _subresources(resource):
            raise no_such_path()
        if target.subresource and request.method in ("POST", "DELETE"):
            raise ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        named = resource.plural + (f"/{target.subresource}" if target.subresource else "")
        require(account, Question(VERBS[request.method], resource.group, named, target.namespace, target.name))
        dry_run = request.one("dryRun") == "All"
        if target.subresource == "scale":
            return _json(self._scale(target, request, dry_run))
        match request.method:
            case "GET":
                return _shown(target, self.store.get(resource, target.namespace, target.name), request)
            case "POST":
                return _json(
                    self.store.create(
                        resource, _placed(target, _body(request)), dry_run=dry_run, manager=_manager(request)
                    ),
                    201,
                )
            case "PUT":
                obj = _placed(target, _body(request))
                return _json(self._written(target, obj, request, dry_run))
            case "PATCH":
                return _json(self._patch(target, request, dry_run))
            case _:
                options = _any_body(request) if request.body else {}
                return _json(self._deleted(target, options, dry_run))

    def _deleted(self, target: Target, options: Any, dry_run: bool) -> Obj:
        """As the original looks at no query where there is a body: what that does not say is done."""
        only = None
        if isinstance(options, dict) and options:
            only, dry_run = options.get("preconditions"), options.get("dryRun") == ["All"]
        return self.store.delete(target.resource, target.namespace, target.name, dry_run=dry_run, only=only)

    def _scale(self, target: Target, request: Request, dry_run: bool) -> Obj:
        current = self.store.get(target.resource, target.namespace, target.name)
        if request.method == "GET":
            return scale_of(current)
        if request.method == "PATCH":
            kind = request.headers.get("content-type", "")
            wanted = apply_patch(scale_of(current), _any_body(request), kind)
        else:
            wanted = _body(request)
        return scale_of(self.store.update(target.resource, scaled(current, wanted), dry_run=dry_run))

    def _patch(self, target: Target, request: Request, dry_run: bool) -> Obj:
        current = self.store.get(target.resource, target.namespace, target.name)
        patched = apply_patch(current, _any_body(request), request.headers.get("content-type", ""))
        if patched.get("metadata", {}).get("name") != target.name:
            raise bad_request("the name of the object does not match the name on the URL")
        return self._written(target, patched, request, dry_run)

    def _written(self, target: Target, obj: Obj, request: Request, dry_run: bool) -> Obj:
        status, manager = bool(target.subresource), _manager(request)
        return self.store.update(target.resource, obj, status=status, dry_run=dry_run, manager=manager)


def _manager(request: Request) -> str:
    """As the client names itself, else the beginning of its user agent."""
    return request.one("fieldManager") or request.headers.get("user-agent", "unknown").partition("/")[0]


def _subresources(resource: Resource) -> set[str]:
    """Those that an object has, the empty one for the object itself among them."""
    scale = {"scale"} if resource == DEPLOYMENTS else set()
    return {"", *scale, *({"status"} if resource.status else ())}


def _placed(target: Target, obj: Obj) -> Obj:
    meta = obj.setdefault("metadata", {})
    if target.resource.namespaced and meta.setdefault("namespace", target.namespace) != target.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    if target.name and meta.setdefault("name", target.name) != target.name:
        raise bad_request(f"the name of the object ({meta['name']}) does not match the name on the URL ({target.name})")
    return obj


def _any_body(request: Request) -> Any:
    try:
        return msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        raise bad_request(f"unable to decode the body: {error}") from error


def _body(request: Request) -> Obj:
    body = _any_body(request)
    if not isinstance(body, dict) or not isinstance(body.get("metadata", {}), dict):
        raise bad_request("the body is not an object")
    return body


def _shown(target: Target, obj: Obj, request: Request) -> Response:
    if wants_table(request.headers.get("accept", "")):
        return _json(table(target.resource, [obj], {"resourceVersion": obj["metadata"]["resourceVersion"]}))
    return _json(obj)


def _json(document: Obj, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(document))
