"""Which side has the users: from the routing object when it tells, else from the status."""

from __future__ import annotations

from rollouts.domain.observations import Canary, Kind, Phase, Route, Strategy
from rollouts.domain.phases import ANALYSING, RUNNING, UNSETTLED
from rollouts.domain.rollout import Live, LiveSide, LiveSource

RouteKey = tuple[Kind, str, str]
"""Kind, namespace (empty for a cluster-scoped kind) and name of a routing object."""


def routing_of(canary: Canary) -> RouteKey | None:
    """The object that routes this rollout's traffic; None for providers without one, or with one we do not read."""
    provider = canary.provider.partition(":")[0]
    match provider:
        case "" | "istio":
            return Kind.VIRTUAL_SERVICE, canary.namespace, canary.service_name
        case "nginx":
            return Kind.INGRESS, canary.namespace, f"{canary.ingress_name or canary.target_name}-canary"
        case "kuma":
            return Kind.TRAFFIC_ROUTE, "", canary.service_name
        case "gatewayapi":
            return Kind.HTTP_ROUTE, canary.namespace, canary.service_name
    return None


def key_of(route: Route) -> RouteKey:
    return route.kind, route.namespace, route.name


def live_of(canary: Canary, route: Route | None) -> Live:
    """Provider kubernetes never moves users: its Service always selects blue."""
    if canary.provider == "kubernetes":
        return Live(LiveSide.BLUE, LiveSource.STATUS, 0)
    if route is None or route.green_weight is None:
        return _from_status(canary)
    if canary.strategy is Strategy.AB_TESTING and route.green_weight:
        # The weights are those of the users who match; nobody knows their share of all.
        return Live(LiveSide.SPLIT, LiveSource.ROUTING, None)
    return _by_weight(route.green_weight, LiveSource.ROUTING)


def _from_status(canary: Canary) -> Live:
    """`canaryWeight` stays 0 during a blue/green run; there the phase and the iterations tell."""
    source = LiveSource.STATUS
    if canary.phase in UNSETTLED:
        return Live(LiveSide.UNKNOWN, source, None)
    if canary.phase is Phase.FAILED:  # weight 100: the promotion failed and green was kept with the users
        return _by_weight(100 if canary.weight >= 100 else 0, source)
    analysing, promoting = canary.phase in ANALYSING, canary.phase is Phase.PROMOTING
    if canary.strategy is Strategy.AB_TESTING:
        matched = promoting or (analysing and canary.iterations > 0)
        return Live(LiveSide.SPLIT, source, None) if matched else _by_weight(0, source)
    if canary.strategy is Strategy.CANARY:
        weight = canary.weight if canary.phase in RUNNING else 0
        if promoting and not weight:  # before Flagger 1.43 the weight was reset when promoting began
            weight = canary.max_weight
        return _by_weight(weight, source)
    switched = promoting or (analysing and 0 < canary.iterations_wanted < canary.iterations)
    return _by_weight(100 if switched else 0, source)


def _by_weight(weight: int, source: LiveSource) -> Live:
    weight = min(max(weight, 0), 100)
    side = {0: LiveSide.BLUE, 100: LiveSide.GREEN}.get(weight, LiveSide.SPLIT)
    return Live(side, source, weight)
