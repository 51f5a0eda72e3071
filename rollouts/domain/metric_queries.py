"""Flagger's built-in queries, for either side.

What is asked of green is Flagger's own text, of 1.44 (its `pkg/metrics/observers`) but for nginx before 1.38. Flagger
never asks about blue. Blue's query is green's with the name of the other side, where a series carries one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rollouts.domain.checks import SUCCESS_RATE
from rollouts.domain.metrics import Revisions, Side
from rollouts.domain.observations import Canary

RATE = "sum(rate({metric}{{{selector}}}[{window}]))"
P99 = "histogram_quantile(0.99, sum(rate({metric}_bucket{{{selector}}}[{window}])) by (le))"
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_NOT_A_WORD = re.compile(r"\W", re.ASCII)


NO_REVISIONS = Revisions("", "")


@dataclass(frozen=True, slots=True)
class Family:
    """The series of one kind of mesh or ingress.

    `selector` picks a side by the fields that `_fields` gives; `good` are the answers that count as a success.
    """

    requests: str
    selector: str
    good: str
    durations: str
    mean: bool = False
    """Durations are a mean, else the 99th percentile."""
    whole: str = ""
    """Of a histogram whose buckets are counted as requests: the one that has them all."""
    also: str = ""
    """A label that only the durations are told by."""
    factor: str = ""
    """Written into the query to have milliseconds."""
    scale: float = 1.0
    """Flagger multiplies the durations by this after the query, to have milliseconds."""


@dataclass(frozen=True, slots=True)
class Queries:
    """`blue` is empty where the series of the two sides are the same."""

    green: str
    blue: str
    scale: float = 1.0


ENVOY = Family("envoy_cluster_upstream_rq", "", 'envoy_response_code!~"5.*"', "envoy_cluster_upstream_rq_time")
PODS = 'kubernetes_namespace="{ns}",kubernetes_pod_name=~"{workload_re}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
FAMILIES: Mapping[str, Family] = {
    "istio": Family(
        requests="istio_requests_total",
        selector='reporter="destination",destination_workload_namespace="{ns}",destination_workload=~"{workload_re}"',
        good='response_code!~"5.*"',
        durations="istio_request_duration_milliseconds",
    ),
    "nginx": Family(
        requests="nginx_ingress_controller_requests",
        selector='namespace="{ns}",ingress="{ingress}",canary{is_green}""',
        good='status!~"5.*"',
        durations="nginx_ingress_controller_response_duration_seconds",
        mean=True,
    ),
    "kubernetes": Family(
        requests="http_request_duration_seconds_count",
        selector=PODS,
        good='status!~"5.*"',
        durations="http_request_duration_seconds",
        scale=1000.0,
    ),
    "linkerd": Family(
        requests="response_total",
        selector='namespace="{ns}",deployment=~"{workload_re}",direction="inbound"',
        good='classification!="failure"',
        durations="response_latency_ms",
    ),
    "kuma": replace(ENVOY, selector='service=~"{target_re}-{side}_{ns_re}_svc_[0-9a-zA-Z-]+"'),
    "contour": replace(ENVOY, selector='envoy_cluster_name=~"{ns_re}_{service_re}-{side}_[0-9a-zA-Z-]+"'),
    "gloo": replace(
        ENVOY, selector='envoy_cluster_name=~"{ns_re}-{target_re}-{side}upstream-[0-9a-zA-Z-]+_[0-9a-zA-Z-]+"'
    ),
    "appmesh": replace(ENVOY, selector=PODS),
    "traefik": Family(
        requests="traefik_service_request_duration_seconds_bucket",
        selector='service=~"{ns_re}-{target_re}-{side}-[0-9a-zA-Z-]+@kubernetescrd"',
        good='code!~"5.."',
        durations="traefik_service_request_duration_seconds",
        whole='le="+Inf"',
        factor=" * 1000",
    ),
    "osm": Family(
        requests="osm_request_total",
        selector='destination_namespace="{ns}",destination_kind="Deployment",destination_name="{workload}"',
        good='response_code!~"5.*"',
        durations="osm_request_duration_ms",
    ),
    "knative": replace(ENVOY, selector='envoy_cluster_name=~"{ns_re}/{revision_re}"'),
    # Flagger makes one route for both sides, with a weight for each Service behind it, and shadows the one that was
    # there before. Series name the route, and of who answered the address alone: no Service, no workload, no pod. So
    # what Flagger asks about is of both sides, and there is nothing to ask about blue by its name.
    "apisix": Family(
        requests="apisix_http_status",
        selector='route=~"{ns_re}_{route_re}-{target_re}-canary_.+"',
        good='code!~"5.."',
        durations="apisix_http_latency",
        also='type=~"request"',
    ),
    "skipper": Family(
        requests="skipper_response_duration_seconds_bucket",
        selector='route=~"kube(ew)?_{ns_word}__{ingress_word}_canary__.*__{service_word}_{side}(_[0-9]+)?"',
        good='code!~"5.."',
        durations="skipper_serve_route_duration_seconds",
        mean=True,
        whole='le="+Inf"',
    ),
}
NGINX_BEFORE_1_38 = replace(FAMILIES["nginx"], durations="nginx_ingress_controller_ingress_upstream_latency_seconds")


def provider_of(canary: Canary, cluster: str) -> str:
    """Whose built-in queries Flagger uses; `cluster` is its `-mesh-provider`. An unknown one is taken for istio.

    Of Services as targets Flagger knows no series of their own: most providers then come out as istio.
    """
    provider = canary.provider or cluster or "istio"
    if canary.provider and "linkerd" in cluster:
        provider = "linkerd"
    if canary.target_kind == "Service" and provider != "knative":
        provider = f"{provider}:service"
    for beginning, family in (("appmesh", "appmesh"), ("gloo", "gloo"), ("gatewayapi", "kubernetes")):
        if provider.startswith(beginning):
            return family
    return provider if provider in FAMILIES else "istio"


def built_in(
    canary: Canary, provider: str, check: str, window: str, version: str, revisions: Revisions = NO_REVISIONS
) -> Queries:
    """`provider` as `provider_of` gives it, `revisions` for knative; `version` is Flagger's, the newest when it is not
    known.
    """
    family = NGINX_BEFORE_1_38 if provider == "nginx" and _is_before(version, (1, 38)) else FAMILIES[provider]
    ask = _success_rate if check == SUCCESS_RATE else _duration
    fields = (_fields(canary, side, revisions) for side in reversed(Side))
    green, blue = (ask(family, family.selector.format_map(one), window) for one in fields)
    return Queries(green, "" if blue == green else blue, 1.0 if check == SUCCESS_RATE else family.scale)


def _success_rate(family: Family, selector: str, window: str) -> str:
    good, everything = (
        RATE.format(metric=family.requests, selector=_joined(selector, labels, family.whole), window=window)
        for labels in (family.good, "")
    )
    return f"{good} / {everything} * 100"


def _duration(family: Family, selector: str, window: str) -> str:
    selector = _joined(family.also, selector)
    if not family.mean:
        return P99.format(metric=family.durations, selector=selector, window=window) + family.factor
    total, count = (
        RATE.format(metric=f"{family.durations}_{what}", selector=selector, window=window) for what in ("sum", "count")
    )
    return f"{total} / {count} * 1000"


def _joined(*labels: str) -> str:
    return ",".join(label for label in labels if label)


def _fields(canary: Canary, side: Side, revisions: Revisions) -> dict[str, str]:
    """Names as they may stand in a PromQL string, in a regular expression in one (`_re`), or as Skipper writes them."""
    green = side is Side.GREEN
    names = {
        "ns": canary.namespace,
        "target": canary.target_name,
        "workload": canary.target_name if green else f"{canary.target_name}-primary",
        "service": canary.service_name,
        "ingress": canary.ingress_name or canary.target_name,
        "route": canary.route_name or canary.target_name,
        "revision": revisions.green if green else revisions.blue,
    }
    fields = {"side": "canary" if green else "primary", "is_green": "!=" if green else "="}
    for name, value in names.items():
        fields[name] = escaped(value)
        fields[f"{name}_re"] = escaped(_SPECIAL.sub(r"\\\g<0>", value))
        fields[f"{name}_word"] = _NOT_A_WORD.sub("_", value)
    return fields


def escaped(value: str) -> str:
    """As it stands between the double quotes of a PromQL string."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _is_before(version: str, limit: tuple[int, int]) -> bool:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) < limit
