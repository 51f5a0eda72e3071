"""The Prometheus query API of one cluster, answered from the simulated traffic."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qs

import msgspec

from kurator_ui.demo.clock import Clock, parse_duration, parse_stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.http import Request, Response
from kurator_ui.demo.queries import Asked, understand
from kurator_ui.demo.traffic import Traffic

MAX_POINTS = 11_000


class Sides(Protocol):
    def workload_behind(self, namespace: str, ingress: str, green: bool) -> str | None:
        """The Deployment that answers on one side of an Ingress; None for green while it gets no traffic."""
        ...


class Prometheus:
    def __init__(self, clock: Clock, traffic: Traffic, sides: Sides, version: str, provider: str) -> None:
        self._clock, self._traffic, self._sides = clock, traffic, sides
        self._info = {"version": version, "mesh_provider": provider}

    def answer(self, path: str, request: Request) -> Response:
        asked = dict(request.query)
        if request.method == "POST":
            asked |= parse_qs(request.body.decode())
        given = {name: values[-1] for name, values in asked.items()}
        try:
            if path == "/api/v1/query":
                return _data("vector", self._instant(given["query"], _time(given.get("time"), self._clock.now())))
            if path == "/api/v1/query_range":
                return _data("matrix", self._range(given))
        except (KeyError, ValueError) as error:
            return _refused(f"invalid parameter: {error}")
        if path in ("/-/ready", "/-/healthy"):
            return Response(body=b"Prometheus Server is Ready.\n", content_type="text/plain")
        return Response(404, b"404 page not found\n", "text/plain")

    def _instant(self, query: str, when: float) -> list[Obj]:
        if (series := self._plain(query)) is not None:
            return [{"metric": series, "value": [when, "1"]}]
        value = self._value(understand(query), when)
        return [] if value is None else [{"metric": {}, "value": [when, _text(value)]}]

    def _range(self, given: dict[str, str]) -> list[Obj]:
        start, end = _time(given["start"], 0), _time(given["end"], 0)
        step = float(given["step"]) if given["step"].replace(".", "").isdigit() else parse_duration(given["step"], 0)
        if step <= 0:
            raise ValueError("zero or negative query resolution step widths are not accepted. Try a positive integer")
        if (end - start) / step > MAX_POINTS:
            raise ValueError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        times = [start + index * step for index in range(int((end - start) / step) + 1)]
        if (series := self._plain(given["query"])) is not None:
            return [{"metric": series, "values": [[when, "1"] for when in times]}]
        asked = understand(given["query"])
        found = [(when, self._value(asked, when)) for when in times]
        values = [[when, _text(value)] for when, value in found if value is not None]
        return [{"metric": {}, "values": values}] if values else []

    def _plain(self, query: str) -> dict[str, str] | None:
        if query.strip() == "vector(1)":
            return {}
        if query.strip() == "up":
            return {"__name__": "up", "job": "kubernetes-pods", "instance": "flagger:8080"}
        return {"__name__": "flagger_info", **self._info} if query.strip() == "flagger_info" else None

    def _value(self, asked: Asked | None, when: float) -> float | None:
        if asked is None or when > self._clock.now() + 1:
            return None
        workload: str | None = asked.workload
        if asked.ingress:
            workload = self._sides.workload_behind(asked.namespace, asked.ingress, asked.green)
        load = self._traffic.at(asked.namespace, workload, when) if workload else None
        return None if load is None else asked.value(load)


def _time(text: str | None, default: float) -> float:
    """Unix seconds or RFC 3339, as Prometheus takes them."""
    if not text:
        return default
    return parse_stamp(text) if "T" in text else float(text)


def _text(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _data(kind: str, result: list[Obj]) -> Response:
    return Response(body=msgspec.json.encode({"status": "success", "data": {"resultType": kind, "result": result}}))


def _refused(text: str) -> Response:
    return Response(400, msgspec.json.encode({"status": "error", "errorType": "bad_data", "error": text}))
