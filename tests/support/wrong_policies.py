"""One row for everything that keeps a policy from working (kurator.md 6.2, 6.3, 6.4 and 17): what is changed of the
policy that works, at which field that is said, and with which words.
"""

from __future__ import annotations

from typing import Any

from tests.support.policies import ABSENT, ANALYSIS, CUSTOM, ROUTING

METRICS, COMMAND = f"{ANALYSIS}.metrics", f"{ANALYSIS}.webhooks.command"
FIRST, SECOND = f"{METRICS}.0", f"{METRICS}.1"
CORS = f"{ROUTING}.corsPolicy"
STEPS = f"{ROUTING}.canaryStrategy"
NGINX = {"trafficRoutingProvider": "nginx", f"{ROUTING}.hosts": ABSENT, f"{ROUTING}.gateways": ABSENT}
ASKED: Any = CUSTOM["customMetric"]
NO_TIMES = {f"{ROUTING}.analysisTimes": ABSENT}
UNASKED = {"provider": {"type": "prometheus", "address": "http://p"}}
UNADDRESSED = {"provider": {"type": "prometheus", "address": "p:9090"}, "query": "x"}
WITH_SECRET = {**ASKED, "provider": {**ASKED["provider"], "secretRef": {"name": "My Secret"}}}
Changes = dict[str, Any]


def custom(**changed: Any) -> Changes:
    return {METRICS: [{**CUSTOM, **changed}]}


