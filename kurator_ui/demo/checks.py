"""The checks of one tick: hooks first, then metrics; the first that fails ends it with its message."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.clock import Clock
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.gates import ACCEPTED, Gates
from kurator_ui.demo.resources import METRIC_TEMPLATES, NAMESPACES, SERVICES
from kurator_ui.demo.routing import Routers
from kurator_ui.demo.store import Store
from kurator_ui.demo.traffic import Load, Traffic

SYSTEM = "istio-system"
KNOWN_METRIC = "http_request_duration_seconds"
"""The one that workloads export themselves."""
BUILT_IN = ("request-success-rate", "request-duration")


class Checks:
    def __init__(self, store: Store, clock: Clock, traffic: Traffic, gates: Gates, routers: Routers) -> None:
        self._store = store
        self._clock, self._traffic, self._gates, self._routers = clock, traffic, gates, routers

    def refusing(self, canary: Canary, kind: str) -> Obj | None:
        """The first hook of this kind that does not answer 200 to 202."""
        for hook in canary.hooks(kind):
            if self._call(hook, canary) > ACCEPTED:
                return hook
        return None

    def accepting(self, canary: Canary, kind: str) -> Obj | None:
        return next((hook for hook in canary.hooks(kind) if self._call(hook, canary) <= ACCEPTED), None)

    def _call(self, hook: Obj, canary: Canary) -> int:
        path = urlsplit(str(hook.get("url", ""))).path
        return self._gates.call(path, canary.name, canary.namespace)

    def problem(self, canary: Canary) -> str:
        """What is wrong with green now, worded as Flagger's event; empty when every check passes."""
        where = f"{canary.name}.{canary.namespace}"
        if hook := self.refusing(canary, "rollout"):
            return f"Halt {where} advancement external check {hook['name']} failed Forbidden"
        if self._store.find(NAMESPACES, "", SYSTEM) and self._store.find(SERVICES, SYSTEM, "prometheus") is None:
            lookup = f"lookup prometheus.{SYSTEM}: no such host"
            return f"Prometheus query failed: running query failed: request failed: dial tcp: {lookup}"
        metrics = sorted(
            canary.metrics(), key=lambda metric: "templateRef" in metric and metric["name"] not in BUILT_IN
        )
        for metric in metrics:
            if problem := self._metric(canary, metric, where):
                return problem
        return ""

    def _load(self, canary: Canary, metric: str) -> Load | None:
        # nginx counts what came through the Ingress, and in blue/green nothing does until the switch.
        if canary.provider == "nginx" and metric in BUILT_IN and self._routers.of(canary).green(canary) == 0:
            return None
        return self._traffic.at(canary.namespace, canary.target, self._clock.now())

    def _metric(self, canary: Canary, metric: Obj, where: str) -> str:
        name, limits = str(metric["name"]), metric.get("thresholdRange") or {}
        load = self._load(canary, name)
        if reference := metric.get("templateRef"):
            namespace = reference.get("namespace") or canary.namespace
            template = self._store.find(METRIC_TEMPLATES, namespace, reference["name"])
            if template is None:
                missing = f'metrictemplates.flagger.app "{reference["name"]}" not found'
                return f"Metric template {reference['name']}.{namespace} error: {missing}"
            load = load if KNOWN_METRIC in template["spec"]["query"] or _elsewhere(template) else None
        if load is None and name in BUILT_IN:
            what, target = f"{canary.provider} metric {name}", f"{canary.target}.{canary.namespace}"
            return f"Halt advancement no values found for {what} probably {target} is not receiving traffic"
        if load is None:
            return f"Halt advancement no values found for custom metric: {name}: no values found"
        if name == "request-duration":
            low, high = limits.get("min"), limits.get("max", None if limits else metric.get("threshold", 0))
            return _outside(
                int(load.p99_ms), low, high, f"Halt {where} advancement request duration", _go_duration, _go_duration
            )
        text = (
            f"Halt {where} advancement success rate"
            if name == "request-success-rate"
            else f"Halt {where} advancement {name}"
        )
        unit = "%" if name == "request-success-rate" else ""
        return _outside(
            load.success_percent,
            limits.get("min"),
            limits.get("max"),
            text,
            lambda value: f"{value:.2f}{unit}",
            lambda value: f"{value:g}{unit}",
        )


def _elsewhere(template: Obj) -> bool:
    """What other providers would answer is not simulated: their checks pass or fail with the traffic."""
    return bool(template["spec"]["provider"].get("type") != "prometheus")


def _outside(
    value: float,
    low: float | None,
    high: float | None,
    text: str,
    show: Callable[[float], str],
    limit: Callable[[float], str],
) -> str:
    if low is not None and value < low:
        return f"{text} {show(value)} < {limit(low)}"
    if high is not None and value > high:
        return f"{text} {show(value)} > {limit(high)}"
    return ""


def _go_duration(milliseconds: float) -> str:
    """As Go prints whole milliseconds: `500ms`, `1.515s`, `1m2s`."""
    whole = int(milliseconds)
    if whole < 1000:
        return f"{whole}ms"
    minutes, seconds = divmod(whole / 1000, 60)
    text = f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{int(minutes)}m{text}" if minutes else text
