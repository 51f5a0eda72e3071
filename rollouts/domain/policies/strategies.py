"""Which strategy a policy says, which fields are of one strategy or one provider only, and what is dropped when
another is chosen. Flagger decides, not Kurator, which only copies (kurator.md 6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.fields import SCALARS, RolloutPolicy


class Provider(StrEnum):
    ISTIO = "istio"
    NGINX = "nginx"
    KUMA = "kuma"


OF_STRATEGY: Mapping[str, frozenset[Strategy]] = {
    "times": frozenset({Strategy.BLUE_GREEN, Strategy.AB_TESTING}),
    "match": frozenset({Strategy.AB_TESTING}),
    **dict.fromkeys(("step", "steps", "most", "promotion_step"), frozenset({Strategy.CANARY})),
}
PROVIDERS = (
    *("istio", "nginx", "kuma", "kubernetes", "gatewayapi:v1", "gatewayapi:v1beta1", "linkerd", "contour", "traefik"),
    *("apisix", "appmesh", "appmesh:v1beta2", "gloo", "knative", "osm", "skipper"),
    *("smi:v1alpha1", "smi:v1alpha2", "smi:v1alpha3"),
)
GATEWAY_API = "gatewayapi"
OF_INGRESSES = frozenset({"nginx", "skipper"})
_ISTIO, _ROUTES = frozenset({"istio"}), frozenset({"istio", GATEWAY_API})
_RETRIES = frozenset({"istio", GATEWAY_API, "contour", "appmesh"})
OF_PROVIDER: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("gateways", "traffic_policy", "delegates"), _ISTIO),
    **dict.fromkeys(
        (
            *("cookie", "cookie_age", "blue_cookie", "cookie_domain", "cookie_path", "cookie_same_site"),
            *("cookie_http_only", "cookie_secure", "cookie_partitioned", "mirrors", "mirror_weight"),
            *("rewrite_uri", "rewrite_authority"),
            *("request_set", "request_add", "request_remove", "response_set", "response_add", "response_remove"),
            *("origins", "exact_origins", "cors_methods", "cors_headers", "cors_exposed", "cors_age"),
            "cors_credentials",
        ),
        _ROUTES,
    ),
    **dict.fromkeys(("retries", "retry_timeout", "retry_on", "service_match"), _RETRIES),
    "hosts": frozenset({"istio", GATEWAY_API, "appmesh"}),
    **dict.fromkeys(("gateway_refs", "backend_timeout", "copies", "rewrite_type"), frozenset({GATEWAY_API})),
    **dict.fromkeys(("ingress_api", "ingress_kind", "ingress"), OF_INGRESSES),
    **dict.fromkeys(("route_api", "route_kind", "route"), frozenset({"apisix"})),
    **dict.fromkeys(("upstream_api", "upstream_kind", "upstream", "upstream_namespace"), frozenset({"gloo"})),
    **dict.fromkeys(("mesh_name", "backends"), frozenset({"appmesh"})),
    "host": frozenset({Provider.NGINX.value}),
    "protocol": frozenset({Provider.KUMA.value}),
}
"""By what Flagger routes with, without the version of its API."""


def family(provider: str) -> str:
    """Of `gatewayapi:v1` the `gatewayapi`. Empty where Flagger knows no such provider."""
    return provider.partition(":")[0] if provider in PROVIDERS else ""


def strategy_of(policy: RolloutPolicy) -> Strategy | None:
    """None while it says none, or several that exclude each other."""
    steps = bool(policy.step or policy.steps)
    if steps:
        return None if policy.times else Strategy.CANARY
    if not policy.times or policy.times < 0:
        return None
    return Strategy.AB_TESTING if policy.match else Strategy.BLUE_GREEN


def belongs(name: str, strategy: Strategy | None, provider: str) -> bool:
    """Whether the field does anything there. Without a known strategy or provider everything may."""
    known_strategy, of_provider, routed = OF_STRATEGY.get(name), OF_PROVIDER.get(name), family(provider)
    if known_strategy is not None and strategy is not None and strategy not in known_strategy:
        return False
    return of_provider is None or not routed or routed in of_provider


def without_effect(policy: RolloutPolicy, strategy: Strategy | None, provider: str) -> tuple[str, ...]:
    """Names of the fields that say something which does nothing there."""
    return tuple(
        name
        for name, one in SCALARS.items()
        if getattr(policy, name) != one.default and not belongs(name, strategy, provider)
    )


def dropped(policy: RolloutPolicy, names: tuple[str, ...]) -> RolloutPolicy:
    empty: dict[str, Any] = {name: SCALARS[name].default for name in names}
    return replace(policy, **empty)
