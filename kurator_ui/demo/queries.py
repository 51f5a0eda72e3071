"""The PromQL that is understood, of either side: Flagger's built-in checks of four providers, the template of the demo,
and a few plain series.

A query is compared without whitespace. Whatever else is asked has an empty answer, as an unknown metric has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kurator_ui.demo.traffic import Load

ISTIO = 'reporter="destination",destination_workload_namespace="{ns}",destination_workload=~"{workload}"'
PODS = 'kubernetes_namespace="{ns}",kubernetes_pod_name=~"{workload}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
NGINX = 'namespace="{ns}",ingress="{ingress}",canary{side}""'
KUMA = 'service=~"{workload}_{ns}_svc_[0-9a-zA-Z-]+"'

SUCCESS = "sum(rate({metric}{{{selector},{good}}}[{window}]))/sum(rate({metric}{{{selector}}}[{window}]))*100"
PERCENT = "100*sum(rate({metric}{{{selector},{good}}}[{window}]))/sum(rate({metric}{{{selector}}}[{window}]))"
P99 = "histogram_quantile(0.99,sum(rate({metric}{{{selector}}}[{window}]))by(le))"
MEAN = "sum(rate({metric}_sum{{{selector}}}[{window}]))/sum(rate({metric}_count{{{selector}}}[{window}]))*1000"
RATE = "sum(rate({metric}{{{selector}}}[{window}]))"

Value = Callable[[Load], float]


def _success(load: Load) -> float:
    return load.success_percent


def _milliseconds(load: Load) -> float:
    return load.p99_ms


def _seconds(load: Load) -> float:
    return load.p99_ms / 1000


def _requests(load: Load) -> float:
    return load.requests_per_second


# the form, its metric, its selector, what "good" answers are, the value
FORMS: tuple[tuple[str, str, str, str, Value], ...] = (
    (SUCCESS, "istio_requests_total", ISTIO, 'response_code!~"5.*"', _success),
    (P99, "istio_request_duration_milliseconds_bucket", ISTIO, "", _milliseconds),
    (RATE, "istio_requests_total", ISTIO, "", _requests),
    (SUCCESS, "nginx_ingress_controller_requests", NGINX, 'status!~"5.*"', _success),
    (MEAN, "nginx_ingress_controller_response_duration_seconds", NGINX, "", _milliseconds),
    (SUCCESS, "envoy_cluster_upstream_rq", KUMA, 'envoy_response_code!~"5.*"', _success),
    (P99, "envoy_cluster_upstream_rq_time_bucket", KUMA, "", _milliseconds),
    (SUCCESS, "http_request_duration_seconds_count", PODS, 'status!~"5.*"', _success),
    (P99, "http_request_duration_seconds_bucket", PODS, "", _seconds),
    (PERCENT, "http_request_duration_seconds_count", PODS, 'status!~"5.."', _success),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query is about: a workload, or an Ingress with the side asked for."""

    namespace: str
    workload: str
    ingress: str
    green: bool
    value: Value


def understand(query: str) -> Asked | None:
    plain = re.sub(r"\s+", "", query)
    for pattern, value in _PATTERNS:
        if found := pattern.fullmatch(plain):
            parts = found.groupdict()
            workload = re.sub(r"-canary$", "", parts.get("workload") or "")
            return Asked(parts["ns"], workload, parts.get("ingress") or "", parts.get("side") == "!=", value)
    return None


def _pattern(form: str, metric: str, selector: str, good: str) -> re.Pattern[str]:
    text = form.format(metric=metric, selector=selector, good=good, window="{window}")
    pattern = re.escape(text)
    seen: set[str] = set()
    for name, allowed in (
        ("ns", r"[^\"_]+"),
        ("workload", r"[a-z0-9-]+?"),
        ("ingress", r"[^\"]+"),
        ("side", "!=|="),
        ("window", r"\w+"),
    ):
        mark = re.escape("{" + name + "}")
        while mark in pattern:
            pattern = pattern.replace(mark, f"(?P={name})" if name in seen else f"(?P<{name}>{allowed})", 1)
            seen.add(name)
    return re.compile(pattern)


_PATTERNS = [(_pattern(form, metric, selector, good), value) for form, metric, selector, good, value in FORMS]
