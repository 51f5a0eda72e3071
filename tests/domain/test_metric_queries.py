"""The queries of Flagger's built-in checks, and the same ones for blue."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rollouts.domain.checks import DURATION, SUCCESS_RATE
from rollouts.domain.metric_queries import built_in, provider_of
from rollouts.domain.observations import Canary

CANARY = Canary(
    "shop", "checkout-canary", "uid", "1",
    target_name="checkout", service_name="pay", ingress_name="web-in", route_name="front",
)  # fmt: skip
ISTIO = 'reporter="destination",destination_workload_namespace="shop",destination_workload=~"checkout"'
NGINX = 'namespace="shop",ingress="web-in",canary!=""'
KUMA = 'service=~"checkout-canary_shop_svc_[0-9a-zA-Z-]+"'
PODS = 'kubernetes_namespace="shop",kubernetes_pod_name=~"checkout-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"'
LINKERD = 'namespace="shop",deployment=~"checkout",direction="inbound"'
CONTOUR = 'envoy_cluster_name=~"shop_pay-canary_[0-9a-zA-Z-]+"'
GLOO = 'envoy_cluster_name=~"shop-checkout-canaryupstream-[0-9a-zA-Z-]+_[0-9a-zA-Z-]+"'
TRAEFIK = 'service=~"shop-checkout-canary-[0-9a-zA-Z-]+@kubernetescrd"'
OSM = 'destination_namespace="shop",destination_kind="Deployment",destination_name="checkout"'
APISIX = 'route=~"shop_front-checkout-canary_.+"'
SKIPPER = 'route=~"kube(ew)?_shop__web_in_canary__.*__pay_canary(_[0-9]+)?"'
OF_BLUE = {
    "istio": ISTIO.replace('"checkout"', '"checkout-primary"'),
    "nginx": NGINX.replace('!=""', '=""'),
    "kuma": KUMA.replace("checkout-canary", "checkout-primary"),
    "kubernetes": PODS.replace("checkout-", "checkout-primary-"),
    "linkerd": LINKERD.replace('"checkout"', '"checkout-primary"'),
    "contour": CONTOUR.replace("pay-canary", "pay-primary"),
    "gloo": GLOO.replace("canaryupstream", "primaryupstream"),
    "appmesh": PODS.replace("checkout-", "checkout-primary-"),
    "traefik": TRAEFIK.replace("checkout-canary", "checkout-primary"),
    "osm": OSM.replace('"checkout"', '"checkout-primary"'),
    "skipper": SKIPPER.replace("pay_canary", "pay_primary"),
}


def rate(metric: str, selector: str, good: str, whole: str = "") -> str:
    """Of a counter, as Flagger divides it."""
    return f"sum(rate({metric}{{{selector},{good}{whole}}}[90s])) / sum(rate({metric}{{{selector}{whole}}}[90s])) * 100"


def p99(metric: str, selector: str) -> str:
    return f"histogram_quantile(0.99, sum(rate({metric}_bucket{{{selector}}}[90s])) by (le))"


def mean(metric: str, selector: str) -> str:
    return f"sum(rate({metric}_sum{{{selector}}}[90s])) / sum(rate({metric}_count{{{selector}}}[90s])) * 1000"


ENVOY, ENVOY_TIME = "envoy_cluster_upstream_rq", "envoy_cluster_upstream_rq_time"
ENVOY_GOOD = 'envoy_response_code!~"5.*"'
TRAEFIK_TIME = "traefik_service_request_duration_seconds"
GREEN = [
    (
        "istio",
        rate("istio_requests_total", ISTIO, 'response_code!~"5.*"'),
        p99("istio_request_duration_milliseconds", ISTIO),
    ),
    (
        "nginx",
        rate("nginx_ingress_controller_requests", NGINX, 'status!~"5.*"'),
        mean("nginx_ingress_controller_response_duration_seconds", NGINX),
    ),
    ("kuma", rate(ENVOY, KUMA, ENVOY_GOOD), p99(ENVOY_TIME, KUMA)),
    (
        "kubernetes",
        rate("http_request_duration_seconds_count", PODS, 'status!~"5.*"'),
        p99("http_request_duration_seconds", PODS),
    ),
    ("linkerd", rate("response_total", LINKERD, 'classification!="failure"'), p99("response_latency_ms", LINKERD)),
    ("contour", rate(ENVOY, CONTOUR, ENVOY_GOOD), p99(ENVOY_TIME, CONTOUR)),
    ("gloo", rate(ENVOY, GLOO, ENVOY_GOOD), p99(ENVOY_TIME, GLOO)),
    ("appmesh", rate(ENVOY, PODS, ENVOY_GOOD), p99(ENVOY_TIME, PODS)),
    (
        "traefik",
        rate(f"{TRAEFIK_TIME}_bucket", TRAEFIK, 'code!~"5.."', ',le="+Inf"'),
        p99(TRAEFIK_TIME, TRAEFIK) + " * 1000",
    ),
    ("osm", rate("osm_request_total", OSM, 'response_code!~"5.*"'), p99("osm_request_duration_ms", OSM)),
    (
        "apisix",
        rate("apisix_http_status", APISIX, 'code!~"5.."'),
        p99("apisix_http_latency", f'type=~"request",{APISIX}'),
    ),
    (
        "skipper",
        rate("skipper_response_duration_seconds_bucket", SKIPPER, 'code!~"5.."', ',le="+Inf"'),
        mean("skipper_serve_route_duration_seconds", SKIPPER),
    ),
]


@pytest.mark.parametrize(("provider", "success", "duration"), GREEN)
def test_green_is_asked_what_flagger_asks(provider: str, success: str, duration: str) -> None:
    assert built_in(CANARY, provider, SUCCESS_RATE, "90s", "1.44.0").green == success
    assert built_in(CANARY, provider, DURATION, "90s", "1.44.0").green == duration


@pytest.mark.parametrize(("provider", "selector"), OF_BLUE.items())
def test_blue_is_asked_the_same_of_the_other_side(provider: str, selector: str) -> None:
    for check in (SUCCESS_RATE, DURATION):
        queries = built_in(CANARY, provider, check, "90s", "1.44.0")
        assert selector in queries.blue
        green = next(one for one in (ISTIO, NGINX, KUMA, PODS, LINKERD, CONTOUR, GLOO, TRAEFIK, OSM, SKIPPER)
                     if one in queries.green)  # fmt: skip
        assert queries.blue.replace(selector, green) == queries.green


def test_where_one_series_counts_both_sides_there_is_no_query_for_blue() -> None:
    assert built_in(CANARY, "apisix", SUCCESS_RATE, "90s", "1.44.0").blue == ""


def test_only_durations_in_seconds_are_multiplied_afterwards() -> None:
    scales = {
        (provider, check): built_in(CANARY, provider, check, "1m", "").scale
        for provider, *_ in GREEN
        for check in (SUCCESS_RATE, DURATION)
    }
    assert {key for key, scale in scales.items() if scale != 1} == {("kubernetes", DURATION)}
    assert scales["kubernetes", DURATION] == 1000


@pytest.mark.parametrize(
    ("version", "metric"),
    [
        ("1.37.0", "ingress_upstream_latency_seconds"),
        ("v1.34.1", "ingress_upstream_latency_seconds"),
        ("1.38.0", "response_duration_seconds"),
        ("", "response_duration_seconds"),
        ("main-15bd6ad", "response_duration_seconds"),
    ],
)
def test_nginx_durations_changed_with_flagger_1_38(version: str, metric: str) -> None:
    queries = built_in(CANARY, "nginx", DURATION, "1m", version)
    assert f"nginx_ingress_controller_{metric}_sum{{{NGINX}}}" in queries.green
    assert f"nginx_ingress_controller_{metric}_count{{{OF_BLUE['nginx']}}}" in queries.blue


@pytest.mark.parametrize(
    ("canary", "cluster", "family"),
    [
        ("", "", "istio"),
        ("", "nginx", "nginx"),
        ("kuma", "istio", "kuma"),
        ("gatewayapi:v1beta1", "istio", "kubernetes"),
        ("appmesh:v1beta2", "istio", "appmesh"),
        ("gloo", "", "gloo"),
        ("smi:v1alpha2", "", "istio"),
        ("somethingnew", "nginx", "istio"),
        ("nginx", "linkerd", "linkerd"),
        ("", "smi:linkerd", "istio"),
    ],
)
def test_the_provider_is_chosen_as_flagger_chooses_it(canary: str, cluster: str, family: str) -> None:
    assert provider_of(replace(CANARY, provider=canary), cluster) == family


def test_a_service_as_target_has_no_queries_of_its_own_provider() -> None:
    assert provider_of(replace(CANARY, provider="nginx", target_kind="Service"), "") == "istio"
    assert provider_of(replace(CANARY, provider="gatewayapi:v1", target_kind="Service"), "") == "kubernetes"
    assert provider_of(replace(CANARY, provider="knative", target_kind="Service"), "") == "knative"


def test_names_cannot_leave_the_place_they_are_put_in() -> None:
    wicked = replace(CANARY, namespace='a"} or up{x="', target_name='x.y"\\\n|z', service_name="s", ingress_name="i(.*")
    for provider, *_ in GREEN:
        for check in (SUCCESS_RATE, DURATION):
            queries = built_in(wicked, provider, check, "1m", "")
            for query in filter(None, (queries.green, queries.blue)):
                outside = re.sub(r'"(\\.|[^"\\])*"', '""', query)
                assert not re.search(r'"[^"]|or up|\n', outside.replace('""', ""))
    assert r"x\\.y\"\\\\\n\\|z" in built_in(wicked, "istio", SUCCESS_RATE, "1m", "").green
