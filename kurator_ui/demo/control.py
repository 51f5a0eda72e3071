"""A way for tests and benches to disturb the fleet from outside: `POST /control/clusters/NAME/ACT`.

The token is the administrator's of any cluster. Acts: up, down, hang; compact (forget old versions); expire-lists;
fault (body: namespace, workload, errors from 0 to 1, delayMs).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import ApiError, bad_request, unauthorized
from kurator_ui.demo.http import Connection, Request, Response
from kurator_ui.demo.identity import Identity
from kurator_ui.demo.listing import refusal


class _Fault(msgspec.Struct, rename="camel"):
    namespace: str
    workload: str
    errors: float = 0.0
    delay_ms: float = 0.0


class Control:
    def __init__(self, clusters: Mapping[str, Cluster], connections: set[Connection], identity: Identity) -> None:
        self._clusters, self._connections, self._identity = clusters, connections, identity

    def answer(self, request: Request) -> Response:
        try:
            self._authenticate(request)
            match request.path.strip("/").split("/"):
                case ["control", "clusters", name, act] if request.method == "POST" and name in self._clusters:
                    self.act(name, act, request.body)
                    return Response(body=b"{}")
            raise ApiError(404, "NotFound", "there is no such control")
        except ApiError as error:
            return refusal(error)

    def act(self, name: str, act: str, body: bytes = b"") -> None:
        """Raises 400 for an unknown act or a body that is none."""
        cluster = self._clusters[name]
        if act in ("up", "down", "hang"):
            cluster.switch(act, self._connections)
        elif act == "compact":
            cluster.store.forget_history()
        elif act == "expire-lists":
            cluster.api.pages.expire()
        elif act == "fault":
            try:
                fault = msgspec.json.decode(body, type=_Fault)
            except msgspec.MsgspecError as error:
                raise bad_request(str(error)) from error
            cluster.traffic.fault(fault.namespace, fault.workload, fault.errors, fault.delay_ms)
        else:
            raise bad_request(f"unknown act: {act}")

    def _authenticate(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not token or token not in {self._identity.tokens(name)["admin"] for name in self._clusters}:
            raise unauthorized()
