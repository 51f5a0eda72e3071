"""The spec of a Canary that a person keeps, through the form and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kurator_ui.demo.patches import apply_patch
from rollouts.domain.policies.entering import KEPT, LINES, entered, numbered, shown
from rollouts.domain.policies.fields import IN_ALERT, IN_HOOK, IN_METRIC, PORT, SCALARS
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read, unknown, whole_seconds
from rollouts.domain.policies.writing import applied, write
from tests.support.any_canaries import changed, specs, structured
from tests.support.canaries import EVERYTHING, SPEC, spec

STRUCTURED = {name for name, one in SCALARS.items() if one.metadata.get("kind") in (*LINES, PORT)}


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
        alerts=tuple(replace(each, at=None) for each in wanted.alerts),
    )
    operations = write(one, before, wanted, PLAIN)
    made = applied(one, operations)
    assert made == apply_patch(one, [dict(each) for each in operations], "application/json-patch+json")
    found = read(made, PLAIN)
    for name in PLAIN.scalars:
        assert getattr(found, name) == getattr(wanted, name), name
    assert [replace(each, at=None) for each in found.metrics] == list(wanted.metrics)
    assert [replace(each, at=None) for each in found.hooks] == list(wanted.hooks)
    assert [replace(each, at=None) for each in found.alerts] == list(wanted.alerts)


@given(st.lists(structured, max_size=4).map(changed))
def test_what_lines_and_yaml_say_can_be_typed_into_an_empty_canary(found: dict[str, Any]) -> None:
    before = read(found, PLAIN)
    texts = {name: said for name, said in shown(before).items() if name in STRUCTURED and said != KEPT}
    after, wrong = entered(read({}, PLAIN), texts, PLAIN)
    assert wrong == {}
    for name, said in texts.items():
        assert shown(after)[name] == said
    for name in {"service_match", "match", "traffic_policy", "target_port"} & texts.keys():
        assert getattr(after, name) == getattr(before, name)


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


def test_every_field_of_the_kind_has_its_place() -> None:
    assert unknown(EVERYTHING, PLAIN) == ()
    found = read(EVERYTHING, PLAIN)
    empty = {name for name, one in PLAIN.scalars.items() if getattr(found, name) == one.default}
    assert empty == {"skips", "suspended"}, "the example above says them all"


def test_what_no_field_is_for_is_listed_and_kept() -> None:
    assert unknown(SPEC, PLAIN) == ()
    later = spec(later={"a": 1}, analysis__alerts=["told"], service__targetPort="8080")
    assert [place for place, _ in unknown(later, PLAIN)] == ["service.targetPort", "analysis.alerts[0]", "later.a"]
    assert patch_of(later, {"interval": "60"}) == [("replace", "/analysis/interval", "60s")]
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


def test_alerts_are_added_at_the_end_and_taken_away_by_their_places() -> None:
    told = {"alerts-1-name": "night", "alerts-1-severity": "error", "alerts-1-provider": "pager"}
    assert patch_of(SPEC, told | {"alerts-1-provider_namespace": "flagger"}) == [
        (
            "add",
            "/analysis/alerts/-",
            {"name": "night", "severity": "error", "providerRef": {"name": "pager", "namespace": "flagger"}},
        )
    ]
    assert patch_of(SPEC, {"alerts-0-provider": "teams"}) == [
        ("replace", "/analysis/alerts/0/providerRef/name", "teams")
    ]
    assert patch_of(SPEC, {}, without="alerts-0") == [("remove", "/analysis/alerts", None)]


@pytest.mark.parametrize(("said", "value"), [("9090", 9090), ("grpc", "grpc"), ("090", "090")])
def test_a_port_of_the_pods_is_a_number_or_a_name(said: str, value: int | str) -> None:
    assert patch_of(SPEC, {"target_port": said}) == [("replace", "/service/targetPort", value)]


def test_a_port_of_the_pods_of_zero_which_flagger_writes_with_its_finalizer_is_none() -> None:
    found = spec(service__targetPort=0)
    assert (read(found, PLAIN).target_port, patch_of(found, {}), unknown(found, PLAIN)) == ("", [], ())


def test_what_an_autoscaler_is_called_goes_as_a_whole() -> None:
    texts = dict.fromkeys(("scaler", "scaler_kind", "scaler_api"), "")
    assert patch_of(SPEC, texts)[-1] == ("remove", "/autoscalerRef", None)


def test_a_cookie_goes_with_its_flags() -> None:
    cookie = spec(analysis__sessionAffinity={"cookieName": "side", "maxAge": 86400, "secure": True})
    texts = {"cookie": "", "cookie_age": "", "cookie_secure": ""}
    assert patch_of(cookie, texts)[-1] == ("remove", "/analysis/sessionAffinity", None)


def test_deep_fields_are_yaml_and_lines() -> None:
    found = shown(read(EVERYTHING, PLAIN))
    assert found["traffic_policy"].startswith("loadBalancer:\n  consistentHash:\n    httpCookie:\n")
    assert found["service_match"].startswith("- uri:\n    prefix: /shop\n")
    assert found["gateway_refs"] == "infra/public\ninner https"
    assert found["copies"] == "audit/copy:80"
    assert found["match"] == "x-group: suffix er"
    assert patch_of(
        SPEC,
        {
            "service_match": "uri prefix /shop and method exact GET\nquery beta: exact 1",
            "traffic_policy": "outlierDetection:\n  consecutive5xxErrors: 5\n",
            "gateway_refs": "infra/public https",
            "copies": "audit/copy:80",
        },
    ) == [
        ("add", "/service/gatewayRefs", [{"namespace": "infra", "name": "public", "sectionName": "https"}]),
        (
            "add",
            "/service/match",
            [
                {"uri": {"prefix": "/shop"}, "method": {"exact": "GET"}},
                {"queryParams": {"beta": {"exact": "1"}}},
            ],
        ),
        ("add", "/service/mirror", [{"backendRef": {"namespace": "audit", "name": "copy", "port": 80}}]),
        ("add", "/service/trafficPolicy", {"outlierDetection": {"consecutive5xxErrors": 5}}),
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
    for found in (SCALARS, IN_METRIC, IN_HOOK, IN_ALERT):
        assert all({"place", "plain"} & set(one.metadata) for one in found.values())
