from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.domain.policies.fields import METRICS, PLACED, PLACED_IN_METRIC, ROUTING
from rollouts.domain.policies.known import MOST, Known, places_in
from rollouts.domain.policies.layouts import PLAIN
from tests.support.definitions import ALL, schema_of_application, schema_of_canary, schema_of_rollout

NAMES_OF_CANARIES = [
    *PLAIN.scalars,
    *PLAIN.lists,
    *(f"{which}-{name}" for which in PLAIN.lists for name in PLAIN.inside(which)),
]
NAMES = [*PLACED, "metrics", "commands", *(f"metrics-{one}" for one in PLACED_IN_METRIC)]


def known_by(*places: str, **rollout: Any) -> Known:
    schema = schema_of_application({**schema_of_rollout(places), **rollout})
    return Known(frozenset(places_in(schema)))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_known_to_a_definition_that_has_its_place(name: str) -> None:
    assert known_by(*ALL).has(name)
    assert not known_by(f"{ROUTING}.other").has(name)


def test_a_field_without_its_place_is_not_known_and_the_others_are() -> None:
    """v0.6.0 knows no custom metrics."""
    before = known_by(*(one for one in ALL if "customMetric" not in one))
    assert [name for name in NAMES if not before.has(name)] == [
        *("metrics-source", "metrics-address", "metrics-region", "metrics-secret", "metrics-unverified"),
        "metrics-query",
    ]


def test_the_place_of_a_list_is_that_of_what_is_in_it() -> None:
    assert f"{METRICS}.thresholdRange.max" in places_in(schema_of_application(schema_of_rollout(ALL)))


@pytest.mark.parametrize("place", ["", "rolloutPolicy.trafficRouting", "rolloutPolicy"])
def test_where_anything_may_stand_every_field_below_is_known(place: str) -> None:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    rollout = free
    for step in reversed(place.split(".") if place else []):
        rollout = {"type": "object", "properties": {step: rollout}}
    known = Known(frozenset(places_in(schema_of_application(rollout))))
    assert known.has("hosts")
    assert known.has("workload") is (place == "")


def test_a_definition_that_leaves_all_of_its_spec_open_knows_everything() -> None:
    schema = {"properties": {"spec": {"x-kubernetes-preserve-unknown-fields": True}}}
    known = Known(frozenset(places_in(schema)))
    assert all(known.has(name) for name in NAMES)


def test_while_nothing_is_known_every_field_may_be() -> None:
    assert all(Known().has(name) for name in NAMES)
    assert not Known().read


@pytest.mark.parametrize("name", NAMES_OF_CANARIES)
def test_every_field_of_a_canary_is_known_to_a_definition_that_has_its_place(name: str) -> None:
    whole = Known(frozenset(places_in(schema_of_canary(), PLAIN)), PLAIN)
    assert whole.has(name)
    assert not Known(frozenset(places_in(schema_of_canary(["analysis.later"]), PLAIN)), PLAIN).has(name)


def test_what_only_kurator_has_is_not_known_to_flagger() -> None:
    whole = Known(frozenset(places_in(schema_of_canary(), PLAIN)), PLAIN)
    assert [name for name in ("protocol", "namespace", "metrics-source") if whole.has(name)] == []


@pytest.mark.parametrize("schema", [None, [], {}, {"properties": {"spec": {"properties": 3}}}, {"items": {"items": 1}}])
def test_a_definition_without_policies_has_no_places(schema: Any) -> None:
    assert places_in(schema) == ()


def test_a_definition_without_end_is_cut_off() -> None:
    wide = schema_of_application({"properties": {f"f{number}": {} for number in range(MOST + 50)}})
    assert len(places_in(wide)) == MOST
    deep: dict[str, Any] = {}
    deep["properties"] = {"x": deep}
    assert 0 < len(places_in(schema_of_application(deep))) < 100


texts = st.sampled_from(
    ["properties", "items", "spec", "syncPolicies", "rollout", "x-kubernetes-preserve-unknown-fields"]
)


@given(st.recursive(st.none() | st.booleans() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_no_definition_breaks_it(schema: Any) -> None:
    places_in(schema)
