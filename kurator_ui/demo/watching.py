"""One watch request as a stream of lines: changes, bookmarks, an ERROR event when the version is gone, a time limit."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from kurator_ui.demo.clock import Clock
from kurator_ui.demo.collection import Watcher
from kurator_ui.demo.errors import ApiError, Obj, bad_request, invalid
from kurator_ui.demo.http import Request
from kurator_ui.demo.resources import Resource
from kurator_ui.demo.selectors import selection
from kurator_ui.demo.store import Store
from kurator_ui.demo.tables import table, wants_table

BOOKMARK_SECONDS = 60.0


class WatchStream:
    def __init__(
        self, store: Store, resource: Resource, namespace: str, request: Request, clock: Clock, bookmarks: bool
    ) -> None:
        if request.one("sendInitialEvents") == "true":
            why = "Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            raise invalid("ListOptions", "meta.k8s.io", "", "", [("sendInitialEvents", why)])
        self._store, self._resource, self._clock = store, resource, clock
        self._since = request.one("resourceVersion")
        if self._since and not self._since.isdigit():
            raise bad_request(f"Invalid value: {self._since}: strconv.ParseUint")
        test = selection(request.one("labelSelector"), request.one("fieldSelector"))
        self._watcher = Watcher(namespace, test, self._send)
        self._as_table = wants_table(request.headers.get("accept", ""))
        self._bookmarks = bookmarks and request.one("allowWatchBookmarks") in ("true", "1")
        self._seconds = float(request.one("timeoutSeconds") or random.randint(1800, 3600))
        self._write: Callable[[bytes], None] | None = None
        self._end: Callable[[], None] | None = None
        self._cancels: list[Callable[[], None]] = []

    def start(self, write: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self._write, self._end = write, end
        since = int(self._since or 0)
        try:
            if since == 0:
                self._send_present()
                since = self._store.version
            self._store.watch(self._resource, since, self._watcher)
        except ApiError as error:
            self._line("ERROR", msgspec.json.encode(error.status()))
            end()
            return
        self._cancels.append(self._clock.call_later(self._seconds, self._finish))
        if self._bookmarks:
            self._cancels.append(self._clock.call_later(BOOKMARK_SECONDS, self._bookmark_again))

    def stop(self) -> None:
        self._store.collections[self._resource.key].watchers.discard(self._watcher)
        for cancel in self._cancels:
            cancel()
        self._cancels.clear()
        self._write = None

    def _send_present(self) -> None:
        test = self._watcher.test
        for entry in self._store.collections[self._resource.key].listed(self._watcher.namespace):
            if test is None or test(entry.read()):
                self._send("ADDED", entry.raw)

    def _send(self, kind: str, raw: bytes) -> None:
        self._line(kind, _row(self._resource, raw) if self._as_table else raw)

    def _line(self, kind: str, raw: bytes) -> None:
        if self._write:
            self._write(b'{"type":"%b","object":%b}\n' % (kind.encode(), raw))

    def _bookmark(self) -> None:
        marker: Obj = {"kind": self._resource.kind, "apiVersion": self._resource.api_version}
        marker["metadata"] = {"resourceVersion": str(self._store.version), "creationTimestamp": None}
        self._send("BOOKMARK", msgspec.json.encode(marker)) if not self._as_table else None

    def _bookmark_again(self) -> None:
        self._bookmark()
        self._cancels.append(self._clock.call_later(BOOKMARK_SECONDS, self._bookmark_again))

    def _finish(self) -> None:
        if self._bookmarks:
            self._bookmark()
        if self._end:
            self._end()


def _row(resource: Resource, raw: bytes) -> bytes:
    obj = msgspec.json.decode(raw)
    return msgspec.json.encode(table(resource, [obj], {"resourceVersion": obj["metadata"]["resourceVersion"]}))
