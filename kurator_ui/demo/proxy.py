"""The API server's way to Services: Prometheus and load testers answer, others have no ready backend."""

from __future__ import annotations

from kurator_ui.demo.errors import ApiError, not_found
from kurator_ui.demo.gates import Gates
from kurator_ui.demo.http import Request, Response
from kurator_ui.demo.prometheus import Prometheus
from kurator_ui.demo.resources import SERVICES
from kurator_ui.demo.store import Store


class Services:
    def __init__(self, store: Store, prometheus: Prometheus, gates: Gates) -> None:
        self._store, self.prometheus, self._gates = store, prometheus, gates

    def answer(self, namespace: str, reference: str, path: str, request: Request) -> Response:
        """The reference is `[scheme:]name[:port]`. Raises 404 for an unknown Service, 503 for one without a backend."""
        parts = reference.split(":")
        name = parts[1] if len(parts) == 3 or parts[0] in ("http", "https") else parts[0]
        if self._store.find(SERVICES, namespace, name) is None:
            raise not_found("", "services", name)
        if "prometheus" in name:
            return self.prometheus.answer(path, request)
        if name.endswith(("loadtester", "testloader")):
            return self._gates.answer(path, request)
        raise ApiError(503, "ServiceUnavailable", f'no endpoints available for service "{reference}"')
