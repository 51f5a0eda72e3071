"""What keeps the spec of a Canary from working, each with its field and its sentence."""

from __future__ import annotations

import pytest

from rollouts.domain.policies.editing import edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from tests.support.canaries import SPEC

TEXTS = shown(read(SPEC, PLAIN))
NGINX = {
    "provider": "nginx",
    "ingress": "shop",
    "ingress_kind": "Ingress",
    "ingress_api": "networking.k8s.io/v1",
    "strategy": "ab-testing",
}
WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"port": ""}, "port", "Say a port of the Service"),
    ({"port": "70000"}, "port", "Say a port of the Service"),
    ({"port_name": "HTTP port"}, "port_name", "lower-case letters"),
    ({"provider": "envoy"}, "provider", "Flagger knows no “envoy”"),
    ({"route_timeout": "-1"}, "route_timeout", "not below 0 s"),
    ({"hosts": "https://shop.test/"}, "hosts", "is no host name"),
    ({"gateways": "a/b/c"}, "gateways", "is no gateway"),
    ({"retry_timeout": "2"}, "retry_timeout", "is no duration"),
    ({"retry_timeout": "٢s"}, "retry_timeout", "is no duration"),
    ({"retries": "-1"}, "retries", "not below 0"),
    ({"request_set": "x y: 1"}, "request_set", "is no name of a header"),
    ({"origins": "exact shop"}, "origins", "is no site"),
    ({"cookie_age": "9"}, "cookie", "Say the name of the cookie"),
    ({"cookie": "side", "cookie_age": "0"}, "cookie_age", "at least 1 s"),
    ({"times": "-1"}, "times", "not below 0"),
    ({"times": ""}, "strategy", "with neither the cluster refuses the Canary."),
    ({"times": "3", "step": "10", "strategy": ""}, "times", "with both the cluster refuses the Canary."),
    ({"times": "", "step": "10", "steps": "5 10"}, "steps", "Either one step or a list"),
    ({"times": "", "steps": "10 5"}, "steps", "greater than the one before"),
    ({"times": "", "step": "101"}, "step", "from 1 to 100"),
    ({"strategy": "ab-testing"}, "match", "Say whom the test is for"),
    ({"interval": ""}, "interval", "without it the cluster refuses the Canary"),
    ({"interval": "0"}, "interval", "without it the cluster refuses the Canary"),
    ({"interval": "5m"}, "interval", "is no whole number"),
    ({"failures": ""}, "failures", "without it the cluster refuses the Canary"),
    ({"metrics_server": "prometheus:9090"}, "metrics_server", "from http:// or https:// on"),
    ({"blue_ready": "101"}, "blue_ready", "from 0 to 100"),
    ({"green_ready": "-1"}, "green_ready", "from 0 to 100"),
    ({"mirror_weight": "300"}, "mirror_weight", "from 0 to 100"),
    ({"metrics-0-name": " "}, "metrics-0-name", "Say its name"),
    ({"metrics-1-template": "", "metrics-1-template_namespace": ""}, "metrics-1-template", "which MetricTemplate"),
    ({"metrics-1-template": "Orders!"}, "metrics-1-template", "lower-case letters"),
    ({"metrics-1-template_namespace": "a.b"}, "metrics-1-template_namespace", "lower-case letters"),
    ({"metrics-0-template_namespace": "shop"}, "metrics-0-template", "in this namespace"),
    ({"metrics-1-interval": ""}, "metrics-1-interval", "has no time of its own"),
    ({"metrics-0-interval": "0"}, "metrics-0-interval", "at least 1 s"),
    ({"metrics-0-minimum": "101"}, "metrics-0-minimum", "none can pass"),
    ({"metrics-1-minimum": "9"}, "metrics-1-maximum", "no value can pass"),
    ({"hooks-0-name": ""}, "hooks-0-name", "Say a name"),
    ({"hooks-0-kind": "after"}, "hooks-0-kind", "The cluster knows no “after”"),
    ({"hooks-0-url": "loadtester.test"}, "hooks-0-url", "from http:// or https:// on"),
    ({"hooks-0-timeout": "5"}, "hooks-0-timeout", "is no duration"),
    ({"hooks-0-retries": "-1"}, "hooks-0-retries", "not below 0"),
    ({"hooks-0-metadata": "cmd"}, "hooks-0-metadata", "Write its name, a colon and its value"),
    ({"progress_deadline": "0"}, "progress_deadline", "at least 1 s"),
    ({"hooks-0-timeout": "1h"}, "hooks-0-timeout", "whole minutes and seconds"),
    ({"target_port": "0"}, "target_port", "Say a port from 1 to 65535"),
    ({"target_port": "Web!"}, "target_port", "or the name of one"),
    ({"app_protocol": "grpc web"}, "app_protocol", "without spaces"),
    ({"distribution": "Near"}, "distribution", "Say PreferClose"),
    ({"apex_labels": "team"}, "apex_labels", "Write its name, a colon and its value"),
    ({"apex_labels": "team: a b"}, "apex_labels", "“a b” is no value of a label"),
    ({"blue_labels": "a b: c"}, "blue_labels", "“a b” is no name"),
    ({"green_labels": "/x: c"}, "green_labels", "“/x” is no name"),
    ({"apex_annotations": "-x: c"}, "apex_annotations", "“-x” is no name"),
    ({"blue_annotations": "a b: c"}, "blue_annotations", "“a b” is no name"),
    ({"green_annotations": "a b: c"}, "green_annotations", "“a b” is no name"),
    ({"scaler": ""}, "scaler", "Say the name of the HorizontalPodAutoscaler or ScaledObject"),
    ({"scaler_kind": "Deployment"}, "scaler_kind", "Say HorizontalPodAutoscaler or ScaledObject"),
    ({"scaler_api": ""}, "scaler_api", "Say its API, as autoscaling/v2"),
    ({"scaler": "", "scaler_kind": "", "scaler_api": "", "scaler_least": "2"}, "scaler", "Say the name"),
    ({"scaler_least": "0"}, "scaler_least", "Say at least 1"),
    ({"scaler_least": "5", "scaler_most": "2"}, "scaler_most", "fewer than the least"),
    ({"scaler_queries": "requests"}, "scaler_queries", "Write its name, a colon and its value"),
    ({"provider": "nginx"}, "ingress", "Say the name of the Ingress"),
    ({"provider": "skipper", "ingress": "shop"}, "ingress_kind", "Say Ingress"),
    ({"provider": "nginx", "ingress": "shop", "ingress_kind": "Ingress"}, "ingress_api", "networking.k8s.io/v1"),
    ({"provider": "apisix", "route_kind": "ApisixRoute"}, "route", "Say the name of the ApisixRoute"),
    ({"provider": "apisix", "route": "shop", "route_kind": "Route"}, "route_kind", "Say ApisixRoute"),
    ({"provider": "apisix", "route": "shop"}, "route_api", "apisix.apache.org/v2"),
    ({"provider": "gloo", "upstream_namespace": "a.b"}, "upstream_namespace", "lower-case letters"),
    ({"provider": "gloo", "upstream": "Shop"}, "upstream", "Say the name of the Upstream"),
    ({"provider": "gloo", "upstream": "shop"}, "upstream_kind", "Say Upstream"),
    ({"provider": "gloo", "upstream": "shop"}, "upstream_api", "gloo.solo.io/v1"),
    ({"provider": "gatewayapi:v1"}, "gateway_refs", "Say the Gateways that the route belongs to"),
    ({"gateway_refs": "a/b/c"}, "gateway_refs", "“a/b/c” is no Gateway"),
    ({"gateway_refs": "- public"}, "gateway_refs", "Write a list, each of its items after"),
    ({"copies": "audit/copy"}, "copies", "“audit/copy” is no Service"),
    ({"service_match": "/shop"}, "service_match", "“/shop” is no condition"),
    ({"service_match": "uri prefix /a and uri prefix /b"}, "service_match", "“uri prefix /b” is the second condition"),
    ({"match": "x-a: exact 1 and x-a: exact 2", "strategy": "ab-testing"}, "match", "on a line of its own"),
    ({"match": "query a: exact 1 and query a: prefix 2", "strategy": "ab-testing"}, "match", "the second condition"),
    (NGINX | {"match": "uri prefix /shop"}, "match", "With nginx this brings nobody to green"),
    (NGINX | {"match": "query beta: exact 1\nx-group: prefix in"}, "match", "compared by exact or regex"),
    (NGINX | {"match": "cookie: regex ^side=green$"}, "match", "the name of a cookie"),
    (NGINX | {"match": "- sourceLabels:\n    app: shop"}, "match", "With nginx this brings nobody to green"),
    ({"service_match": "- uri: {prefix: /"}, "service_match", "In line 1 it is no YAML: expected"),
    ({"match": "- headers: &a {}\n- *a", "strategy": "ab-testing"}, "match", "In line 1 say it whole"),
    ({"traffic_policy": "loadBalancer"}, "traffic_policy", "Write names, each with a colon and what it says."),
    ({"traffic_policy": "tls: {}\ntls: {}"}, "traffic_policy", "“tls” is said twice"),
    ({"traffic_policy": "1: one"}, "traffic_policy", "In line 1 a name is no text: put it in quotes."),
    ({"backend_timeout": "2"}, "backend_timeout", "is no duration"),
    ({"provider": "gatewayapi:v1", "rewrite_type": "All"}, "rewrite_type", "Say ReplaceFullPath"),
    ({"cookie_path": "/shop"}, "cookie", "without it the cluster refuses the Canary"),
    ({"cookie": "side", "blue_cookie": "a b"}, "blue_cookie", "is no name of a cookie"),
    ({"cookie": "side", "blue_cookie": "side"}, "blue_cookie", "another cookie than green's"),
    ({"cookie": "side", "cookie_domain": "https://shop.test"}, "cookie_domain", "Say a host name"),
    ({"cookie": "side", "cookie_path": "shop"}, "cookie_path", "begins with a slash"),
    ({"cookie": "side", "cookie_same_site": "Loose"}, "cookie_same_site", "Say Strict, Lax, None"),
    ({"alerts-0-name": " "}, "alerts-0-name", "Say a name"),
    ({"alerts-0-severity": "loud"}, "alerts-0-severity", "Flagger knows no “loud”"),
    ({"alerts-0-provider": ""}, "alerts-0-provider", "Say which AlertProvider is told"),
    ({"alerts-0-provider_namespace": "a.b"}, "alerts-0-provider_namespace", "lower-case letters"),
    ({"metrics-0-former_limit": "high"}, "metrics-0-former_limit", "is no number"),
]
HINTS: list[tuple[dict[str, str], str, str]] = [
    ({"port_discovery": ""}, "port_discovery", "takes away whatever other ports"),
    ({"gateways": "istio-system/public-gateway"}, "gateways", "stay on blue, always"),
    ({"interval": "5"}, "interval", "takes this for 10 s"),
    ({"failures": "0"}, "failures", "takes 0 for 1"),
    ({"metrics-0-interval": ""}, "metrics-0-interval", "takes 60 s for nothing"),
    ({"metrics-0-minimum": ""}, "metrics-0-minimum", "no release fails by it"),
    ({"metrics-1-maximum": ""}, "metrics-1-minimum", "every value above 0 fails"),
    ({"hooks-0-metadata": "cmd: hey http://checkout.shop/"}, "hooks-0-metadata", "lead to blue"),
    ({"hooks-0-unverified": "on"}, "hooks-0-unverified", "may answer in its place"),
    ({"skips": "on"}, "skips", "goes live unchecked"),
    ({"suspended": "on"}, "suspended", "nothing rolls back"),
    ({"reverts": ""}, "reverts", "an outage"),
    ({"metrics-0-former_limit": "5"}, "metrics-0-former_limit", "does nothing beside a least or a most"),
    ({"scaler_queries": "requests: up"}, "scaler_queries", "Only a ScaledObject has queries"),
    ({"delegates": "on"}, "delegates", "A delegate has no hosts and gateways of its own"),
    ({"cookie": "side", "cookie_same_site": "None"}, "cookie_secure", "Browsers drop the cookie"),
    ({"ingress": "shop", "ingress_kind": "Ingress", "ingress_api": "networking.k8s.io/v1"}, "ingress", "does nothing"),
    ({"gateway_refs": "infra/public"}, "gateway_refs", "It does nothing with this provider"),
    ({"mesh_name": "global"}, "mesh_name", "It does nothing with this provider"),
    (NGINX | {"match": "x-group: exact insider and uri prefix /shop"}, "match", "what else is said here does nothing"),
    (NGINX | {"match": "x-a: exact 1\nx-b: exact 2"}, "match", "one header, the last, and one cookie"),
    (NGINX | {"match": "x-a: exact 1 and cookie: exact side"}, "match", "one header, the last, and one cookie"),
    (NGINX | {"match": "cookie: exact side"}, "match", "whoever has it with the value “always”"),
    (NGINX | {"provider": "skipper", "match": "x-a: exact 1"}, "match", "With skipper all users come to green"),
    ({"provider": "kuma", "match": "x-a: exact 1", "strategy": "ab-testing"}, "match", "With kuma all users come to"),
]


