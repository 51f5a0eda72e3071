"""A plain HTTPS client of the demo fleet, with time limits."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from kurator_ui.demo.serve import DemoFleet

Obj = dict[str, Any]
MERGE, JSON, STRATEGIC = (f"application/{kind}+json" for kind in ("merge-patch", "json-patch", "strategic-merge-patch"))
CANARIES = "/apis/flagger.app/v1beta1/canaries"
CHECKOUT = "/apis/flagger.app/v1beta1/namespaces/shop/canaries/checkout"


class Client:
    """Speaks to one cluster with one token."""

    def __init__(
        self, fleet: DemoFleet, cluster: str = "eu-west", user: str = "admin", token: str | None = None
    ) -> None:
        self._server = fleet.server(cluster)
        self._headers = {"Authorization": f"Bearer {fleet.token(cluster, user) if token is None else token}"}
        context = ssl.create_default_context(cafile=str(fleet.fleet.folder / "ca.crt"))
        self._pool = urllib3.PoolManager(
            ssl_context=context, timeout=urllib3.Timeout(connect=3, read=10), retries=False
        )

    def ask(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", **headers: str
    ) -> tuple[int, Obj]:
        sent = {**self._headers, "Content-Type": kind, **headers}
        data = None if body is None else json.dumps(body).encode()
        answer = self._pool.request(method, self._server + path, body=data, headers=sent)
        return answer.status, json.loads(answer.data)

    def get(self, path: str, **headers: str) -> Obj:
        status, found = self.ask("GET", path, None, **headers)
        assert status == 200, found
        return found

    def patch(self, path: str, body: Any, kind: str = MERGE) -> tuple[int, Obj]:
        return self.ask("PATCH", path, body, kind)

    @contextmanager
    def watch(self, path: str, **headers: str) -> Iterator[Iterator[Obj]]:
        """The events of a watch, until the server ends it."""
        sign = "&" if "?" in path else "?"
        url = f"{self._server}{path}{sign}watch=true"
        answer = self._pool.request("GET", url, headers={**self._headers, **headers}, preload_content=False)
        assert answer.status == 200, answer.read()
        try:
            yield (json.loads(line) for line in _lines(answer))
        finally:
            answer.close()


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    pending = b""
    for part in answer.stream(65536):
        *whole, pending = (pending + part).split(b"\n")
        yield from whole
