"""What the policy of one workload says, put into that of another."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.copying import (
    IS_HIDDEN,
    IS_MORE_THAN_LINES,
    IS_NOT_KNOWN,
    Copied,
    NotTaken,
    asking_green_of,
    copied,
)
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import applied, write
from tests.support.definitions import ALL
from tests.support.policies import ABSENT, CUSTOM, POLICY, Obj, policy

ROUTING, ANALYSIS = "rolloutPolicy__trafficRouting", "rolloutPolicy__trafficAnalysis"
METRICS, COMMANDS = f"{ANALYSIS}__metrics", f"{ANALYSIS}__webhooks__command"
ANYTHING = Known()
CART: dict[str, Any] = {
    "workload__name": "cart",
    "workload__namespace": "basket",
    "serviceName": "cart",
    "port": 9090,
    f"{ROUTING}__hosts": ["cart.example.test"],
    COMMANDS: ["hey -z 1m -q 10 -c 2 http://cart-canary.basket:9090/"],
}


def copy_to_cart(source: Obj, known: Any = ANYTHING, *, addresses: Any = False, **cart: Any) -> tuple[Copied, Obj]:
    """And what is written then."""
    target = policy(**{**CART, **cart})
    before = read(target)
    made = copied(before, read(source), known, addresses=addresses)
    return made, applied(target, write(target, before, made.policy))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (f"{ROUTING}__timeoutSeconds", 30),
        (f"{ROUTING}__retries", {"attempts": 3, "perTryTimeout": "2s", "retryOn": "5xx"}),
        (f"{ROUTING}__headers", {"request": {"set": {"x-tier": "gold"}}}),
        (f"{ROUTING}__analysisTimes", 7),
        (f"{ROUTING}__match", [{"headers": {"x-group": {"exact": "insider"}}}]),
        (f"{ANALYSIS}__checkIntervalSeconds", 20),
        (f"{ANALYSIS}__checkFailedTimes", 9),
        (f"{ANALYSIS}__sessionAffinity", {"cookieName": "side", "maxAge": 60}),
        (f"{ANALYSIS}__webhooks__timeoutSeconds", 5),
        (METRICS, [CUSTOM]),
        ("rolloutPolicy__rolloutTimeoutSeconds", 60),
        ("rolloutPolicy__revertOnDeletion", False),
        ("testLoader", False),
        ("trafficRoutingProvider", "kuma"),
    ],
)
def test_whatever_governs_a_release_is_taken(place: str, value: Any) -> None:
    source = policy(**{place: value})
    made, then = copy_to_cart(source)
    assert not made.not_taken
    assert then == policy(**{**CART, place: value})


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("workload__name", "checkout"),
        ("workload__namespace", "shop"),
        ("workload__kind", "DaemonSet"),
        ("serviceName", "checkout"),
        (f"{ROUTING}__hosts", ["elsewhere.test"]),
        (f"{ROUTING}__gateways", ["other/gateway"]),
        ("rolloutPolicy__suspend", True),
        ("rolloutPolicy__skipTrafficAnalysis", True),
    ],
)
def test_the_workload_its_addresses_and_what_is_on_for_a_while_stay_as_they_are(place: str, value: Any) -> None:
    made, then = copy_to_cart(policy(**{place: value}))
    assert then == policy(**CART)
    assert not made.not_taken, "nobody wants it to be taken"


def test_gateways_and_hosts_are_taken_where_that_is_asked_for() -> None:
    source = policy(**{f"{ROUTING}__gateways": ["other/gateway"]})
    _, then = copy_to_cart(source, addresses=True)
    routing = then["rolloutPolicy"]["trafficRouting"]
    assert (routing["gateways"], routing["hosts"]) == (["other/gateway"], ["checkout.example.test"])


def test_a_pause_of_the_target_stays_too() -> None:
    _, then = copy_to_cart(POLICY, rolloutPolicy__suspend=True)
    assert then["rolloutPolicy"]["suspend"] is True


def test_steps_replace_iterations_and_no_metric_of_the_target_is_left() -> None:
    source = policy(**{f"{ROUTING}__analysisTimes": ABSENT, f"{ROUTING}__canaryStrategy": {"stepWeight": 10}})
    made, then = copy_to_cart(source, **{METRICS: [CUSTOM, POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"][1]]})
    assert "analysisTimes" not in then["rolloutPolicy"]["trafficRouting"]
    assert then["rolloutPolicy"]["trafficRouting"]["canaryStrategy"] == {"stepWeight": 10}
    names = [one["name"] for one in then["rolloutPolicy"]["trafficAnalysis"]["metrics"]]
    assert sorted(names) == ["request-duration", "request-success-rate"]
    assert not made.not_taken


class TestWhatIsNotTaken:
    def test_a_hidden_header_stays_as_the_target_has_it(self) -> None:
        hidden = {"request": {"set": {"x-api-key": "(hidden)"}}}
        own = {"request": {"set": {"x-own": "1"}}}
        source = policy(**{f"{ROUTING}__headers": hidden})
        made, then = copy_to_cart(source, **{f"{ROUTING}__headers": own})
        assert made.not_taken == (NotTaken("request_set", IS_HIDDEN),)
        assert then["rolloutPolicy"]["trafficRouting"]["headers"] == own

    def test_a_hidden_metric_is_not_made_and_one_of_its_name_stays(self) -> None:
        hidden = {**CUSTOM, "customMetric": {**CUSTOM["customMetric"], "query": "x --token=(hidden)"}}
        made, then = copy_to_cart(policy(**{METRICS: [hidden]}), **{METRICS: [CUSTOM]})
        assert made.not_taken == (NotTaken("metrics", IS_HIDDEN, "orders"),)
        assert then["rolloutPolicy"]["trafficAnalysis"]["metrics"] == [CUSTOM]
        _, then = copy_to_cart(policy(**{METRICS: [hidden]}))
        assert "metrics" not in then["rolloutPolicy"]["trafficAnalysis"]

    def test_a_hidden_command_is_not_taken(self) -> None:
        made, then = copy_to_cart(policy(**{COMMANDS: ["hey --token=(hidden) x", "hey y"]}))
        assert made.not_taken == (NotTaken("commands", IS_HIDDEN, "hey --token=(hidden) x"),)
        assert then["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"] == ["hey y"]

    def test_what_the_hub_of_the_target_does_not_know_is_dropped(self) -> None:
        known = Known(frozenset(one for one in ALL if "retries" not in one and "region" not in one))
        provider = {**CUSTOM["customMetric"]["provider"], "region": "eu"}
        metric = {**CUSTOM, "customMetric": {**CUSTOM["customMetric"], "provider": provider}}
        made, then = copy_to_cart(policy(**{f"{ROUTING}__retries__attempts": 3, METRICS: [metric]}), known)
        assert made.not_taken == (
            NotTaken("retries", IS_NOT_KNOWN),
            NotTaken("metrics-region", IS_NOT_KNOWN, "orders"),
        )
        assert then == policy(**{**CART, METRICS: [CUSTOM]})

    def test_what_the_form_cannot_say_is_left(self) -> None:
        strange = [{"exact": "https://shop.test", "later": 1}]
        made, then = copy_to_cart(policy(**{f"{ROUTING}__corsPolicy__allowOrigins": strange}))
        assert made.not_taken == (NotTaken("origins", IS_MORE_THAN_LINES),)
        assert then == policy(**CART)

    def test_a_secret_that_a_metric_names_is_told_of(self) -> None:
        provider = {**CUSTOM["customMetric"]["provider"], "secretRef": {"name": "login"}}
        made, _ = copy_to_cart(policy(**{METRICS: [{**CUSTOM, "customMetric": {"provider": provider, "query": "x"}}]}))
        assert [(one.of, one.why) for one in made.to_be_there] == [
            ("orders", "a Secret login has to be in the namespace of this workload too")
        ]


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("hey http://checkout-canary.shop:8080/a", "hey http://cart-canary.basket:9090/a"),
        ("hey http://checkout-canary/", "hey http://cart-canary/"),
        ("curl checkout-canary.shop.svc.cluster.local:8080", "curl cart-canary.basket.svc.cluster.local:9090"),
        ("hey http://checkout-canary.shop:8081/", "hey http://cart-canary.basket:8081/"),
        ("hey http://my-checkout-canary.shop/", "hey http://my-checkout-canary.shop/"),
        ("hey http://checkout-canary-2/", "hey http://checkout-canary-2/"),
        ("hey http://checkout.shop:8080/", "hey http://checkout.shop:8080/"),
    ],
)
def test_the_load_test_asks_green_of_the_target(said: str, then: str) -> None:
    assert asking_green_of(said, read(POLICY), read(policy(**CART))) == then