def found(texts: dict[str, str], *, wrong: bool) -> dict[str, str]:
    edit = edited(SPEC, TEXTS | texts, PLAIN)
    return {one.field: one.said for one in edit.findings if one.wrong == wrong}


@pytest.mark.parametrize(("texts", "field", "sentence"), WRONG, ids=[f"{one[1]} {one[0]}" for one in WRONG])
def test_what_cannot_be_is_said_at_its_field(texts: dict[str, str], field: str, sentence: str) -> None:
    assert sentence in found(texts, wrong=True).get(field, "nothing")


@pytest.mark.parametrize(("texts", "field", "sentence"), HINTS, ids=[f"{one[1]} {one[0]}" for one in HINTS])
def test_what_should_be_known_is_said_and_hinders_nothing(texts: dict[str, str], field: str, sentence: str) -> None:
    assert sentence in found(texts, wrong=False).get(field, "nothing")
    assert found(texts, wrong=True) == {}


def test_a_metric_of_an_older_canary_has_its_limit() -> None:
    texts = {"metrics-0-minimum": "", "metrics-0-former_limit": "99"}
    assert {"metrics-0-minimum", "metrics-0-former_limit"}.isdisjoint(found(texts, wrong=False))


@pytest.mark.parametrize(
    ("provider", "texts"),
    [
        ("nginx", {"ingress": "shop", "ingress_kind": "Ingress", "ingress_api": "networking.k8s.io/v1"}),
        ("gatewayapi:v1", {"gateway_refs": "infra/public https", "copies": "audit/copy:80", "backend_timeout": "2s"}),
        ("apisix", {"route": "shop", "route_kind": "ApisixRoute", "route_api": "apisix.apache.org/v2"}),
        ("gloo", {"upstream": "shop", "upstream_kind": "Upstream", "upstream_api": "gloo.solo.io/v1"}),
        ("appmesh:v1beta2", {"mesh_name": "global", "backends": "cart.shop"}),
    ],
)
def test_what_a_provider_needs_is_enough(provider: str, texts: dict[str, str]) -> None:
    assert found({"provider": provider, **texts}, wrong=True) == {}
    assert {one for one, said in found({"provider": provider, **texts}, wrong=False).items() if one in texts} == set()


