"""The spec of a Canary that a person keeps, through the form and back."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kurator_ui.demo.patches import apply_patch
from rollouts.domain.policies.entering import entered, numbered, shown
from rollouts.domain.policies.fields import IN_HOOK, IN_METRIC, SCALARS
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read, unknown, whole_seconds
from rollouts.domain.policies.writing import applied, write
from tests.support.canaries import SPEC, spec
from tests.support.policies import put

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
durations = st.sampled_from(["90s", "1m", "1m30s", "500ms", "0.5m", "1h", "", "x", "1d", "90", "-5s", "1e3s"])
simple = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**31 - 1), st.floats(-1e6, 1e6), words, durations)
anything = st.recursive(
    simple, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
places = st.sampled_from(
    [
        *(one.place for one in PLAIN.scalars.values()),
        *("analysis.metrics", "analysis.webhooks", "service.headers", "service.corsPolicy", "analysis.later", "later"),
        *(f"analysis.metrics.{row}.{one.place}" for row in (0, 1) for one in PLAIN.in_metric.values()),
        *(f"analysis.webhooks.{row}.{one.place}" for row in (0, 1) for one in PLAIN.in_hook.values()),
    ]
)
specs = st.lists(st.tuples(places, anything), max_size=6).map(lambda changes: changed(changes))


def changed(changes: list[tuple[str, Any]]) -> dict[str, Any]:
    """With anything at some places, as far as what is above them has room for it."""
    made = copy.deepcopy(SPEC)
    for place, value in changes:
        before = copy.deepcopy(made)
        try:
            put(made, place, value)
        except (AttributeError, IndexError, TypeError, ValueError):
            made = before
    return made


def patch_of(found: dict[str, Any], texts: dict[str, str], without: str = "") -> list[tuple[str, str, Any]]:
    before = read(found, PLAIN)
    given = {name: said for name, said in (shown(before) | texts).items() if not without or without not in name}
    after, wrong = entered(before, numbered(given), PLAIN)
    assert wrong == {}
    return [(one["op"], one["path"], one.get("value")) for one in write(found, before, after, PLAIN)]


@given(specs)
def test_any_spec_survives_reading_the_form_and_writing_without_a_change(found: dict[str, Any]) -> None:
    before = read(found, PLAIN)
    texts = {name: said.replace("\r\n", "\n").replace("\n", "\r\n") for name, said in shown(before).items()}
    after, wrong = entered(before, numbered(texts), PLAIN)
    assert wrong == {}
    assert after == before
    assert write(found, before, after, PLAIN) == ()


@given(specs, specs)
def test_what_one_spec_says_can_be_entered_into_any_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, wanted = read(one, PLAIN), read(other, PLAIN)
    wanted = replace(
        wanted,
        metrics=tuple(replace(each, at=None) for each in wanted.metrics),
        hooks=tuple(replace(each, at=None) for each in wanted.hooks),
    )
    operations = write(one, before, wanted, PLAIN)
    made = applied(one, operations)
    assert made == apply_patch(one, [dict(each) for each in operations], "application/json-patch+json")
    found = read(made, PLAIN)
    for name in PLAIN.scalars:
        assert getattr(found, name) == getattr(wanted, name), name
    assert [replace(each, at=None) for each in found.metrics] == list(wanted.metrics)
    assert [replace(each, at=None) for each in found.hooks] == list(wanted.hooks)


def test_every_field_that_the_spec_has_is_read() -> None:
    found = read(SPEC, PLAIN)
    assert (found.workload, found.port, found.route_timeout, found.interval, found.failures) == (
        "checkout",
        8080,
        60,
        90,
        3,
    )
    assert (found.port_discovery, found.reverts, found.suspended) == (True, True, False)
    assert [(one.name, one.interval, one.template, one.variables) for one in found.metrics] == [
        ("request-success-rate", 60, "", ()),
        ("orders", 90, "orders", (("tier", "gold"),)),
    ]
    assert [(one.name, one.kind, one.timeout) for one in found.hooks] == [
        ("load", "", "5s"),
        ("gate", "confirm-promotion", ""),
    ]


def test_what_no_field_is_for_is_listed_and_kept() -> None:
    assert [place for place, _ in unknown(SPEC, PLAIN)] == [
        "autoscalerRef.apiVersion",
        "autoscalerRef.kind",
        "autoscalerRef.name",
        "service.targetPort",
        "analysis.alerts",
    ]
    strange = spec(analysis__interval="500ms", service__headers={"request": {"set": {"a": 1}}})
    assert {"analysis.interval", "service.headers.request.set.a"} <= {place for place, _ in unknown(strange, PLAIN)}


def test_a_patch_has_exactly_the_changed_places_and_durations_as_flagger_reads_them() -> None:
    texts = {"interval": "60", "metrics-1-interval": "120", "hooks-0-timeout": "10s", "suspended": "on"}
    assert patch_of(SPEC, texts) == [
        ("replace", "/analysis/interval", "60s"),
        ("add", "/suspend", True),
        ("replace", "/analysis/metrics/1/interval", "120s"),
        ("replace", "/analysis/webhooks/0/timeout", "10s"),
    ]


def test_webhooks_are_added_at_the_end_and_taken_away_by_their_places() -> None:
    new = {"hooks-2-name": "smoke", "hooks-2-kind": "pre-rollout", "hooks-2-url": "http://loadtester.test/"}
    told = {"hooks-2-metadata": "type: bash\ncmd: curl -sf http://checkout-canary.shop:8080/healthz"}
    made = {
        "name": "smoke",
        "type": "pre-rollout",
        "url": "http://loadtester.test/",
        "metadata": {"type": "bash", "cmd": "curl -sf http://checkout-canary.shop:8080/healthz"},
    }
    assert patch_of(SPEC, new | told, without="hooks-0") == [
        ("remove", "/analysis/webhooks/0", None),
        ("add", "/analysis/webhooks/-", made),
    ]


def test_of_another_strategy_nothing_is_left_that_the_cluster_would_refuse() -> None:
    assert patch_of(SPEC, {"times": "", "step": "10", "most": "50"}) == [
        ("remove", "/analysis/iterations", None),
        ("add", "/analysis/stepWeight", 10),
        ("add", "/analysis/maxWeight", 50),
    ]


def test_a_metric_template_goes_as_a_whole() -> None:
    assert patch_of(SPEC, {"metrics-1-template": "", "metrics-1-template_namespace": ""}) == [
        ("remove", "/analysis/metrics/1/templateRef/name", None),
        ("remove", "/analysis/metrics/1/templateRef", None),
    ]


@pytest.mark.parametrize("name", sorted(PLAIN.fixed))
def test_what_a_canary_is_for_is_not_changed_by_anybody(name: str) -> None:
    assert patch_of(SPEC, {name: "other"}) == []


def test_what_only_kurator_knows_is_not_written_into_a_canary() -> None:
    assert (
        patch_of(SPEC, {"namespace": "other", "protocol": "grpc", "commands-0": "hey", "metrics-0-source": "x"}) == []
    )


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90s", 90),
        ("1m30s", 90),
        ("1h", 3600),
        ("0.5m", 30),
        ("500ms", None),
        ("1500ms", None),
        ("", None),
        ("9", None),
    ],
)
def test_a_duration_is_whole_seconds_or_stays_as_it_is(said: str, seconds: int | None) -> None:
    assert whole_seconds(said) == seconds


def test_every_field_has_a_place_somewhere() -> None:
    for found in (SCALARS, IN_METRIC, IN_HOOK):
        assert all({"place", "plain"} & set(one.metadata) for one in found.values())
