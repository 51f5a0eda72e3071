"""What is deep is YAML: that of this program is read by others alike, and that of others here, or refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rollouts.domain.policies import blocks
from rollouts.domain.policies.concealing import concealed
from rollouts.domain.policies.structures import parsed, same, shown
from rollouts.domain.redaction import HIDDEN

UNCLEAR = ["on", "no", "010", "1:30", "1e3", "0x1f", "1_000", "+5", ".5", "~", "null", "=", "<<", "2020-01-01", "true"]
BREAKING = ["a: b", "a #b", "- x", "x:", "'q'", '"q"', "*x", "&a", "[a]", "{a}", "|", "%x", "a\nb", " x", "x ", "---"]
MEANT_OTHERWISE = [
    ".5",
    "-.5e+1",
    "tRuE",
    "fALSE",
    "2026-01-01",
    "2026-1-1T02:03:04",
    "-0x1f",
    "+0b1",
    "-0o17",
    "1_0",
    "5.",
    "1.5e3",
]
NOTHING = 'nothing is said here: write a value, or “""” for an empty one'
BEYOND = "It is no YAML: an escape or a number is beyond what it can say."
QUOTES = "put it in quotes, or say a number, true or false"
words = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from([*UNCLEAR, *BREAKING, "10.0.0.1", "5s", "http://x:80/", "a b  c"]),
)
simple = words | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e299, 1e299)
values = st.recursive(
    simple, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(words, values, min_size=1, max_size=3)
NOISE = st.text(st.sampled_from("ab0126:-+? \n\"'[]{},#&*!|>.xtruUeE"), max_size=30)


@given(objects | st.lists(objects, min_size=1, max_size=3))
def test_what_is_written_is_yaml_and_read_again(value: Any) -> None:
    made = blocks.write(value)
    assert same(blocks.read(made), value)
    assert same(yaml.safe_load(made), value)


@given(objects)
def test_what_others_write_is_meant_alike_or_refused(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False)
    assert same(read_or(text, value), yaml.safe_load(text))


@given(NOISE)
def test_what_is_no_yaml_is_refused_and_the_rest_is_meant_alike(text: str) -> None:
    found = read_or(text, None)
    if found is not None:
        assert same(yaml.safe_load(text), found)


def read_or(text: str, otherwise: Any) -> Any:
    try:
        return blocks.read(text)
    except blocks.NotRead:
        return otherwise


def test_what_stands_in_manuals_can_be_pasted() -> None:
    pasted = """---
# keeps users on a pod
loadBalancer:
  consistentHash:
    httpCookie: {"name": "side", "ttl": "0s"}   # as JSON
outlierDetection:
  consecutive5xxErrors: 7
  interval: 5m
  splitExternalLocalOriginErrors: true
tls:
  mode: "SIMPLE"  # quoted
  sni: 'it''s'
  caCertificates: |
    -----BEGIN
    a: b
  subjectAltNames:
  - shop.test
  - cart.test
localities: [a, b/*, 10.0.0.1, 1.2.3, 5s, v1e3]
connectionPool: {tcp: {maxConnections: 5}, http: {}}
distribute:
  - from: eu/*
    to:
      "eu/a/*": 80
"""
    found, sentence = parsed(pasted)
    assert sentence == ""
    assert found == yaml.safe_load(pasted)
    assert parsed(shown(found) or "") == (found, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tls:\n  mode: SIMPLE\n   sni: x", "In line 3 it is no YAML: mapping values are not allowed here."),
        ("tls:\n\tmode: SIMPLE", "In line 2 it is no YAML: found character '\\t' that cannot start any token."),
        ("a: {b: 1", "In line 1 it is no YAML: expected ',' or '}', but got '<stream end>'."),
        ('a: "b', "In line 1 it is no YAML: found unexpected end of stream."),
        ("a: \x07", "It is no YAML: unacceptable character #x0007: special characters are not allowed."),
        ('a: "\\U00110000"', BEYOND),
        ('a: "\\UFFFFFFFF"', BEYOND),
        (f"%YAML 1.{'9' * 5000}\n---\na: b", BEYOND),
        ('a: "\\ud83d"', "In line 1 an escape stands for no character."),
        ('a: "\\0"', "In line 1 an escape stands for no character."),
        ("tls:", f"In line 1 {NOTHING}."),
        ("a: [b, ?]", f"In line 1 {NOTHING}."),
        ("- -", f"In line 1 {NOTHING}."),
        ("a: 1\na: 2", "In line 2 “a” is said twice."),
        ('a: {"b": 1, "b": 2}', "In line 1 “b” is said twice."),
        ("a: &x 1", "In line 1 say it whole: “&” and “*” are not read."),
        ("a: *x", "In line 1 say it whole: “&” and “*” are not read."),
        ("a: !!int 3", "In line 1 leave out what begins with “!”."),
        ("a: 1\n---\nb: 2", "In line 3 another object begins: write one only."),
        ("1: b", "In line 1 a name is no text: put it in quotes."),
        ("on: b", "In line 1 “on” can be meant in two ways: put it in quotes, or say a number, true or false."),
        ("? [a]\n: b", "In line 1 a name is no text: put it in quotes."),
        *((f"a: {text}", f"In line 1 “{text}” can be meant in two ways: {QUOTES}.") for text in MEANT_OTHERWISE),
        ("\n".join(" " * at + f"a{at}:" for at in range(30)), "In line 22 it is deeper than 20 levels."),
        ("[" * 5000, "In line 1 it is no YAML: expected the node content, but found '<stream end>'."),
        ("[" * 5000 + "]" * 5000, "In line 1 it is deeper than 20 levels."),
        ("loadBalancer", "Write names, each with a colon and what it says."),
        ("- a", "Write names, each with a colon and what it says."),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    assert parsed(text) == (None, said)


def test_what_no_text_can_say_is_not_shown() -> None:
    assert shown({"a": None}) is None
    assert shown({"a": float("nan")}) is None


def test_what_may_be_secret_is_hidden_by_its_name() -> None:
    texts = {
        "traffic_policy": "tls:\n  mode: SIMPLE\n  password: hunter2",
        "match": "x-group: exact insider",
    }
    found = concealed(texts)
    assert found["traffic_policy"] == f"tls:\n  mode: SIMPLE\n  password: {HIDDEN}"
    assert found["match"] == texts["match"]
    assert concealed({"traffic_policy": "tls: {password"})["traffic_policy"] == HIDDEN


def test_escapes_that_are_halves_of_a_character_are_one() -> None:
    assert parsed('a: "\\ud83d\\ude00"') == ({"a": "\U0001f600"}, "")
