"""One row for everything that keeps a policy from working (kurator.md 6.2, 6.3, 6.4 and 17)."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.editing import edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC, WHOLE, WHOLES
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.rules import judged
from tests.support.policies import ABSENT, ANALYSIS, CUSTOM, GREEN, POLICY, ROUTING, policy

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
    (custom(customMetric={"query": "up"}), "metrics-0-source", "which kind"),
    (custom(customMetric={**ASKED, "provider": {"type": "promql"}}), "metrics-0-source", "Say prometheus, influxdb"),
    (custom(customMetric=WITH_SECRET), "metrics-0-secret", "name of the Secret"),
    (custom(intervalSeconds=0), "metrics-0-interval", "without it Kurator stops"),
    (custom(customMetric=UNASKED), "metrics-0-query", "every check fails"),
    (custom(customMetric=UNADDRESSED), "metrics-0-address", "http"),
    ({f"{ANALYSIS}.webhooks.timeoutSeconds": ABSENT}, "command_timeout", "without it Kurator stops"),
    ({COMMAND: [" "]}, "commands-0", "It is empty"),
    ({"rolloutPolicy.rolloutTimeoutSeconds": 0}, "progress_deadline", "at least 1 s"),
]  # fmt: skip

HINTS: list[tuple[Changes, str, str]] = [
    ({f"{ROUTING}.host": "shop.test"}, "host", "does nothing with this provider"),
    ({f"{ROUTING}.retries": {"retryOn": "5xx"}}, "retries", "nothing is tried again"),
    ({f"{ROUTING}.headers.request": {"set": {"x-A": "1"}, "remove": ["x-a"]}}, "request_set", "also taken away"),
    ({f"{CORS}.allowMethods": ["GET"]}, "origins", "no page of another site may ask"),
    ({CORS: {"allowOrigins": [{"exact": "*"}], "allowCredentials": True}}, "cors_credentials", "any site may then"),
    (NGINX | {f"{ROUTING}.host": "a.test", **custom(), f"{CORS}.maxAge": "1d"}, "cors_age", "does nothing with this"),
    ({f"{STEPS}.maxWeight": 50}, "most", "does nothing with this strategy"),
    ({f"{ROUTING}.timeoutSeconds": ABSENT}, "route_timeout", "no time limit"),
    ({f"{ROUTING}.gateways": ["public"]}, "gateways", "stay on blue, always"),
    ({f"{ANALYSIS}.checkIntervalSeconds": 5}, "interval", "takes this for 10 s"),
    ({f"{ANALYSIS}.checkFailedTimes": 0}, "failures", "takes 0 for 1"),
    ({f"{ANALYSIS}.checkFailedTimes": 2}, "failures", "3 or more"),
    ({METRICS: ABSENT}, "metrics", "every release is good"),
    (NGINX | {f"{ROUTING}.host": "shop.test"}, "metrics-0-name", "finds no values and fails"),
    ({f"{FIRST}.intervalSeconds": 30}, "metrics-0-interval", "the last 30 s of every 90 s"),
    ({f"{SECOND}.thresholdRange": {"max": 500.5}}, "metrics-1-maximum", "whole milliseconds"),
    (custom(customMetric={**ASKED, "query": "up"}), "metrics-0-query", "{{ target }}"),
    (
        custom(customMetric={**ASKED, "provider": {**ASKED["provider"], "insecureSkipVerify": True}}),
        "metrics-0-unverified",
        "may answer in its place",
    ),
    ({"testLoader": ABSENT}, "test_loader", "the Fleet has none"),
    ({COMMAND: ["hey http://shop.test/"]}, "commands-0", "does not ask checkout-canary"),
    ({"rolloutPolicy.skipTrafficAnalysis": True}, "skips", "unchecked"),
    ({"rolloutPolicy.suspend": True}, "suspended", "nothing rolls back"),
    ({"rolloutPolicy.revertOnDeletion": False}, "reverts", "an outage"),
]


def found(changes: Changes, *, wrong: bool) -> dict[str, str]:
    return {one.field: one.said for one in judged(read(policy(**changes))) if one.wrong is wrong}


@pytest.mark.parametrize(("changes", "field", "said"), WRONG)
def test_what_is_wrong_is_said_at_its_field(changes: Changes, field: str, said: str) -> None:
    assert said in found(changes, wrong=True).get(field, ""), found(changes, wrong=True)


@pytest.mark.parametrize(("changes", "field", "said"), HINTS)
def test_what_a_person_should_know_is_said_and_stops_nothing(changes: Changes, field: str, said: str) -> None:
    assert said in found(changes, wrong=False).get(field, ""), found(changes, wrong=False)
    assert found(changes, wrong=True) == {}


def test_a_good_policy_is_told_nothing() -> None:
    assert judged(read(POLICY)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        custom(),
        NGINX | {f"{ROUTING}.host": "shop.test", **custom()},
        {f"{ROUTING}.headers": {"request": {"set": {":path": "/", "x-tier": "gold"}, "remove": ["x-debug"]}}},
        {CORS: {"allowOrigins": [{"exact": "https://a.test:8443"}, {"regex": ".+"}], "allowMethods": ["GET", "*"]}},
        {CORS: {"allowOrigin": ["*"], "maxAge": "24h", "allowHeaders": ["x-a"]}},
        {f"{ROUTING}.hosts": ["*.shop.test", "checkout"], f"{ROUTING}.gateways": ["mesh"]},
        NO_TIMES | {f"{STEPS}.stepWeights": [10, 50, 100]},
        {f"{ROUTING}.match": [{"headers": {"x-group": {"exact": "insider"}}}]},
        {"workload.kind": "DaemonSet", COMMAND: [f"hey {GREEN}", f"hey -z 2m {GREEN}"]},
    ],
)
def test_other_good_policies_are_told_nothing_either(changes: Changes) -> None:
    assert judged(read(policy(**changes))) == ()


NUMBERS = [name for name, one in PLACED.items() if one.metadata.get("kind") in (WHOLE, WHOLES)]
OF_METRICS = [f"metrics-0-{name}" for name, one in PLACED_IN_METRIC.items() if one.metadata.get("kind")]
ANY_TEXT_IS_GOOD = {"retry_on", "match", "metrics-0-region"}


@pytest.mark.parametrize("name", [*NUMBERS, *OF_METRICS])
def test_a_text_that_is_no_number_is_said_at_its_field(name: str) -> None:
    edit = edited(POLICY, {**shown(read(POLICY)), name: "soon"})
    assert next(one.said for one in edit.wrong if one.field == name).startswith("“soon” is no ")


def test_every_field_has_something_that_is_told_of_it() -> None:
    """All of kurator.md 6.2: a field that is new here gets its row above."""
    told = {field for _, field, _ in (*WRONG, *HINTS)}
    names = {*PLACED, "metrics", "commands-0", *(f"metrics-0-{name}" for name in PLACED_IN_METRIC)}
    second = {field.replace("metrics-1", "metrics-0") for field in told}
    assert names - told - second - ANY_TEXT_IS_GOOD == set()


def test_every_finding_is_a_sentence() -> None:
    for changes, *_ in (*WRONG, *HINTS):
        for one in judged(read(policy(**changes))):
            assert one.said.endswith("."), one.said


def test_a_built_in_check_may_be_made_over_several_times() -> None:
    """It makes no MetricTemplate (kurator.md 8)."""
    again = {"name": "request-duration", "intervalSeconds": 300, "thresholdRange": {"max": 900}}
    assert "metrics-1-name" not in found({METRICS: [{**again, "intervalSeconds": 60}, again]}, wrong=True)