WRONG: list[tuple[Changes, str, str]] = [
    ({"workload.apiVersion": ABSENT}, "workload_api", "Say apps/v1"),
    ({"workload.apiVersion": "extensions/v1beta1"}, "workload_api", "Say apps/v1"),
    ({"workload.kind": ABSENT}, "workload_kind", "Say Deployment or DaemonSet"),
    ({"workload.kind": "StatefulSet"}, "workload_kind", "Say Deployment or DaemonSet"),
    ({"workload.name": ABSENT, "serviceName": ABSENT}, "workload", "Say the name of the workload"),
    ({"workload.namespace": ABSENT}, "namespace", "Say the namespace"),
    ({"workload.name": "check.out", "serviceName": "check.out"}, "workload", "no Service can be called so"),
    ({"workload.namespace": "shop.prod"}, "namespace", "“shop.prod” is no namespace"),
    ({"serviceName": ABSENT}, "service", "has to be the name of the workload"),
    ({"serviceName": "other"}, "service", "no later change of the policy reaches it"),
    ({"port": ABSENT}, "port", "from 1 to 65535"),
    ({"port": 70000}, "port", "from 1 to 65535"),
    ({"trafficRoutingProvider": "linkerd"}, "provider", "Say istio, nginx or kuma"),
    ({"trafficRoutingProvider": ABSENT}, "provider", "Say istio, nginx or kuma"),
    ({"rolloutPolicy": ABSENT}, "strategy", "with neither"),
    ({"rolloutPolicy": ABSENT}, "interval", "without it Kurator stops"),
    ({ROUTING: ABSENT}, "strategy", "with neither"),
    ({f"{ROUTING}.analysisTimes": ABSENT}, "strategy", "with neither"),
    ({f"{ROUTING}.analysisTimes": 0}, "strategy", "with neither"),
    ({f"{ROUTING}.analysisTimes": -1}, "times", "not below 0"),
    ({f"{STEPS}.stepWeight": 10}, "times", "Either iterations or steps"),
    (NO_TIMES | {f"{STEPS}.stepWeight": 10, f"{STEPS}.stepWeights": [5]}, "steps", "Either one"),
    (NO_TIMES | {f"{STEPS}.stepWeights": [5, 120]}, "steps", "from 1 to 100"),
    (NO_TIMES | {f"{STEPS}.stepWeights": [20, 10]}, "steps", "greater than the one before"),
    (NO_TIMES | {f"{STEPS}.stepWeight": 101}, "step", "from 1 to 100"),
    (NO_TIMES | {f"{STEPS}.stepWeight": 50, f"{STEPS}.maxWeight": 20}, "most", "below the first"),
    (NO_TIMES | {f"{STEPS}.stepWeight": -5}, "step", "from 1 to 100"),
    (NO_TIMES | {f"{STEPS}.stepWeight": 10, f"{STEPS}.maxWeight": 0}, "most", "from 1 to 100"),
    (NO_TIMES | {f"{STEPS}.stepWeight": 10, f"{STEPS}.stepWeightPromotion": 101}, "promotion_step", "from 1 to 100"),
    ({f"{ROUTING}.timeoutSeconds": -1}, "route_timeout", "not below 0 s"),
    ({f"{ROUTING}.hosts": ["https://shop.test/"]}, "hosts", "without scheme"),
    ({f"{ROUTING}.hosts": ["shop.test:443"]}, "hosts", "without scheme, port"),
    ({f"{ROUTING}.hosts": ["Shop.test"]}, "hosts", "lower-case"),
    ({f"{ROUTING}.gateways": ["a/b/c"]}, "gateways", "no gateway"),
    ({f"{ROUTING}.gateways": ["istio-system/"]}, "gateways", "no gateway"),
    ({f"{ROUTING}.retries": {"attempts": 3, "perTryTimeout": "2"}}, "retry_timeout", "no duration"),
    ({f"{ROUTING}.retries": {"attempts": -3}}, "retries", "not below 0"),
    ({f"{ROUTING}.headers.request.set": {"x tier": "1"}}, "request_set", "“x tier” is no name of a header"),
    ({f"{ROUTING}.headers.request.add": {"x/y": "1"}}, "request_add", "no name of a header"),
    ({f"{ROUTING}.headers.request.remove": ["x y"]}, "request_remove", "no name of a header"),
    ({f"{ROUTING}.headers.response.set": {"x\ty": "1"}}, "response_set", "no name of a header"),
    ({f"{ROUTING}.headers.response.add": {"": "1"}}, "response_add", "“” is no name of a header"),
    ({f"{ROUTING}.headers.response.remove": ["a:b"]}, "response_remove", "no name of a header"),
    ({f"{CORS}.allowOrigins": [{"exact": "shop.test"}]}, "origins", "with its scheme and without a path"),
    ({f"{CORS}.allowOrigins": [{"exact": "https://shop.test/"}]}, "origins", "without a path"),
    ({f"{CORS}.allowOrigin": ["shop.test"]}, "exact_origins", "with its scheme"),
    ({f"{CORS}.allowMethods": ["get"]}, "cors_methods", "“get” is no method"),
    ({f"{CORS}.allowHeaders": ["x y"]}, "cors_headers", "no name of a header"),
    ({f"{CORS}.exposeHeaders": ["x y"]}, "cors_exposed", "no name of a header"),
    ({f"{CORS}.maxAge": "1d"}, "cors_age", "“1d” is no duration"),
    ({f"{ANALYSIS}.sessionAffinity": {"maxAge": 60}}, "cookie", "name of the cookie"),
    ({f"{ANALYSIS}.sessionAffinity": {"cookieName": "a b"}}, "cookie", "“a b” is no name of a cookie"),
    ({f"{ANALYSIS}.sessionAffinity": {"cookieName": "a", "maxAge": 0}}, "cookie_age", "at least 1 s"),
    ({"trafficRoutingProvider": "nginx", ROUTING: ABSENT}, "host", "The hub refuses it without."),
    ({"trafficRoutingProvider": "kuma", ROUTING: ABSENT}, "strategy", "with neither"),
    (NGINX, "host", "The hub refuses it without."),
    (NGINX | {f"{ROUTING}.host": "http://shop.test"}, "host", "leave out scheme"),
    ({"trafficRoutingProvider": "kuma", f"{ROUTING}.protocol": "udp"}, "protocol", "http, http2, grpc, tcp, kafka"),
    ({ANALYSIS: ABSENT}, "interval", "without it Kurator stops"),
    ({ANALYSIS: ABSENT}, "failures", "without it Kurator stops"),
    ({f"{ANALYSIS}.checkIntervalSeconds": 0}, "interval", "how many seconds"),
    ({f"{ANALYSIS}.checkFailedTimes": -1}, "failures", "how many failed checks"),
    ({f"{FIRST}.name": ABSENT}, "metrics-0-name", "Say its name"),
    ({f"{FIRST}.name": "Not a name"}, "metrics-0-name", "lower-case"),
    ({FIRST: CUSTOM, SECOND: CUSTOM}, "metrics-1-name", "Another metric has the same name"),
    ({f"{FIRST}.name": "orders"}, "metrics-0-name", "every other check fails"),
    (custom(name="request-duration"), "metrics-0-name", "would not ask yours"),
    ({f"{FIRST}.intervalSeconds": ABSENT}, "metrics-0-interval", "without it Kurator stops"),
    ({f"{FIRST}.thresholdRange": ABSENT}, "metrics-0-minimum", "no release ever fails by it"),
    ({f"{SECOND}.thresholdRange": {}}, "metrics-1-minimum", "every value above 0 fails"),
    ({f"{FIRST}.thresholdRange": {"min": 99, "max": 90}}, "metrics-0-maximum", "no value can pass"),
    ({f"{FIRST}.thresholdRange": {"min": 100.5}}, "metrics-0-minimum", "none can pass"),
    ({f"{FIRST}.thresholdRange": {"max": -1}}, "metrics-0-maximum", "none can pass"),
    ({f"{FIRST}.thresholdRange": {"min": 0}}, "metrics-0-minimum", "no value can fail"),
    ({f"{SECOND}.thresholdRange": {"max": -1}}, "metrics-1-maximum", "no value can pass"),
    ({f"{SECOND}.thresholdRange": {"min": 0}}, "metrics-1-maximum", "no value can fail"),
    (custom(thresholdRange={}), "metrics-0-minimum", "every value above 0 fails"),
    (custom(customMetric={"query": "up"}), "metrics-0-source", "which kind"),
    (custom(customMetric={**ASKED, "provider": {"type": "promql"}}), "metrics-0-source", "Say prometheus, influxdb"),
    (custom(customMetric=WITH_SECRET), "metrics-0-secret", "name of the Secret"),
    (custom(intervalSeconds=0), "metrics-0-interval", "without it Kurator stops"),
    (custom(customMetric=UNASKED), "metrics-0-query", "every check fails"),
    (custom(customMetric=UNADDRESSED), "metrics-0-address", "http"),
    ({f"{ANALYSIS}.webhooks.timeoutSeconds": ABSENT}, "command_timeout", "without it Kurator stops"),
    ({f"{ANALYSIS}.webhooks.timeoutSeconds": 0}, "command_timeout", "without it Kurator stops"),
    ({COMMAND: [" "]}, "commands-0", "It is empty"),
    ({"rolloutPolicy.rolloutTimeoutSeconds": 0}, "progress_deadline", "at least 1 s"),
]  # fmt: skip
