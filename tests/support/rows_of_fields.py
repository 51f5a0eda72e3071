"""One row for each field of a policy: what a person writes into it, and where it then stands on every member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.policies import Obj

CANARY, TEMPLATE, HUB = "canary", "template", "hub"
METRIC = "orders"
QUERY = 'sum(rate(orders{pod=~"{{ target }}-.*"}[{{ interval }}]))\n/ 2\n'


@dataclass(frozen=True, slots=True)
class Row:
    """`at` is a JSON pointer, into what `of` names: the Canary, the MetricTemplate of the new metric, or the policy on
    the hub where no object of a member has it.
    """

    text: str
    at: str
    value: Any
    of: str = CANARY


def start(workload: str, namespace: str, port: int) -> Obj:
    """The policy before: no field says what its row says."""
    green = f"http://{workload}-canary.{namespace}:{port}/"
    return {
        "trafficRoutingProvider": "istio",
        "testLoader": False,
        "workload": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload, "namespace": namespace},
        "serviceName": workload,
        "port": port,
        "rolloutPolicy": {
            "rolloutTimeoutSeconds": 600,
            "trafficRouting": {"analysisTimes": 1, "timeoutSeconds": 60},
            "trafficAnalysis": {
                "checkIntervalSeconds": 10,
                "checkFailedTimes": 2,
                "metrics": [
                    {"name": "request-success-rate", "intervalSeconds": 10, "thresholdRange": {"min": 99}},
                    {"name": "request-duration", "intervalSeconds": 10, "thresholdRange": {"max": 500}},
                ],
                "webhooks": {"timeoutSeconds": 60, "command": [f"hey {green}"]},
            },
        },
    }


_SERVICE, _ANALYSIS = "/spec/service", "/spec/analysis"
_RETRIES, _CORS = f"{_SERVICE}/retries", f"{_SERVICE}/corsPolicy"
_REQUEST, _RESPONSE = f"{_SERVICE}/headers/request", f"{_SERVICE}/headers/response"
_FIRST, _NEW = f"{_ANALYSIS}/metrics/0", f"{_ANALYSIS}/metrics/2"
_SOURCE = "/spec/provider"
ISTIO: Mapping[str, Row] = {
    "route_timeout": Row("33", f"{_SERVICE}/timeout", "33s"),
    "gateways": Row("istio-system/other\nmesh", f"{_SERVICE}/gateways", ["istio-system/other", "mesh"]),
    "hosts": Row("a.example.com\nb.example.com", f"{_SERVICE}/hosts", ["a.example.com", "b.example.com"]),
    "retries": Row("4", f"{_RETRIES}/attempts", 4),
    "retry_timeout": Row("2s", f"{_RETRIES}/perTryTimeout", "2s"),
    "retry_on": Row("5xx,connect-failure", f"{_RETRIES}/retryOn", "5xx,connect-failure"),
    "request_set": Row("x-tier: gold", f"{_REQUEST}/set", {"x-tier": "gold"}),
    "request_add": Row("x-via: mesh", f"{_REQUEST}/add", {"x-via": "mesh"}),
    "request_remove": Row("x-debug", f"{_REQUEST}/remove", ["x-debug"]),
    "response_set": Row("x-side: green", f"{_RESPONSE}/set", {"x-side": "green"}),
    "response_add": Row("x-seen: yes", f"{_RESPONSE}/add", {"x-seen": "yes"}),
    "response_remove": Row("server", f"{_RESPONSE}/remove", ["server"]),
    "origins": Row("exact https://shop.test\nregex .+", f"{_CORS}/allowOrigins", [{"exact": "https://shop.test"}, {"regex": ".+"}]),  # noqa: E501
    "exact_origins": Row("https://old.test", f"{_CORS}/allowOrigin", ["https://old.test"]),
    "cors_methods": Row("GET, POST", f"{_CORS}/allowMethods", ["GET", "POST"]),
    "cors_headers": Row("x-a, x-b", f"{_CORS}/allowHeaders", ["x-a", "x-b"]),
    "cors_exposed": Row("x-c", f"{_CORS}/exposeHeaders", ["x-c"]),
    "cors_age": Row("24h", f"{_CORS}/maxAge", "24h"),
    "cors_credentials": Row("on", f"{_CORS}/allowCredentials", True),
    "cookie": Row("side", f"{_ANALYSIS}/sessionAffinity/cookieName", "side"),
    "cookie_age": Row("600", f"{_ANALYSIS}/sessionAffinity/maxAge", 600),
    "times": Row("2", f"{_ANALYSIS}/iterations", 2),
    "interval": Row("20", f"{_ANALYSIS}/interval", "20s"),
    "failures": Row("4", f"{_ANALYSIS}/threshold", 4),
    "metrics-0-interval": Row("30", f"{_FIRST}/interval", "30s"),
    "metrics-0-minimum": Row("98", f"{_FIRST}/thresholdRange/min", 98),
    "metrics-2-name": Row(METRIC, f"{_NEW}/templateRef/name", METRIC),
    "metrics-2-interval": Row("40", f"{_NEW}/interval", "40s"),
    "metrics-2-minimum": Row("1.5", f"{_NEW}/thresholdRange/min", 1.5),
    "metrics-2-maximum": Row("9", f"{_NEW}/thresholdRange/max", 9),
    "metrics-2-source": Row("prometheus", f"{_SOURCE}/type", "prometheus", TEMPLATE),
    "metrics-2-address": Row("http://prometheus.test:9090", f"{_SOURCE}/address", "http://prometheus.test:9090", TEMPLATE),  # noqa: E501
    "metrics-2-region": Row("eu-1", f"{_SOURCE}/region", "eu-1", TEMPLATE),
    "metrics-2-secret": Row("login", f"{_SOURCE}/secretRef/name", "login", TEMPLATE),
    "metrics-2-unverified": Row("on", f"{_SOURCE}/insecureSkipVerify", True, TEMPLATE),
    "metrics-2-query": Row(QUERY, "/spec/query", QUERY, TEMPLATE),
    "commands-0": Row("hey -z 2m http://x-canary/", f"{_ANALYSIS}/webhooks/0/metadata/cmd", "hey -z 2m http://x-canary/"),
    "commands-1": Row("hey http://x-canary/", f"{_ANALYSIS}/webhooks/1/metadata/cmd", "hey http://x-canary/"),
    "command_timeout": Row("45", f"{_ANALYSIS}/webhooks/1/timeout", "45s"),
    "test_loader": Row("on", "/testLoader", True, HUB),
    "progress_deadline": Row("700", "/spec/progressDeadlineSeconds", 700),
    "skips": Row("on", "/spec/skipAnalysis", True),
    "suspended": Row("on", "/spec/suspend", True),
    "reverts": Row("on", "/spec/revertOnDeletion", True),
}  # fmt: skip
KUMA: Mapping[str, Row] = {
    "provider": Row("kuma", "/spec/provider", "kuma"),
    "protocol": Row("grpc", "/rolloutPolicy/trafficRouting/protocol", "grpc", HUB),
    "step": Row("5", f"{_ANALYSIS}/stepWeight", 5),
    "most": Row("40", f"{_ANALYSIS}/maxWeight", 40),
    "promotion_step": Row("20", f"{_ANALYSIS}/stepWeightPromotion", 20),
}
NGINX: Mapping[str, Row] = {
    "provider": Row("nginx", "/spec/provider", "nginx"),
    "host": Row("shop.example.com", "/rolloutPolicy/trafficRouting/host", "shop.example.com", HUB),
    "step": Row("", f"{_ANALYSIS}/stepWeight", None),
    "steps": Row("5, 10, 50", f"{_ANALYSIS}/stepWeights", [5, 10, 50]),
}
ONLY_ONE = {"workload_api": "apps/v1"}
"""No other value is good, so it is what it was."""


def another_workload(kind: str, name: str, namespace: str, port: int) -> Mapping[str, Row]:
    """An A/B test of it, with Istio."""
    group = [{"headers": {"x-group": {"exact": "insider"}}}]
    return {
        "provider": Row("istio", "/spec/provider", "istio"),
        "times": Row("6", f"{_ANALYSIS}/iterations", 6),
        "match": Row("x-group: exact insider", f"{_ANALYSIS}/match", group),
        "workload_kind": Row(kind, "/spec/targetRef/kind", kind),
        "workload": Row(name, "/spec/targetRef/name", name),
        "namespace": Row(namespace, "/metadata/namespace", namespace),
        "service": Row(name, f"{_SERVICE}/name", name),
        "port": Row(str(port), f"{_SERVICE}/port", port),
    }


def at(found: Any, pointer: str) -> Any:
    """None where nothing is."""
    for step in pointer.replace("~1", "\0").split("/")[1:]:
        if isinstance(found, list):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = found.get(step.replace("\0", "/")) if isinstance(found, dict) else None
    return found
