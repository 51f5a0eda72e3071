"""Queries that people wrote, rendered as Flagger renders them, and the same for blue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollouts.domain.metric_queries import Queries
from rollouts.domain.metric_templates import LONGEST, Unrenderable, rendered
from rollouts.domain.observations import Canary

PIECES = (
    *("{{", "}}", "{{-", "-}}", "{{ target }}", "{{- name -}}", "{{ variables.key }}", "{{ variables.other }}"),
    *(
        '{{ index variables "key" }}',
        "{{/* c */}}",
        "-canary",
        "-primary",
        'canary!=""',
        " ",
        "\n",
        "{",
        "}",
        "/*",
        '"',
    ),
)
CANARY = Canary(
    "shop", "checkout-rollout", "uid", "1",
    target_name="checkout", service_name="pay", ingress_name="web", route_name="front",
)  # fmt: skip


def render(query: str, **variables: str) -> Queries:
    return rendered(query, CANARY, "30s", variables)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("up", "up"),
        ("{{ name }} {{ namespace }} {{ target }} {{ service }}", "checkout-rollout shop checkout pay"),
        ("{{ ingress }}/{{ route }}[{{ interval }}]", "web/front[30s]"),
        ("{{namespace}}{{\tname }}", "shopcheckout-rollout"),
        ("a {{- target -}} \n b", "acheckoutb"),
        ("a {{- target }} b", "acheckout b"),
        ("a {{ target -}} b", "a checkoutb"),
        ("{{ variables.direction }}", "inbound"),
        ('{{ index variables "direction" }}', "inbound"),
        ("{{ index variables `direction` }}", "inbound"),
        ('x{{ index variables "missing" }}y', "xy"),
        ("a{{/* what this is for */}}b {{- /* and\nthat */ -}} c", "abc"),
        ('sum(rate(m{a="b"}[{{ interval }}])) by (le)', 'sum(rate(m{a="b"}[30s])) by (le)'),
    ],
)
def test_what_flaggers_queries_use_is_rendered(query: str, text: str) -> None:
    assert render(query, direction="inbound").green == text


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("{{ if target }}x{{ end }}", r"uses {{ if target }}, which is not understood here"),
        ('{{ printf "%s" target }}', "not understood"),
        ("{{ .Name }}", "not understood"),
        ("{{ pod }}", r"uses {{ pod }}"),
        ("{{-target}}", "not understood"),
        ("{{ /* not a comment to Go */ }}x", "not understood"),
        ("{{ target", "not closed"),
        ("{{ variables.missing }}", "variable missing, which the Canary does not give"),
        ("{{/* later */}} \n", "is empty"),
        ("x" * (LONGEST + 1), "longer than 20000 characters"),
    ],
)
def test_anything_else_is_said_to_be_unreadable(query: str, reason: str) -> None:
    with pytest.raises(Unrenderable, match=reason):
        render(query)


@pytest.mark.parametrize(
    ("query", "blue"),
    [
        ('m{workload=~"{{ target }}"}', 'm{workload=~"checkout-primary"}'),
        ('m{pod=~"{{ target }}-[0-9a-z]+"}', 'm{pod=~"checkout-primary-[0-9a-z]+"}'),
        ('m{service="{{ service }}-canary"}', 'm{service="pay-primary"}'),
        ('m{service=~"{{ target }}-canary_x"}', 'm{service=~"checkout-primary_x"}'),
        (
            'm{a="{{ target }}"} / n{b="{{ target }}", c="{{ service }}-canary"}',
            'm{a="checkout-primary"} / n{b="checkout-primary", c="pay-primary"}',
        ),
        ('m{ingress="{{ ingress }}", canary!=""}', 'm{ingress="web", canary=""}'),
        ('m{canary != ""}', 'm{canary=""}'),
    ],
)
def test_blue_is_asked_by_its_own_names(query: str, blue: str) -> None:
    assert render(query).blue == blue


@pytest.mark.parametrize(
    "query",
    [
        "sum(up)",
        'm{namespace="{{ namespace }}"}',
        'm{service="{{ service }}"}',
        'm{is_canary!=""}',
        'm{a="{{ target }}"} / m{a="{{ target }}-primary"}',
    ],
)
def test_a_query_that_does_not_tell_the_sides_apart_has_none_for_blue(query: str) -> None:
    assert render(query).blue == ""


def test_a_text_of_many_braces_takes_no_time() -> None:
    with pytest.raises(Unrenderable):
        render("{{" * 9_000)


@given(some.lists(some.sampled_from(PIECES) | some.text(max_size=3), max_size=12).map("".join))
def test_whatever_a_tenant_writes_is_rendered_or_said_to_be_unreadable(query: str) -> None:
    try:
        queries = render(query, key="value")
    except Unrenderable:
        return
    assert queries.blue != queries.green
    if "{{" not in query:
        assert queries.green == query