@pytest.mark.parametrize(
    ("provider", "match"),
    [
        ("nginx", "x-group: exact insider"),
        ("nginx", "x-group: regex in.*"),
        ("istio", "uri prefix /shop and x-group: prefix in"),
        ("", "cookie: regex side"),
    ],
)
def test_nothing_is_said_of_whom_a_test_is_for_where_the_provider_can_tell_them(provider: str, match: str) -> None:
    texts = NGINX | {"provider": provider, "match": match}
    assert "match" not in found(texts, wrong=True) | found(texts, wrong=False)


def test_whom_a_test_is_for_is_not_judged_where_there_is_none() -> None:
    texts = NGINX | {"strategy": "blue-green", "match": "uri prefix /shop"}
    assert "match" not in found(texts, wrong=True)


def test_nothing_is_wrong_with_an_ordinary_canary() -> None:
    assert found({}, wrong=True) == {}


def test_kurator_is_never_spoken_of() -> None:
    said = [
        one for texts, _, _ in (*WRONG, *HINTS) for which in (True, False) for one in found(texts, wrong=which).values()
    ]
    assert [one for one in said if "Kurator" in one or "again and again" in one] == []


def test_every_field_of_the_form_that_can_be_wrong_has_a_row() -> None:
    fields = {field for _, field, _ in WRONG}
    free = {
        *("provider", "retry_on", "match", "most", "promotion_step", "cookie", "strategy"),
        *("exact_origins", "cors_methods", "cors_headers", "cors_exposed", "cors_age", "request_add"),
        *("request_remove", "response_set", "response_add", "response_remove"),
        *("unmanaged_labels", "unmanaged_annotations", "rewrite_uri", "rewrite_authority", "mesh_name", "backends"),
    }
    """Of these the rules are those of any policy, which have rows of their own, or there is none."""
    flags = {name for name, one in PLAIN.scalars.items() if isinstance(one.default, bool)}
    assert set(PLAIN.scalars) - PLAIN.fixed - flags - fields <= free
