"""A rollout policy as fields, one for each that Kurator knows (kurator.md 6.2), with its place in the object; and its
place in the spec of a Canary (flagger.md 2), where a policy is that.

A field that is absent is empty here: no text, no number, an unset flag, an empty list. What a policy holds besides, and
a value of a type that the field cannot have, is not in the model and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from rollouts.domain.checks import BUILT_IN

ROUTING, ANALYSIS = "rolloutPolicy.trafficRouting", "rolloutPolicy.trafficAnalysis"
REQUEST, RESPONSE, CORS = "service.headers.request", "service.headers.response", "service.corsPolicy"
METRICS, COMMANDS = f"{ANALYSIS}.metrics", f"{ANALYSIS}.webhooks.command"
WHOLE, NUMBER, WHOLES = "whole", "number", "wholes"
SECONDS = "seconds"
"""Whole ones, written as a duration in a Canary: `90s`."""
PORT = "port"
"""A number, or a name; its text here."""
MATCH, PAIRS, ORIGINS = "match", "pairs", "origins"
GATEWAYS, MIRRORS, STRUCTURE = "gateways", "mirrors", "structure"
"""What texts of a person are made of, where the default of a field does not tell. A structure is any object."""
OBJECTS = frozenset({MATCH, ORIGINS, GATEWAYS, MIRRORS})
"""Lists of objects."""

Pairs = tuple[tuple[str, str], ...]


def text(place: str, plain: str = "") -> Any:
    return field(default="", metadata=_placed(place, plain))


def whole(place: str, plain: str = "") -> Any:
    return field(default=None, metadata=_placed(place, plain) | {"kind": WHOLE})


def seconds(place: str, plain: str = "") -> Any:
    """A number for Kurator."""
    return field(default=None, metadata=_placed(place, plain) | {"kind": WHOLE, "plain_kind": SECONDS})


def number(place: str, plain: str = "") -> Any:
    return field(default=None, metadata=_placed(place, plain) | {"kind": NUMBER})


def number_or_name(plain: str) -> Any:
    return field(default="", metadata=_placed("", plain) | {"kind": PORT})


def structure(plain: str) -> Any:
    return field(default=None, metadata=_placed("", plain) | {"kind": STRUCTURE})


def flag(place: str, plain: str = "") -> Any:
    return field(default=False, metadata=_placed(place, plain))


def several(place: str, kind: str = "", plain: str = "") -> Any:
    return field(default=(), metadata=_placed(place, plain) | {"kind": kind})


def _placed(place: str, plain: str) -> dict[str, str]:
    """Without a place where the object has none."""
    return ({"place": place} if place else {}) | ({"plain": plain} if plain else {})


@dataclass(frozen=True, slots=True)
class Metric:
    """`at` is its place in the list as it was read; None for a new one."""

    at: int | None = None
    name: str = text("name", "name")
    interval: int | None = seconds("intervalSeconds", "interval")
    minimum: float | None = number("thresholdRange.min", "thresholdRange.min")
    maximum: float | None = number("thresholdRange.max", "thresholdRange.max")
    source: str = text("customMetric.provider.type")
    address: str = text("customMetric.provider.address")
    region: str = text("customMetric.provider.region")
    secret: str = text("customMetric.provider.secretRef.name")
    unverified: bool = flag("customMetric.provider.insecureSkipVerify")
    query: str = text("customMetric.query", "query")
    template: str = text("", "templateRef.name")
    template_namespace: str = text("", "templateRef.namespace")
    variables: tuple[tuple[str, str], ...] = several("", PAIRS, "templateVariables")
    former_limit: float | None = number("", "threshold")

    @property
    def built_in(self) -> bool:
        return self.name in BUILT_IN

    @property
    def custom(self) -> bool:
        """Whether it says what is asked, and of whom."""
        return bool(self.source or self.address or self.region or self.secret or self.unverified or self.query)


@dataclass(frozen=True, slots=True)
class Command:
    """Of the load test; a pod runs it. `at` as of a metric."""

    at: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook of a Canary (flagger.md 8); of a policy Kurator makes them. `at` as of a metric."""

    at: int | None = None
    name: str = text("", "name")
    kind: str = text("", "type")
    url: str = text("", "url")
    timeout: str = text("", "timeout")
    retries: int | None = whole("", "retries")
    metadata: tuple[tuple[str, str], ...] = several("", PAIRS, "metadata")
    quiet: bool = flag("", "muteAlert")
    unverified: bool = flag("", "disableTLS")


@dataclass(frozen=True, slots=True)
class Alert:
    """Of a Canary: which AlertProvider is told (flagger.md 6.4). `at` as of a metric."""

    at: int | None = None
    name: str = text("", "name")
    severity: str = text("", "severity")
    provider: str = text("", "providerRef.name")
    provider_namespace: str = text("", "providerRef.namespace")


@dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """Times are whole seconds, weights percent."""

    workload_api: str = text("workload.apiVersion", "targetRef.apiVersion")
    workload_kind: str = text("workload.kind", "targetRef.kind")
    workload: str = text("workload.name", "targetRef.name")
    namespace: str = text("workload.namespace")
    service: str = text("serviceName", "service.name")
    port: int | None = whole("port", "service.port")

    port_name: str = text("", "service.portName")
    target_port: str = number_or_name("service.targetPort")
    app_protocol: str = text("", "service.appProtocol")
    port_discovery: bool = flag("", "service.portDiscovery")
    headless: bool = flag("", "service.headless")
    distribution: str = text("", "service.trafficDistribution")
    apex_labels: tuple[tuple[str, str], ...] = several("", PAIRS, "service.apex.labels")
    apex_annotations: tuple[tuple[str, str], ...] = several("", PAIRS, "service.apex.annotations")
    blue_labels: tuple[tuple[str, str], ...] = several("", PAIRS, "service.primary.labels")
    blue_annotations: tuple[tuple[str, str], ...] = several("", PAIRS, "service.primary.annotations")
    green_labels: tuple[tuple[str, str], ...] = several("", PAIRS, "service.canary.labels")
    green_annotations: tuple[tuple[str, str], ...] = several("", PAIRS, "service.canary.annotations")
    unmanaged_labels: tuple[str, ...] = several("", plain="service.unmanagedMetadata.labels")
    unmanaged_annotations: tuple[str, ...] = several("", plain="service.unmanagedMetadata.annotations")

    scaler_api: str = text("", "autoscalerRef.apiVersion")
    scaler_kind: str = text("", "autoscalerRef.kind")
    scaler: str = text("", "autoscalerRef.name")
    scaler_least: int | None = whole("", "autoscalerRef.primaryScalerReplicas.minReplicas")
    scaler_most: int | None = whole("", "autoscalerRef.primaryScalerReplicas.maxReplicas")
    scaler_queries: tuple[tuple[str, str], ...] = several("", PAIRS, "autoscalerRef.primaryScalerQueries")

    provider: str = text("trafficRoutingProvider", "provider")
    route_timeout: int | None = seconds(f"{ROUTING}.timeoutSeconds", "service.timeout")
    gateways: tuple[str, ...] = several(f"{ROUTING}.gateways", plain="service.gateways")
    hosts: tuple[str, ...] = several(f"{ROUTING}.hosts", plain="service.hosts")
    retries: int | None = whole(f"{ROUTING}.retries.attempts", "service.retries.attempts")
    retry_timeout: str = text(f"{ROUTING}.retries.perTryTimeout", "service.retries.perTryTimeout")
    retry_on: str = text(f"{ROUTING}.retries.retryOn", "service.retries.retryOn")
    backend_timeout: str = text("", "service.backendTimeout")
    gateway_refs: tuple[Mapping[str, Any], ...] = several("", GATEWAYS, "service.gatewayRefs")
    service_match: tuple[Mapping[str, Any], ...] = several("", MATCH, "service.match")
    rewrite_uri: str = text("", "service.rewrite.uri")
    rewrite_authority: str = text("", "service.rewrite.authority")
    rewrite_type: str = text("", "service.rewrite.type")
    copies: tuple[Mapping[str, Any], ...] = several("", MIRRORS, "service.mirror")
    traffic_policy: Mapping[str, Any] | None = structure("service.trafficPolicy")
    delegates: bool = flag("", "service.delegation")
    mesh_name: str = text("", "service.meshName")
    backends: tuple[str, ...] = several("", plain="service.backends")
    ingress_api: str = text("", "ingressRef.apiVersion")
    ingress_kind: str = text("", "ingressRef.kind")
    ingress: str = text("", "ingressRef.name")
    route_api: str = text("", "routeRef.apiVersion")
    route_kind: str = text("", "routeRef.kind")
    route: str = text("", "routeRef.name")
    upstream_api: str = text("", "upstreamRef.apiVersion")
    upstream_kind: str = text("", "upstreamRef.kind")
    upstream: str = text("", "upstreamRef.name")
    upstream_namespace: str = text("", "upstreamRef.namespace")
    host: str = text(f"{ROUTING}.host")
    protocol: str = text(f"{ROUTING}.protocol")

    request_set: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.request.set", PAIRS, f"{REQUEST}.set")
    request_add: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.request.add", PAIRS, f"{REQUEST}.add")
    request_remove: tuple[str, ...] = several(f"{ROUTING}.headers.request.remove", plain=f"{REQUEST}.remove")
    response_set: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.response.set", PAIRS, f"{RESPONSE}.set")
    response_add: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.response.add", PAIRS, f"{RESPONSE}.add")
    response_remove: tuple[str, ...] = several(f"{ROUTING}.headers.response.remove", plain=f"{RESPONSE}.remove")
    origins: tuple[Mapping[str, Any], ...] = several(
        f"{ROUTING}.corsPolicy.allowOrigins", ORIGINS, f"{CORS}.allowOrigins"
    )
    exact_origins: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowOrigin", plain=f"{CORS}.allowOrigin")
    cors_methods: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowMethods", plain=f"{CORS}.allowMethods")
    cors_headers: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowHeaders", plain=f"{CORS}.allowHeaders")
    cors_exposed: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.exposeHeaders", plain=f"{CORS}.exposeHeaders")
    cors_age: str = text(f"{ROUTING}.corsPolicy.maxAge", f"{CORS}.maxAge")
    cors_credentials: bool = flag(f"{ROUTING}.corsPolicy.allowCredentials", f"{CORS}.allowCredentials")

    times: int | None = whole(f"{ROUTING}.analysisTimes", "analysis.iterations")
    match: tuple[Mapping[str, Any], ...] = several(f"{ROUTING}.match", MATCH, "analysis.match")
    step: int | None = whole(f"{ROUTING}.canaryStrategy.stepWeight", "analysis.stepWeight")
    steps: tuple[int, ...] = several(f"{ROUTING}.canaryStrategy.stepWeights", WHOLES, "analysis.stepWeights")
    most: int | None = whole(f"{ROUTING}.canaryStrategy.maxWeight", "analysis.maxWeight")
    promotion_step: int | None = whole(f"{ROUTING}.canaryStrategy.stepWeightPromotion", "analysis.stepWeightPromotion")
    cookie: str = text(f"{ANALYSIS}.sessionAffinity.cookieName", "analysis.sessionAffinity.cookieName")
    cookie_age: int | None = whole(f"{ANALYSIS}.sessionAffinity.maxAge", "analysis.sessionAffinity.maxAge")
    blue_cookie: str = text("", "analysis.sessionAffinity.primaryCookieName")
    cookie_domain: str = text("", "analysis.sessionAffinity.domain")
    cookie_path: str = text("", "analysis.sessionAffinity.path")
    cookie_same_site: str = text("", "analysis.sessionAffinity.sameSite")
    cookie_http_only: bool = flag("", "analysis.sessionAffinity.httpOnly")
    cookie_secure: bool = flag("", "analysis.sessionAffinity.secure")
    cookie_partitioned: bool = flag("", "analysis.sessionAffinity.partitioned")

    interval: int | None = seconds(f"{ANALYSIS}.checkIntervalSeconds", "analysis.interval")
    failures: int | None = whole(f"{ANALYSIS}.checkFailedTimes", "analysis.threshold")
    metrics: tuple[Metric, ...] = ()
    commands: tuple[Command, ...] = ()
    hooks: tuple[Hook, ...] = ()
    alerts: tuple[Alert, ...] = ()
    command_timeout: int | None = whole(f"{ANALYSIS}.webhooks.timeoutSeconds")
    test_loader: bool = flag("testLoader")

    progress_deadline: int | None = whole("rolloutPolicy.rolloutTimeoutSeconds", "progressDeadlineSeconds")
    skips: bool = flag("rolloutPolicy.skipTrafficAnalysis", "skipAnalysis")
    suspended: bool = flag("rolloutPolicy.suspend", "suspend")
    reverts: bool = flag("rolloutPolicy.revertOnDeletion", "revertOnDeletion")

    mirrors: bool = flag("", "analysis.mirror")
    mirror_weight: int | None = whole("", "analysis.mirrorWeight")
    blue_ready: int | None = whole("", "analysis.primaryReadyThreshold")
    green_ready: int | None = whole("", "analysis.canaryReadyThreshold")
    metrics_server: str = text("", "metricsServer")


LISTS = ("metrics", "commands", "hooks", "alerts")
SCALARS: Mapping[str, Field[Any]] = {one.name: one for one in fields(RolloutPolicy) if one.name not in LISTS}
"""Those with one value, by their names here."""
IN_METRIC: Mapping[str, Field[Any]] = {one.name: one for one in fields(Metric) if one.name != "at"}
IN_HOOK: Mapping[str, Field[Any]] = {one.name: one for one in fields(Hook) if one.name != "at"}
IN_ALERT: Mapping[str, Field[Any]] = {one.name: one for one in fields(Alert) if one.name != "at"}
PLACED: Mapping[str, Field[Any]] = {name: one for name, one in SCALARS.items() if "place" in one.metadata}
"""Those that Kurator knows."""
PLACED_IN_METRIC: Mapping[str, Field[Any]] = {name: one for name, one in IN_METRIC.items() if "place" in one.metadata}
