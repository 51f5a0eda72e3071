"""Two people change the same policy, or what the same Canary says: what each of them has made of it is there, or who
came second is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kurator_ui.demo.patches import apply_patch
from rollouts.domain.policies.drafts import Clash, Draft, Fitted, fitted
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import KURATOR, PLAIN, Layout
from rollouts.domain.policies.reading import read
from tests.support.canaries import GREEN as GREEN_OF_CANARY
from tests.support.canaries import SPEC, spec
from tests.support.policies import ANALYSIS, CUSTOM, GREEN, POLICY, policy

METRICS = POLICY["rolloutPolicy"]["trafficAnalysis"]["metrics"]
BASE = policy(
    **{
        f"{ANALYSIS}.metrics": [*METRICS, CUSTOM],
        f"{ANALYSIS}.webhooks.command": [f"hey {GREEN}", f"hey -z 2m {GREEN}"],
    }
)
TEXTS = shown(read(BASE))
EDITS = {
    **dict.fromkeys(("times", "interval", "failures", "route_timeout", "progress_deadline", "retries"), ("5", "7")),
    **{f"metrics-{row}-interval": ("91", "92") for row in range(3)},
    **dict.fromkeys(("suspended", "cors_credentials"), ("on", "on")),
    "reverts": ("", ""),
    "hosts": ("a.test", ""),
    "gateways": ("mesh", "mesh\nshop/inner"),
    "request_set": ("x-tier: gold", "x-tier: silver"),
    "origins": ("exact https://a.test", "exact https://b.test"),
    "metrics-0-minimum": ("98", "97"),
    "metrics-1-maximum": ("400", "300"),
    "metrics-2-query": ("a{{ target }}", "b{{ target }}"),
    "commands-0": (f"hey -q 1 {GREEN}", f"hey -q 2 {GREEN}"),
    "commands-1": (f"hey -q 3 {GREEN}", f"hey -q 4 {GREEN}"),
}
"""Two good texts for each."""
CANARY = spec(
    analysis__metrics=[*SPEC["analysis"]["metrics"], {"name": "carts", "interval": "60s", "query": "up"}],
    analysis__alerts=[*SPEC["analysis"]["alerts"], {"name": "on-call", "providerRef": {"name": "pager"}}],
    service__match=[{"uri": {"prefix": "/"}, "later": {"a": "b"}}],
)
CANARY_TEXTS = shown(read(CANARY, PLAIN))
CANARY_EDITS = {
    **dict.fromkeys(("times", "interval", "failures", "route_timeout", "progress_deadline", "retries"), ("5", "7")),
    **{f"metrics-{row}-interval": ("91", "92") for row in range(3)},
    **dict.fromkeys(("suspended", "headless"), ("on", "on")),
    "reverts": ("", ""),
    "target_port": ("9090", "web"),
    "blue_labels": ("team: shop", "team: cart\ntier: gold"),
    "scaler_least": ("2", "3"),
    "scaler_most": ("8", "9"),
    "service_match": ("uri prefix /a", "- uri:\n    prefix: /b\n  later: 1"),
    "traffic_policy": ("tls:\n  mode: SIMPLE", "outlierDetection:\n  consecutive5xxErrors: 5"),
    "rewrite_uri": ("/", "/v2"),
    "cookie": ("side", "way"),
    "metrics-1-template": ("sales", "orders-v2"),
    "metrics-1-variables": ("tier: gold\nzone: a", ""),
    "metrics-2-query": ("down", "sum(up)"),
    "hooks-0-url": ("http://a.test/", "http://b.test/"),
    "hooks-0-metadata": (f"type: cmd\ncmd: hey -q 1 {GREEN_OF_CANARY}", f"cmd: hey -q 2 {GREEN_OF_CANARY}"),
    "hooks-1-kind": ("confirm-rollout", "confirm-traffic-increase"),
    "hooks-1-quiet": ("on", "on"),
    "alerts-0-severity": ("info", "error"),
    "alerts-1-provider": ("phone", "mail"),
}


@dataclass(frozen=True)
class Shared:
    """What two people change. Two good texts for each field."""

    layout: Layout
    base: Any
    texts: dict[str, str]
    edits: dict[str, tuple[str, str]]

    @property
    def people(self) -> st.SearchStrategy[dict[str, str]]:
        chosen = st.dictionaries(st.sampled_from(sorted(self.edits)), st.sampled_from([0, 1]), min_size=1, max_size=5)
        return chosen.map(lambda one: {name: self.edits[name][which] for name, which in one.items()})

    def made(self, changes: dict[str, str], current: Any) -> Fitted | Clash:
        return fitted(Draft(self.base, {**self.texts, **changes}, self.layout), current)


POLICY_OF_BOTH = Shared(KURATOR, BASE, TEXTS, EDITS)
CANARY_OF_BOTH = Shared(PLAIN, CANARY, CANARY_TEXTS, CANARY_EDITS)
of_each = pytest.mark.parametrize("shared", [POLICY_OF_BOTH, CANARY_OF_BOTH], ids=["policy", "plain Canary"])


def made(changes: dict[str, str], current: Any) -> Fitted | Clash:
    return POLICY_OF_BOTH.made(changes, current)


@of_each
@settings(max_examples=30)  # each judges the whole three times
@given(st.data())
def test_each_change_is_there_or_the_second_is_told_of_exactly_the_fields_that_both_have_changed(
    shared: Shared, data: st.DataObject
) -> None:
    theirs, mine = data.draw(shared.people), data.draw(shared.people)
    first = shared.made(theirs, shared.base)
    assert isinstance(first, Fitted)
    second = shared.made(mine, first.then)
    both = {name for name in theirs.keys() & mine.keys() if theirs[name] != mine[name]}
    if both:
        assert isinstance(second, Clash)
        told = {one.field: (one.now, one.other, one.then) for one in second.fields}
        assert told == {name: (shared.texts[name], theirs[name], mine[name]) for name in both}
        return
    assert isinstance(second, Fitted)
    patched = apply_patch(dict(first.then), [dict(one) for one in second.operations], "application/json-patch+json")
    assert patched == second.then
    assert shown(read(patched, shared.layout)) == {**shared.texts, **theirs, **mine}


@of_each
def test_every_text_that_two_people_enter_here_is_a_good_one(shared: Shared) -> None:
    for name, both in shared.edits.items():
        for said in both:
            assert isinstance(shared.made({name: said}, shared.base), Fitted), (name, said)


def test_what_both_have_made_alike_is_there_once() -> None:
    orders = {
        "name": "carts", "interval": "90", "minimum": "1", "source": "prometheus", "address": "http://p",
        "query": "a{{ target }}",
    }  # fmt: skip
    texts = {**{f"metrics-3-{name}": said for name, said in orders.items()}, "commands-2": "hey third"}
    first = made(texts, BASE)
    assert isinstance(first, Fitted)
    second = made({**texts, "interval": "60"}, first.then)
    assert isinstance(second, Fitted)
    assert [one["path"] for one in second.operations] == ["/rolloutPolicy/trafficAnalysis/checkIntervalSeconds"]


def test_a_metric_that_both_have_called_alike_has_what_each_has_made_of_it() -> None:
    first = made({"metrics-2-name": "sales", "metrics-2-minimum": "3"}, BASE)
    assert isinstance(first, Fitted)
    second = made({"metrics-2-name": "sales", "metrics-2-query": "b{{ target }}"}, first.then)
    assert isinstance(second, Fitted)
    found = read(second.then).metrics[2:]
    assert [(one.name, one.minimum, one.query) for one in found] == [("sales", 3, "b{{ target }}")]


def test_commands_that_each_has_added_are_both_there() -> None:
    first = made({"commands-2": "hey theirs"}, BASE)
    assert isinstance(first, Fitted)
    second = made({"commands-2": "hey mine"}, first.then)
    assert isinstance(second, Fitted)
    assert [one.text for one in read(second.then).commands[2:]] == ["hey theirs", "hey mine"]


def test_webhooks_and_alerts_that_each_has_added_are_all_there() -> None:
    """Of a plain Canary."""
    theirs = {"hooks-2-name": "theirs", "hooks-2-url": "http://a.test/", "alerts-2-name": "a", "alerts-2-provider": "b"}
    mine = {"hooks-2-name": "mine", "hooks-2-url": "http://b.test/", "alerts-2-name": "c", "alerts-2-provider": "d"}
    first = CANARY_OF_BOTH.made(theirs, CANARY)
    assert isinstance(first, Fitted)
    second = CANARY_OF_BOTH.made(mine, first.then)
    assert isinstance(second, Fitted)
    found = read(second.then, PLAIN)
    assert [(one.name, one.url) for one in found.hooks[2:]] == [
        ("theirs", "http://a.test/"),
        ("mine", "http://b.test/"),
    ]
    assert [(one.name, one.provider) for one in found.alerts[2:]] == [("a", "b"), ("c", "d")]


def test_a_webhook_that_one_took_away_and_the_other_changed_comes_back_as_it_was_changed() -> None:
    without = spec(**{"analysis__webhooks": SPEC["analysis"]["webhooks"][1:]})
    second = fitted(Draft(SPEC, {**shown(read(SPEC, PLAIN)), "hooks-0-timeout": "9s"}, PLAIN), without)
    assert isinstance(second, Clash), "of what is gone nobody knows whether it is still wanted"
    assert [(one.field, one.now, one.other, one.then) for one in second.fields] == [("hooks-0-timeout", "5s", "", "9s")]
