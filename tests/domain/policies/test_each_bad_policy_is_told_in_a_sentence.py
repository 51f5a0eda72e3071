"""One row for everything that keeps a policy from working (kurator.md 6.2, 6.3, 6.4 and 17)."""

from __future__ import annotations

import pytest

from rollouts.domain.policies.editing import edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC, WHOLE, WHOLES
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.rules import judged
from tests.support.policies import ABSENT, ANALYSIS, GREEN, POLICY, ROUTING, policy
from tests.support.wrong_policies import (
    ASKED,
    COMMAND,
    CORS,
    FIRST,
    METRICS,
    NGINX,
    NO_TIMES,
    SECOND,
    STEPS,
    WRONG,
    Changes,
    custom,
)

AB_TEST = {"match": [{"headers": {"x-group": {"exact": "insider"}}}], "analysisTimes": 5}
HINTS: list[tuple[Changes, str, str]] = [
    ({f"{ROUTING}.host": "shop.test"}, "host", "does nothing with this provider"),
    ({f"{ROUTING}.retries": {"retryOn": "5xx"}}, "retries", "nothing is tried again"),
    ({f"{ROUTING}.headers.request": {"set": {"x-A": "1"}, "remove": ["x-a"]}}, "request_set", "also taken away"),
    ({f"{CORS}.allowMethods": ["GET"]}, "origins", "no page of another site may ask"),
    ({CORS: {"allowOrigins": [{"exact": "*"}], "allowCredentials": True}}, "cors_credentials", "any site may then"),
    (NGINX | {f"{ROUTING}.host": "a.test", **custom(), f"{CORS}.maxAge": "1d"}, "cors_age", "does nothing with this"),
    ({"trafficRoutingProvider": "kuma", ROUTING: AB_TEST}, "match", "With kuma all users come to green"),
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


def test_an_ab_test_by_what_nginx_does_not_compare_is_wrong() -> None:
    changes = NGINX | {f"{ROUTING}.host": "shop.test", f"{ROUTING}.match": [{"uri": {"prefix": "/shop"}}]}
    assert "brings nobody to green" in found(changes, wrong=True)["match"]


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
ANY_TEXT_IS_GOOD = {"retry_on", "metrics-0-region"}


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
