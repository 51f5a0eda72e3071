"""Two people change the same policy: what each of them has made of it is there, or who came second is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kurator_ui.demo.patches import apply_patch
from rollouts.domain.policies.drafts import Clash, Draft, Fitted, fitted
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
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
people = st.dictionaries(st.sampled_from(sorted(EDITS)), st.sampled_from([0, 1]), min_size=1, max_size=5).map(
    lambda chosen: {name: EDITS[name][which] for name, which in chosen.items()}
)


def made(changes: dict[str, str], current: Any) -> Fitted | Clash:
    return fitted(Draft(BASE, {**TEXTS, **changes}), current)


@given(people, people)
def test_each_change_is_there_or_the_second_is_told_of_exactly_the_fields_that_both_have_changed(
    theirs: dict[str, str], mine: dict[str, str]
) -> None:
    first = made(theirs, BASE)
    assert isinstance(first, Fitted)
    second = made(mine, first.then)
    both = {name for name in theirs.keys() & mine.keys() if theirs[name] != mine[name]}
    if both:
        assert isinstance(second, Clash)
        assert {one.field for one in second.fields} == both
        return
    assert isinstance(second, Fitted)
    patched = apply_patch(dict(first.then), [dict(one) for one in second.operations], "application/json-patch+json")
    assert patched == second.then
    assert shown(read(patched)) == {**TEXTS, **theirs, **mine}


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
