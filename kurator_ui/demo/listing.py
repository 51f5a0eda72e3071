"""Lists, whole or in pages: later pages come from the snapshot the first one was taken from."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from kurator_ui.demo.collection import Entry
from kurator_ui.demo.errors import ApiError, Obj, bad_request, continue_expired, version_from_the_future
from kurator_ui.demo.http import Request, Response
from kurator_ui.demo.resources import Resource
from kurator_ui.demo.selectors import selection
from kurator_ui.demo.store import Store
from kurator_ui.demo.tables import table, wants_table

OPEN_PAGES = 64


@dataclass(frozen=True, slots=True)
class _Rest:
    version: int
    entries: list[Entry]


class Pages:
    """Continued lists of one cluster; the oldest expire first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Rest] = OrderedDict()

    def expire(self) -> None:
        self._open.clear()

    def answer(self, store: Store, resource: Resource, namespace: str, request: Request) -> Response:
        token, limit = request.one("continue"), _number(request.one("limit"))
        if token:
            # A page may be asked for again (its answer got lost), so the snapshot stays until it is pushed out.
            rest = self._open.get(token)
            if rest is None:
                raise continue_expired()
        else:
            _refuse_future(store, _number(request.one("resourceVersion")))
            rest = _Rest(store.version, _selected(store, resource, namespace, request))
        page, left = (rest.entries[:limit], rest.entries[limit:]) if limit else (rest.entries, [])
        meta: Obj = {"resourceVersion": str(rest.version)}
        if left:
            meta["continue"] = self._keep(_Rest(rest.version, left))
            meta["remainingItemCount"] = len(left)
        return Response(body=_document(resource, page, meta, request))

    def _keep(self, rest: _Rest) -> str:
        token = secrets.token_urlsafe(16)
        self._open[token] = rest
        while len(self._open) > OPEN_PAGES:
            self._open.popitem(last=False)
        return token


def _selected(store: Store, resource: Resource, namespace: str, request: Request) -> list[Entry]:
    entries = store.collections[resource.key].listed(namespace)
    test = selection(request.one("labelSelector"), request.one("fieldSelector"))
    return entries if test is None else [entry for entry in entries if test(entry.read())]


def _refuse_future(store: Store, asked: int) -> None:
    if asked > store.version:
        raise version_from_the_future(asked, store.version)


def _number(text: str) -> int:
    if text and not text.isdigit():
        raise bad_request(f'Invalid value: "{text}": not a number')
    return int(text or 0)


def _document(resource: Resource, entries: list[Entry], meta: Obj, request: Request) -> bytes:
    if wants_table(request.headers.get("accept", "")):
        whole = request.one("includeObject") == "Object"
        return msgspec.json.encode(table(resource, [entry.read() for entry in entries], meta, whole=whole))
    head = msgspec.json.encode({"apiVersion": resource.api_version, "kind": resource.kind + "List", "metadata": meta})
    return head[:-1] + b',"items":[' + b",".join(entry.raw for entry in entries) + b"]}"


def refusal(error: ApiError) -> Response:

    return Response(error.code, msgspec.json.encode(error.status()), headers=error.headers)
