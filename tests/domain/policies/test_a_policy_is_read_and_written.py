from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given

from kurator_ui.demo.patches import apply_patch
from rollouts.domain.policies.entering import entered, numbered, shown
from rollouts.domain.policies.fields import PLACED, Command, Metric
from rollouts.domain.policies.layouts import KURATOR
from rollouts.domain.policies.reading import read, unknown
from rollouts.domain.policies.writing import applied, write
from tests.support.any_policies import policies
from tests.support.policies import ANALYSIS, CUSTOM, GREEN, POLICY, ROUTING, policy


def as_a_browser_sends(texts: dict[str, str]) -> dict[str, str]:
    return {name: said.replace("\r\n", "\n").replace("\n", "\r\n") for name, said in texts.items()}


@given(policies)
def test_any_policy_survives_reading_the_form_and_writing_without_a_change(rollout: dict[str, Any]) -> None:
    before = read(rollout)
    after, wrong = entered(before, numbered(as_a_browser_sends(shown(before))))
    assert wrong == {}
    assert after == before
    assert write(rollout, before, after) == ()


@given(policies, policies)
def test_what_one_policy_says_can_be_entered_into_any_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever changes, the patch fits, makes the fields as they were entered, and leaves everything else."""
    before, wanted = read(one), read(other)
    wanted = replace(
        wanted,
        metrics=tuple(replace(each, at=None) for each in wanted.metrics),
        commands=tuple(replace(each, at=None) for each in wanted.commands),
    )
    operations = write(one, before, wanted)
    made = applied(one, operations)
    assert made == apply_patch(one, [dict(each) for each in operations], "application/json-patch+json")
    found = read(made)
    for name in PLACED:
        assert getattr(found, name) == getattr(wanted, name), name
    assert [replace(each, at=None) for each in found.metrics] == list(wanted.metrics)
    assert [each.text for each in found.commands] == [each.text for each in wanted.commands]
    kept = {(place, said) for place, said in unknown(one) if "[" not in place}
    assert kept <= {*unknown(made)} | {one for one in kept if _replaced(one[0], before, wanted)}


def _replaced(place: str, before: Any, wanted: Any) -> bool:
    """Somebody has entered a value there, above or below."""
    changed = [name for name in PLACED if getattr(before, name) != getattr(wanted, name)]
    places = [KURATOR.place_of(name) for name in (*changed, "metrics", "commands")]
    return any(f"{one}.".startswith(f"{place}.") or f"{place}.".startswith(f"{one}.") for one in places)


def patch_of(rollout: dict[str, Any], texts: dict[str, str], without: str = "") -> list[tuple[str, str, Any]]:
    before = read(rollout)
    given = {name: said for name, said in (shown(before) | texts).items() if not without or without not in name}
    after, wrong = entered(before, numbered(given))
    assert wrong == {}
    return [(one["op"], one["path"], one.get("value")) for one in write(rollout, before, after)]


def test_a_patch_has_exactly_the_changed_places() -> None:
    texts = {"interval": "60", "metrics-1-maximum": "250.5", "suspended": "on", "hosts": "a.test, b.test"}
    assert patch_of(POLICY, texts) == [
        ("replace", "/rolloutPolicy/trafficRouting/hosts", ["a.test", "b.test"]),
        ("replace", "/rolloutPolicy/trafficAnalysis/checkIntervalSeconds", 60),
        ("add", "/rolloutPolicy/suspend", True),
        ("replace", "/rolloutPolicy/trafficAnalysis/metrics/1/thresholdRange/max", 250.5),
    ]


def test_a_field_that_is_emptied_is_taken_away_and_one_that_is_unset_says_so() -> None:
    assert patch_of(POLICY, {"route_timeout": "", "test_loader": ""}) == [
        ("remove", "/rolloutPolicy/trafficRouting/timeoutSeconds", None),
        ("replace", "/testLoader", False),
    ]


def test_what_a_new_field_needs_above_it_is_made_with_it() -> None:
    assert patch_of(POLICY, {"retries": "3", "retry_timeout": "2s"}) == [
        ("add", "/rolloutPolicy/trafficRouting/retries", {"attempts": 3}),
        ("add", "/rolloutPolicy/trafficRouting/retries/perTryTimeout", "2s"),
    ]


def test_metrics_and_commands_are_added_at_the_end_and_taken_away_by_their_places() -> None:
    new = {"metrics-2-name": "request-p95", "metrics-2-interval": "60", "metrics-2-maximum": "1"}
    made = {"name": "request-p95", "intervalSeconds": 60, "thresholdRange": {"max": 1}}
    assert patch_of(POLICY, {**new, "commands-1": f"hey {GREEN}"}, without="metrics-0") == [
        ("remove", "/rolloutPolicy/trafficAnalysis/metrics/0", None),
        ("add", "/rolloutPolicy/trafficAnalysis/metrics/-", made),
        ("add", "/rolloutPolicy/trafficAnalysis/webhooks/command/-", f"hey {GREEN}"),
    ]
    assert patch_of(POLICY, {}, without="commands") == [
        ("remove", "/rolloutPolicy/trafficAnalysis/webhooks/command", None)
    ]


def test_of_a_metric_that_stays_only_what_is_another_is_written() -> None:
    rollout = policy(**{f"{ANALYSIS}.metrics": [{**CUSTOM, "later": {"a": 1}}]})
    assert patch_of(rollout, {"metrics-0-minimum": "2"}) == [
        ("replace", "/rolloutPolicy/trafficAnalysis/metrics/0/thresholdRange/min", 2)
    ]


def test_what_no_field_is_for_is_listed_and_kept() -> None:
    later = {f"{ROUTING}.corsPolicy": {"later": [{"exact": "*"}]}, f"{ROUTING}.headers.request": {"set": {"a": 1}}}
    rollout = policy(primary__labels={"a": "b"}, **later)
    assert unknown(rollout) == (
        ("rolloutPolicy.trafficRouting.corsPolicy.later", '[{"exact": "*"}]'),
        ("rolloutPolicy.trafficRouting.headers.request.set.a", "1"),
        ("primary.labels.a", "b"),
    )
    assert [path for _, path, _ in patch_of(rollout, {"times": "5"})] == ["/rolloutPolicy/trafficRouting/analysisTimes"]


def test_what_is_hidden_is_kept_as_long_as_nobody_changes_it() -> None:
    hidden = "hey -H 'Authorization: (hidden)' http://checkout-canary.shop/"
    rollout = policy(**{f"{ANALYSIS}.webhooks.command": [hidden, "hey"]})
    assert patch_of(rollout, {"commands-1": "hey -z 2m"}) == [
        ("replace", "/rolloutPolicy/trafficAnalysis/webhooks/command/1", "hey -z 2m")
    ]
    before = read(rollout)
    _, wrong = entered(before, {**shown(before), "commands-0": f"{hidden} -z 1m"})
    assert "hidden" in wrong["commands-0"]


def test_a_text_that_is_no_value_is_told_by_its_field() -> None:
    before = read(POLICY)
    texts = {"interval": "1m", "metrics-0-minimum": "nan", "times": "99999999999", "steps": "10, x", "match": "x-group"}
    after, wrong = entered(before, {**shown(before), **texts})
    assert set(wrong) == {*texts}
    assert wrong["interval"] == "“1m” is no whole number."
    assert after == before, "what cannot be understood changes nothing"


def test_whom_an_ab_test_is_for_is_written_in_lines() -> None:
    match = [
        {"headers": {"x-group": {"exact": "insider"}, "cookie": {"regex": "a=b and c"}}},
        {"headers": {"x": {"exact": "1"}}},
    ]
    before = read(policy(**{f"{ROUTING}.match": match[1:]}))
    assert shown(before)["match"] == "x: exact 1"
    after, _ = entered(before, shown(before) | {"match": "x-group: exact insider and y: prefix 2\r\n\r\nz: regex .+"})
    assert [dict(one) for one in after.match] == [
        {"headers": {"x-group": {"exact": "insider"}, "y": {"prefix": "2"}}},
        {"headers": {"z": {"regex": ".+"}}},
    ]
    strange = read(policy(**{f"{ROUTING}.match": match}))
    text = shown(strange)["match"]
    assert text.startswith("- headers:\n    x-group:\n"), "what a line cannot say is YAML"
    after, wrong = entered(strange, shown(strange) | {"match": text.replace("insider", "tester")})
    assert wrong == {}
    assert after.match[0]["headers"] == {"x-group": {"exact": "tester"}, "cookie": {"regex": "a=b and c"}}


def test_a_new_metric_is_complete() -> None:
    metric = Metric(None, "orders", 90, 1.0, None, "prometheus", "http://p:9090", query="up{}\n")
    before = read(POLICY)
    made = applied(POLICY, write(POLICY, before, replace(before, metrics=(*before.metrics, metric), commands=())))
    assert made["rolloutPolicy"]["trafficAnalysis"]["metrics"][2] == {
        "name": "orders",
        "intervalSeconds": 90,
        "thresholdRange": {"min": 1},
        "customMetric": {"provider": {"type": "prometheus", "address": "http://p:9090"}, "query": "up{}\n"},
    }
    assert Command(None, "x") != Command(0, "x")
