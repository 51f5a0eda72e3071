"""The fields that a person changes of one policy, put into another one."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.copying import IS_NOT_KNOWN, NotTaken
from rollouts.domain.policies.drafts import Draft, Fitted, fitted
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.for_others import HAS_METRIC, IS_OWN, NO_COMMAND, NO_METRIC, Carried, LeftOut, carried
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.reading import read
from tests.support.definitions import ALL
from tests.support.policies import ABSENT, CUSTOM, GREEN, POLICY, Obj, policy

ROUTING, ANALYSIS = "rolloutPolicy__trafficRouting", "rolloutPolicy__trafficAnalysis"
METRICS, COMMANDS = f"{ANALYSIS}__metrics", f"{ANALYSIS}__webhooks__command"
SUCCESS, DURATION = POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"]
CART_GREEN = "http://cart-canary.basket:9090/"
CART: dict[str, Any] = {
    "workload__name": "cart",
    "workload__namespace": "basket",
    "serviceName": "cart",
    "port": 9090,
    "rolloutPolicy__rolloutTimeoutSeconds": 300,
    f"{ROUTING}__hosts": ["cart.example.test"],
    f"{ANALYSIS}__checkFailedTimes": 5,
    METRICS: [DURATION, CUSTOM],
    COMMANDS: ["other --flag", f"hey -z 1m -q 10 -c 2 {CART_GREEN}"],
}
ANYTHING = Known()


def change(gone: str = "", **texts: str) -> Draft:
    """Of the policy; names are written with `__` for a hyphen, as in `metrics__0__maximum`."""
    given = {name.replace("__", "-"): text for name, text in texts.items()}
    made = {**shown(read(POLICY)), **given}
    left = {name: text for name, text in made.items() if not gone or not name.startswith(gone)}
    return Draft(POLICY, numbered(left))


def put(draft: Draft, known: Any = ANYTHING, **cart: Any) -> tuple[Carried, Obj]:
    """And what the other policy says then."""
    current = policy(**{**CART, **cart})
    found = carried(draft, current, known)
    assert isinstance(found, Carried), found
    written = fitted(found.draft, current)
    assert isinstance(written, Fitted), written
    return found, dict(written.then)


def left(draft: Draft, known: Any = ANYTHING, **cart: Any) -> LeftOut:
    found = carried(draft, policy(**{**CART, **cart}), known)
    assert isinstance(found, LeftOut), found
    return found


@pytest.mark.parametrize(
    ("texts", "place", "value"),
    [
        ({"interval": "60"}, f"{ANALYSIS}__checkIntervalSeconds", 60),
        ({"failures": "7"}, f"{ANALYSIS}__checkFailedTimes", 7),
        ({"times": "9"}, f"{ROUTING}__analysisTimes", 9),
        ({"gateways": "other/gateway"}, f"{ROUTING}__gateways", ["other/gateway"]),
        ({"retries": "3"}, f"{ROUTING}__retries", {"attempts": 3}),
        ({"progress_deadline": ""}, "rolloutPolicy__rolloutTimeoutSeconds", ABSENT),
        ({"suspended": "on"}, "rolloutPolicy__suspend", True),
        ({"reverts": ""}, "rolloutPolicy__revertOnDeletion", False),
    ],
)
def test_what_was_changed_becomes_the_same_and_nothing_else_does(texts: dict[str, str], place: str, value: Any) -> None:
    found, then = put(change(**texts))
    assert then == policy(**{**CART, place: value})
    assert found.not_taken == ()


def test_of_a_metric_only_what_was_changed_is_changed() -> None:
    own = {**DURATION, "intervalSeconds": 30}
    _, then = put(change(metrics__1__maximum="700"), **{METRICS: [CUSTOM, own]})
    assert then["rolloutPolicy"]["trafficAnalysis"]["metrics"] == [CUSTOM, {**own, "thresholdRange": {"max": 700}}]


def test_a_metric_that_the_other_has_not_is_not_made_of_a_changed_limit() -> None:
    assert left(change(metrics__0__minimum="95")).not_taken == (NotTaken("metrics", NO_METRIC, "request-success-rate"),)
    found, then = put(change(metrics__0__minimum="95", interval="60"))
    assert found.not_taken == (NotTaken("metrics", NO_METRIC, "request-success-rate"),)
    assert then == policy(**{**CART, f"{ANALYSIS}__checkIntervalSeconds": 60})


def test_a_metric_that_is_removed_goes_where_it_is() -> None:
    _, then = put(change(gone="metrics-1-"))
    assert then == policy(**{**CART, METRICS: [CUSTOM]})
    assert left(change(gone="metrics-0-")) == LeftOut(None, ())


NEW = {
    "metrics__2__name": "orders", "metrics__2__interval": "60", "metrics__2__minimum": "5",
    "metrics__2__source": "prometheus", "metrics__2__address": "http://prometheus:9090",
    "metrics__2__query": "x{{ target }}",
}  # fmt: skip


def test_a_new_metric_comes_last_and_one_of_its_name_stays() -> None:
    _, then = put(change(**NEW), **{METRICS: [SUCCESS]})
    assert [one["name"] for one in then["rolloutPolicy"]["trafficAnalysis"]["metrics"]] == [
        "request-success-rate",
        "orders",
    ]
    assert left(change(**NEW)).not_taken == (NotTaken("metrics", HAS_METRIC, "orders"),)


def test_a_command_is_known_by_its_text_with_each_ones_own_green() -> None:
    found, then = put(change(commands__0=f"hey -z 2m {GREEN}"))
    assert then == policy(**{**CART, COMMANDS: ["other --flag", f"hey -z 2m {CART_GREEN}"]})
    assert found.not_taken == ()


def test_a_command_that_the_other_has_not_is_told_and_stays_away() -> None:
    said = left(change(commands__0="hey x"), **{COMMANDS: ["mine"]})
    assert said.not_taken == (NotTaken("commands", NO_COMMAND, f"hey -z 1m -q 10 -c 2 {CART_GREEN}"),)


def test_commands_are_added_and_removed() -> None:
    _, then = put(change(commands__1=f"curl {GREEN}"))
    assert then["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"][2] == f"curl {CART_GREEN}"
    _, then = put(change(gone="commands-0"))
    assert then["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"] == ["other --flag"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("workload", "x"), ("service", "x"), ("namespace", "x"), ("port", "1"), ("hosts", "x.test"), ("host", "x.test")],
)
def test_what_is_each_policys_own_is_put_into_none(name: str, text: str) -> None:
    found, then = put(change(interval="60", **{name: text}))
    assert found.not_taken == (NotTaken(name, IS_OWN),)
    assert then == policy(**{**CART, f"{ANALYSIS}__checkIntervalSeconds": 60})


def test_another_strategy_drops_what_the_other_has_of_the_former_one() -> None:
    _, then = put(change(**{STRATEGY: "canary", "step": "10"}), **{f"{ROUTING}__analysisTimes": 8})
    steps = {f"{ROUTING}__analysisTimes": ABSENT, f"{ROUTING}__canaryStrategy": {"stepWeight": 10}}
    assert then == policy(**{**CART, **steps})


def test_what_the_hub_there_does_not_know_is_told() -> None:
    known = Known(frozenset(one for one in ALL if "retries" not in one))
    found, then = put(change(retries="3", interval="60"), known)
    assert found.not_taken == (NotTaken("retries", IS_NOT_KNOWN),)
    assert then == policy(**{**CART, f"{ANALYSIS}__checkIntervalSeconds": 60})
    assert left(change(retries="3"), known) == LeftOut(None, (NotTaken("retries", IS_NOT_KNOWN),))


def test_what_it_says_already_is_left_out() -> None:
    assert left(change(interval="60"), **{f"{ANALYSIS}__checkIntervalSeconds": 60}) == LeftOut(None, ())


def test_what_would_be_wrong_there_is_left_out_with_the_rule() -> None:
    said = left(change(step="50"), **{f"{ROUTING}__analysisTimes": ABSENT, f"{ROUTING}__canaryStrategy": {"maxWeight": 20, "stepWeight": 10}})  # fmt: skip  # noqa: E501
    assert said.wrong is not None
    assert (said.wrong.field, said.wrong.said) == ("most", "The highest weight is below the first step.")
    said = left(change(interval="60"), serviceName="other")
    assert said.wrong is not None
    assert said.wrong.field == "service"


def test_what_is_hidden_in_the_other_stays() -> None:
    hidden = ["hey --token=(hidden) x"]
    _, then = put(change(interval="60"), **{COMMANDS: hidden})
    assert then["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"] == hidden
