"""The load tester's gates: closed until opened, kept in memory, one for each Canary and one more for its rollback."""

from __future__ import annotations

import msgspec

from kurator_ui.demo.http import Request, Response

ACCEPTED = 202


class Gates:
    def __init__(self) -> None:
        self._open: set[str] = set()

    def call(self, path: str, name: str, namespace: str) -> int:
        """What the load tester does and answers: an HTTP status."""
        kind, _, act = path.strip("/").partition("/")
        gate = f"rollback.{name}.{namespace}" if kind == "rollback" else f"{name}.{namespace}"
        match kind, act:
            case "gate" | "rollback", "open":
                self._open.add(gate)
                return ACCEPTED
            case "gate" | "rollback", "close":
                self._open.discard(gate)
                return ACCEPTED
            case "gate" | "rollback", "check":
                return 200 if gate in self._open else 403
            case "gate", "approve":
                return 200
            case "gate", "halt":
                return 403
            case "", "":
                return ACCEPTED
            case "healthz", "":
                return 200
        return 404

    def answer(self, path: str, request: Request) -> Response:
        try:
            body = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
        except msgspec.DecodeError:
            return Response(400, b"bad request", "text/plain")
        status = self.call(path, str(body.get("name", "")), str(body.get("namespace", "")))
        text = {200: b"OK", 202: b"", 403: b"Forbidden", 404: b"404 page not found"}[status]
        return Response(status, text, "text/plain; charset=utf-8")
