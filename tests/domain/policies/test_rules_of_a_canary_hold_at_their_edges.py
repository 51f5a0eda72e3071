"""The last value that is right and the first that is wrong, and what no form would send but a cluster may say."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.editing import edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from tests.support.canaries import SPEC, spec

Texts = dict[str, str]
LONGEST_LABEL = "a" * 63
LONGEST_NAME = ".".join(["a" * 63] * 3 + ["b" * 61])
INGRESS = {"provider": "nginx", "ingress_kind": "Ingress", "ingress_api": "networking.k8s.io/v1"}
ALERT = {"alerts-0-name": "team", "alerts-0-provider": "slack"}
EDGES: list[tuple[str, Texts, list[str], list[str]]] = [
    ("target_port", {}, ["1", "65535", "http", "a" * 15, "a-1", "9p"], [
        *("0", "-1", "65536", "080", "8.5", "٨٠", "99999999999999999999", "a" * 16, "A", "a--b", "-a", "a-", "1-2"),
    ]),
    ("app_protocol", {}, ["http", "kubernetes.io/h2c", "A_b.c", LONGEST_LABEL], [
        *("a b", "/h2c", "a/", "a/b/c", "-a", "ä", LONGEST_LABEL + "a", "Kubernetes.io/h2c"),
    ]),
    ("distribution", {}, ["PreferClose", "PreferSameZone", "PreferSameNode"], ["preferclose", "Prefer", "Größe"]),
    ("apex_labels", {}, ["a: 1", "a.b/c: ", f"{LONGEST_LABEL}: {LONGEST_LABEL}", "a:"], [
        *("a: b c", "a: -b", "a: ä", f"a: {LONGEST_LABEL}a", f"{LONGEST_LABEL}a: b", "a b: c", "A.b/c: d", "k: \nä: 1"),
    ]),
    ("green_annotations", {}, ["a: b c: ä", f"a: {'x' * 5000}"], ["a b: c", "a/b/c: d", "ä: b"]),
    ("scaler", {}, ["checkout", LONGEST_NAME], ["", "Checkout", "a/b", "a b", LONGEST_NAME + "b", "ä"]),
    ("scaler_least", {}, ["1", "2147483647", ""], ["0", "-1", "2147483648", "1.5", "٢"]),
    ("scaler_most", {"scaler_least": "3"}, ["3", "4", ""], ["2", "0", "-1"]),
    ("ingress", INGRESS, ["shop", LONGEST_NAME], ["", " ", "Shop", "shop/a", "a" * 300]),
    ("ingress_kind", INGRESS | {"ingress": "shop"}, ["Ingress"], ["", "ingress", "Gateway", "Íngress"]),
    ("upstream_namespace", {"provider": "gloo"}, ["gloo", LONGEST_LABEL, ""], ["a.b", "A", LONGEST_LABEL + "a", "ä"]),
    ("backend_timeout", {}, ["2s", "1.5s", "1m30s", "500ms", "0s", ""], ["2", "s", "-2s", "2 s", "2d", "٢s", "2S"]),
    ("retry_timeout", {}, ["2s", "1h"], ["2", "٢s", "1s!"]),
    ("cors_age", {"origins": "exact https://a.test"}, ["24h", "1h30m"], ["1d", "٢h", "24"]),
    ("rewrite_type", {"rewrite_uri": "/"}, ["ReplaceFullPath", "ReplacePrefixMatch", ""], ["replacefullpath", "All"]),
    ("cookie", {"cookie_path": "/"}, ["side", "a!#$%&'*+.^_`|~-1"], ["", "a b", "a;b", "a=b", "ä", "a\nb"]),
    ("blue_cookie", {"cookie": "side"}, ["blue", ""], ["side", "a b", "a=b", "ä"]),
    ("cookie_domain", {"cookie": "side"}, ["shop.test", ".shop.test", ""], ["https://a", "a.test:80", "A.test", "..a"]),
    ("cookie_path", {"cookie": "side"}, ["/", "/shop", ""], ["shop", "./", "\\"]),
    ("cookie_same_site", {"cookie": "side"}, ["Strict", "Lax", "None", ""], ["strict", "Loose"]),
    ("alerts-0-name", ALERT, ["team", "Größe 1", "a" * 300], ["", "  "]),
    ("alerts-0-severity", ALERT, ["info", "warn", "error", ""], ["Error", "loud", "x" * 500]),
    ("alerts-0-provider", ALERT, ["slack", LONGEST_NAME], ["", "Slack", "a/b", "ä", LONGEST_NAME + "b"]),
    ("alerts-0-provider_namespace", ALERT, ["flagger", ""], ["a.b", "Flagger", LONGEST_LABEL + "a"]),
]  # fmt: skip
RIGHT = [(name, texts | {name: said}) for name, texts, right, _ in EDGES for said in right]
WRONG = [(name, texts | {name: said}) for name, texts, _, wrong in EDGES for said in wrong]
TEXTS = shown(read(SPEC, PLAIN))


def wrong_at(texts: Texts, name: str) -> list[str]:
    return [one.said for one in edited(SPEC, TEXTS | texts, PLAIN).wrong if one.field == name]


def ids(rows: list[tuple[str, Texts]]) -> list[str]:
    return [f"{name} {ascii(texts[name])[:40]}" for name, texts in rows]


@pytest.mark.parametrize(("name", "texts"), RIGHT, ids=ids(RIGHT))
def test_what_is_just_right_is_not_wrong(name: str, texts: Texts) -> None:
    assert wrong_at(texts, name) == []


@pytest.mark.parametrize(("name", "texts"), WRONG, ids=ids(WRONG))
def test_what_is_just_wrong_is_told_once_in_a_short_sentence(name: str, texts: Texts) -> None:
    (said,) = wrong_at(texts, name)
    assert said.endswith(".")
    assert len(said) < 300


NGINX = {"analysis__iterations": 3, "provider": "nginx"}
NOBODY, LITTLE, ITS_NAME = "brings nobody to green", "what else is said here does nothing", "takes this for the name"
TESTED: list[tuple[str, list[Any], str]] = [
    ("a header", [{"headers": {"x-a": {"exact": "1"}}}], ""),
    ("a header by an expression", [{"headers": {"x-a": {"regex": ".*"}}}], ""),
    ("a cookie", [{"headers": {"cookie": {"exact": "side"}}}], ITS_NAME),
    ("a cookie by an expression", [{"headers": {"cookie": {"regex": "side"}}}], NOBODY),
    ("one of each", [{"headers": {"x-a": {"exact": "1"}}}, {"headers": {"cookie": {"exact": "b"}}}], ITS_NAME),
    ("both at once", [{"headers": {"x-a": {"exact": "1"}, "cookie": {"exact": "b"}}}], LITTLE),
    ("two headers", [{"headers": {"x-a": {"exact": "1"}}}, {"headers": {"x-b": {"exact": "1"}}}], LITTLE),
    ("two cookies", [{"headers": {"cookie": {"exact": "a"}}}, {"headers": {"cookie": {"exact": "b"}}}], LITTLE),
    ("a path besides", [{"headers": {"x-a": {"exact": "1"}}}, {"uri": {"prefix": "/"}}], LITTLE),
    ("a way besides that it does not know", [{"headers": {"x-a": {"exact": "1"}, "x-b": {"prefix": "1"}}}], LITTLE),
    ("a path alone", [{"uri": {"exact": "/shop"}}], NOBODY),
    ("a parameter", [{"queryParams": {"beta": {"exact": "1"}}}], NOBODY),
    ("labels", [{"sourceLabels": {"app": "front"}}], NOBODY),
    ("nothing in it", [{}], NOBODY),
    ("no header in it", [{"headers": {}}], NOBODY),
    ("an empty value", [{"headers": {"x-a": {"exact": ""}}}], NOBODY),
    ("no condition", [{"headers": {"x-a": None}}], NOBODY),
    ("a text for a condition", [{"headers": {"x-a": "exact 1"}}], NOBODY),
    ("a text for headers", [{"headers": "x-a"}], NOBODY),
    ("a list for headers", [{"headers": ["x-a"]}], NOBODY),
    ("nothing for headers", [{"headers": None}], NOBODY),
    ("another case of the word", [{"headers": {"Cookie": {"exact": "side"}}}], ""),
    ("an empty one besides", [{"headers": {"x-a": {"exact": "1"}}}, {}], ""),
]  # fmt: skip


@pytest.mark.parametrize(("match", "said"), [one[1:] for one in TESTED], ids=[one[0] for one in TESTED])
def test_what_nginx_makes_of_whom_a_test_is_for_is_told_whatever_the_cluster_says(match: list[Any], said: str) -> None:
    found = spec(analysis__match=match, **NGINX)
    edit = edited(found, shown(read(found, PLAIN)), PLAIN)
    told = [one for one in edit.findings if one.field == "match"]
    assert [said in one.said for one in told] == ([True] if said else [])
    assert [one.wrong for one in told] == ([said == NOBODY] if said else [])
