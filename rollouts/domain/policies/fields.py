"""A rollout policy as fields, one for each that Kurator knows (kurator.md 6.2), with its place in the object.

A field that is absent is empty here: no text, no number, an unset flag, an empty list. What a policy holds besides, and
a value of a type that the field cannot have, is not in the model and stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from rollouts.domain.checks import BUILT_IN

ROUTING, ANALYSIS = "rolloutPolicy.trafficRouting", "rolloutPolicy.trafficAnalysis"
METRICS, COMMANDS = f"{ANALYSIS}.metrics", f"{ANALYSIS}.webhooks.command"
WHOLE, NUMBER, WHOLES = "whole", "number", "wholes"
MATCH, PAIRS, ORIGINS = "match", "pairs", "origins"
"""What texts of a person are made of, where the default of a field does not tell."""

Pairs = tuple[tuple[str, str], ...]


def text(place: str) -> Any:
    return field(default="", metadata={"place": place})


def whole(place: str) -> Any:
    return field(default=None, metadata={"place": place, "kind": WHOLE})


def number(place: str) -> Any:
    return field(default=None, metadata={"place": place, "kind": NUMBER})


def flag(place: str) -> Any:
    return field(default=False, metadata={"place": place})


def several(place: str, kind: str = "") -> Any:
    return field(default=(), metadata={"place": place, "kind": kind})


@dataclass(frozen=True, slots=True)
class Metric:
    """`at` is its place in the list as it was read; None for a new one."""

    at: int | None = None
    name: str = text("name")
    interval: int | None = whole("intervalSeconds")
    minimum: float | None = number("thresholdRange.min")
    maximum: float | None = number("thresholdRange.max")
    source: str = text("customMetric.provider.type")
    address: str = text("customMetric.provider.address")
    region: str = text("customMetric.provider.region")
    secret: str = text("customMetric.provider.secretRef.name")
    unverified: bool = flag("customMetric.provider.insecureSkipVerify")
    query: str = text("customMetric.query")

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
class RolloutPolicy:
    """Times are whole seconds, weights percent."""

    workload_api: str = text("workload.apiVersion")
    workload_kind: str = text("workload.kind")
    workload: str = text("workload.name")
    namespace: str = text("workload.namespace")
    service: str = text("serviceName")
    port: int | None = whole("port")

    provider: str = text("trafficRoutingProvider")
    route_timeout: int | None = whole(f"{ROUTING}.timeoutSeconds")
    gateways: tuple[str, ...] = several(f"{ROUTING}.gateways")
    hosts: tuple[str, ...] = several(f"{ROUTING}.hosts")
    retries: int | None = whole(f"{ROUTING}.retries.attempts")
    retry_timeout: str = text(f"{ROUTING}.retries.perTryTimeout")
    retry_on: str = text(f"{ROUTING}.retries.retryOn")
    host: str = text(f"{ROUTING}.host")
    protocol: str = text(f"{ROUTING}.protocol")

    request_set: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.request.set", PAIRS)
    request_add: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.request.add", PAIRS)
    request_remove: tuple[str, ...] = several(f"{ROUTING}.headers.request.remove")
    response_set: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.response.set", PAIRS)
    response_add: tuple[tuple[str, str], ...] = several(f"{ROUTING}.headers.response.add", PAIRS)
    response_remove: tuple[str, ...] = several(f"{ROUTING}.headers.response.remove")
    origins: tuple[Mapping[str, Any], ...] = several(f"{ROUTING}.corsPolicy.allowOrigins", ORIGINS)
    exact_origins: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowOrigin")
    cors_methods: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowMethods")
    cors_headers: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.allowHeaders")
    cors_exposed: tuple[str, ...] = several(f"{ROUTING}.corsPolicy.exposeHeaders")
    cors_age: str = text(f"{ROUTING}.corsPolicy.maxAge")
    cors_credentials: bool = flag(f"{ROUTING}.corsPolicy.allowCredentials")

    times: int | None = whole(f"{ROUTING}.analysisTimes")
    match: tuple[Mapping[str, Any], ...] = several(f"{ROUTING}.match", MATCH)
    step: int | None = whole(f"{ROUTING}.canaryStrategy.stepWeight")
    steps: tuple[int, ...] = several(f"{ROUTING}.canaryStrategy.stepWeights", WHOLES)
    most: int | None = whole(f"{ROUTING}.canaryStrategy.maxWeight")
    promotion_step: int | None = whole(f"{ROUTING}.canaryStrategy.stepWeightPromotion")
    cookie: str = text(f"{ANALYSIS}.sessionAffinity.cookieName")
    cookie_age: int | None = whole(f"{ANALYSIS}.sessionAffinity.maxAge")

    interval: int | None = whole(f"{ANALYSIS}.checkIntervalSeconds")
    failures: int | None = whole(f"{ANALYSIS}.checkFailedTimes")
    metrics: tuple[Metric, ...] = ()
    commands: tuple[Command, ...] = ()
    command_timeout: int | None = whole(f"{ANALYSIS}.webhooks.timeoutSeconds")
    test_loader: bool = flag("testLoader")

    progress_deadline: int | None = whole("rolloutPolicy.rolloutTimeoutSeconds")
    skips: bool = flag("rolloutPolicy.skipTrafficAnalysis")
    suspended: bool = flag("rolloutPolicy.suspend")
    reverts: bool = flag("rolloutPolicy.revertOnDeletion")


PLACED: Mapping[str, Field[Any]] = {one.name: one for one in fields(RolloutPolicy) if "place" in one.metadata}
"""Those with one value, by their names here; metrics and commands are lists of their own."""
PLACED_IN_METRIC: Mapping[str, Field[Any]] = {one.name: one for one in fields(Metric) if "place" in one.metadata}


def place_of(name: str) -> str:
    """Where a field stands in `rollout`: of `interval`, or of `metrics-0-maximum` and `commands-1`."""
    first, _, rest = name.partition("-")
    if first == "metrics" and rest:
        at, _, of_metric = rest.partition("-")
        return f"{METRICS}[{at}]" + (f".{PLACED_IN_METRIC[of_metric].metadata['place']}" if of_metric else "")
    if first == "commands" and rest:
        return f"{COMMANDS}[{rest}]"
    other = {"metrics": METRICS, "commands": COMMANDS}
    return other.get(name) or str(PLACED[name].metadata["place"])
