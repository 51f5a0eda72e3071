"""Rollout policies as an Application of Kurator holds them."""

from __future__ import annotations

import copy
from typing import Any

Obj = dict[str, Any]
GREEN = "http://checkout-canary.shop:8080/"
POLICY: Obj = {
    "trafficRoutingProvider": "istio",
    "testLoader": True,
    "workload": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout", "namespace": "shop"},
    "serviceName": "checkout",
    "port": 8080,
    "rolloutPolicy": {
        "rolloutTimeoutSeconds": 600,
        "revertOnDeletion": True,
        "trafficRouting": {
            "analysisTimes": 3,
            "timeoutSeconds": 60,
            "gateways": ["istio-system/public-gateway", "mesh"],
            "hosts": ["checkout.example.test"],
        },
        "trafficAnalysis": {
            "checkIntervalSeconds": 90,
            "checkFailedTimes": 3,
            "metrics": [
                {"name": "request-success-rate", "intervalSeconds": 90, "thresholdRange": {"min": 99}},
                {"name": "request-duration", "intervalSeconds": 90, "thresholdRange": {"max": 500}},
            ],
            "webhooks": {"timeoutSeconds": 60, "command": [f"hey -z 1m -q 10 -c 2 {GREEN}"]},
        },
    },
}
ROUTING = "rolloutPolicy.trafficRouting"
ANALYSIS = "rolloutPolicy.trafficAnalysis"
ABSENT = object()
CUSTOM: Obj = {
    "name": "orders",
    "intervalSeconds": 90,
    "thresholdRange": {"min": 1},
    "customMetric": {
        "provider": {"type": "prometheus", "address": "http://prometheus.monitoring:9090"},
        "query": 'sum(rate(orders{pod=~"{{ target }}-.*"}[{{ interval }}]))\n',
    },
}


def policy(**changed: Any) -> Obj:
    """The policy above with other values at places, written with `__` for the dot: `ABSENT` takes one away."""
    made = copy.deepcopy(POLICY)
    for place, value in changed.items():
        put(made, place.replace("__", "."), value)
    return made


def put(made: Any, place: str, value: Any) -> None:
    *way, last = place.split(".")
    for step in way:
        made = made[int(step)] if isinstance(made, list) else made.setdefault(step, {})
    if isinstance(made, list):
        made[int(last)] = value
    elif value is ABSENT:
        made.pop(last, None)
    else:
        made[last] = value
