"""Gateways of a route and Services that get copies of requests: as lines where these say all of it, else in blocks."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.entering import KEPT, LARGEST, entered, shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import applied, write
from tests.support.canaries import SPEC, spec

API = "gateway.networking.k8s.io"
LONG = ".".join(["a" * 63] * 3 + ["b" * 61])
"""As long as a name may be."""


def copied(**fields: Any) -> Any:
    return [{"backendRef": fields}]


SHOWN: list[tuple[str, Any, str]] = [
    ("gateway_refs", [{"group": API, "kind": "Gateway", "namespace": "infra", "name": "out"}], "infra/out"),
    ("gateway_refs", [{"name": "out"}, {"name": "in", "sectionName": "https.a"}], "out\nin https.a"),
    ("gateway_refs", [{"name": "out"}, {"name": "out"}], "out\nout"),
    ("gateway_refs", [{"name": LONG}], LONG),
    ("gateway_refs", [{"kind": "Service", "name": "out"}], "- kind: Service\n  name: out"),
    ("gateway_refs", [{"group": "", "name": "out"}], '- group: ""\n  name: out'),
    ("gateway_refs", [{"name": "out", "port": 80}], "- name: out\n  port: 80"),
    ("gateway_refs", [{"name": "out", "sectionName": ""}], '- name: out\n  sectionName: ""'),
    ("gateway_refs", [{"name": "out", "sectionName": 8}], "- name: out\n  sectionName: 8"),
    ("gateway_refs", [{"name": 80}], "- name: 80"),
    ("gateway_refs", [{"name": "Größe"}], "- name: Größe"),
    ("gateway_refs", [{"name": f"{LONG}b"}], f"- name: {LONG}b"),
    ("gateway_refs", [{"name": "a b"}], "- name: a b"),
    ("gateway_refs", [{"name": "a/b"}], "- name: a/b"),
    ("gateway_refs", [{"namespace": "infra"}], "- namespace: infra"),
    ("gateway_refs", [{"namespace": "a.b", "name": "out"}], "- namespace: a.b\n  name: out"),
    ("gateway_refs", [{"name": None}], KEPT),
    ("gateway_refs", [{}], KEPT),
    ("gateway_refs", [], ""),
    ("gateway_refs", "infra/out", ""),
    ("gateway_refs", ["infra/out"], ""),
    ("gateway_refs", {"name": "out"}, ""),
    ("copies", copied(group="", kind="Service", namespace="audit", name="copy", port=80), "audit/copy:80"),
    ("copies", [*copied(name="a", port=1), *copied(name="b", port=65535)], "a:1\nb:65535"),
    ("copies", copied(name="copy", port="80"), '- backendRef:\n    name: copy\n    port: "80"'),
    ("copies", copied(name="copy", port=True), "- backendRef:\n    name: copy\n    port: true"),
    ("copies", copied(name="copy", port=80.0), "- backendRef:\n    name: copy\n    port: 80.0"),
    ("copies", copied(name="copy", port=0), "- backendRef:\n    name: copy\n    port: 0"),
    ("copies", copied(name="copy", port=65536), "- backendRef:\n    name: copy\n    port: 65536"),
    ("copies", copied(name="copy"), "- backendRef:\n    name: copy"),
    ("copies", copied(name="copy", port=80, weight=5), "- backendRef:\n    name: copy\n    port: 80\n    weight: 5"),
    ("copies", copied(name="c", port=8, kind="Pod"), "- backendRef:\n    name: c\n    port: 8\n    kind: Pod"),
    ("copies", [*copied(name="c", port=8), {"percent": 5}], "- backendRef:\n    name: c\n    port: 8\n- percent: 5"),
    ("copies", [{"backendRef": "audit/copy:80"}], "- backendRef: audit/copy:80"),
    ("copies", [{"backendRef": {}}], "- backendRef: {}"),
    ("copies", [{"backendRef": None}], KEPT),
    ("copies", [8], ""),
]
PLACES = {"gateway_refs": "service__gatewayRefs", "copies": "service__mirror"}
MEANT: list[tuple[str, str, Any]] = [
    ("gateway_refs", "  infra/out   https \r\n\r\n in\r\n", [
        {"namespace": "infra", "name": "out", "sectionName": "https"}, {"name": "in"},
    ]),
    ("gateway_refs", LONG, [{"name": LONG}]),
    ("gateway_refs", "- name: out\n  port: 80", [{"name": "out", "port": 80}]),
    ("copies", "audit/copy:65535\r\n\tcopy:1", [
        *copied(namespace="audit", name="copy", port=65535), *copied(name="copy", port=1),
    ]),
    ("copies", "- backendRef:\n    name: copy\n    port: 80", copied(name="copy", port=80)),
]  # fmt: skip
GATEWAYS_THAT_ARE_NONE = [
    *("a/b/c", "/out", "infra/", "/", "Out", "out_", "größe", "a b c", "out HTTPS", "a.b/out", "out,in", "infra /out"),
    *(f"{LONG}b", f"{'n' * 64}/out", "out;", "٣/", "out\0"),
]
SERVICES_THAT_ARE_NONE = [
    *("copy", "copy:", ":80", "copy:0", "copy:080", "copy:65536", "copy:100000", "copy:-1", "copy:8.0", "copy:٨٠"),
    *("a:b:80", "copy: 80", "copy :80", "copy:80 x", "Copy:80", "a/b/c:80", "a.b/copy:80", f"{LONG}b:80", "copy:http"),
    f"copy:{'9' * 5000}",
]


@pytest.mark.parametrize(("name", "value", "text"), SHOWN, ids=[f"{one[0]} {one[1]!s:.60}" for one in SHOWN])
def test_what_a_cluster_says_is_shown_whole_and_stays_as_it_is(name: str, value: Any, text: str) -> None:
    found = spec(**{PLACES[name]: value})
    before = read(found, PLAIN)
    texts = shown(before)
    assert texts[name] == text
    after, wrong = entered(before, texts | {"times": "7"}, PLAIN)
    assert wrong == {}
    assert applied(found, write(found, before, after, PLAIN))["service"] == found["service"]


@pytest.mark.parametrize(("name", "text", "value"), MEANT)
def test_what_a_person_writes_is_written_into_the_canary(name: str, text: str, value: Any) -> None:
    before = read(SPEC, PLAIN)
    after, wrong = entered(before, shown(before) | {name: text}, PLAIN)
    assert wrong == {}
    written = applied(SPEC, write(SPEC, before, after, PLAIN))
    assert written["service"][PLACES[name].removeprefix("service__")] == value
    again, wrong = entered(read(written, PLAIN), shown(read(written, PLAIN)), PLAIN)
    assert (again, wrong) == (read(written, PLAIN), {})


@pytest.mark.parametrize(
    ("name", "line"),
    [*(("gateway_refs", one) for one in GATEWAYS_THAT_ARE_NONE), *(("copies", one) for one in SERVICES_THAT_ARE_NONE)],
    ids=lambda one: ascii(one)[:40],
)
def test_a_line_that_is_none_is_told_short_and_changes_nothing(name: str, line: str) -> None:
    before = read(spec(**{PLACES[name]: [{"name": "old"}]}), PLAIN)
    good = {"gateway_refs": "infra/out", "copies": "audit/copy:80"}[name]
    after, wrong = entered(before, shown(before) | {name: f"{good}\n{line}"}, PLAIN)
    assert getattr(after, name) == getattr(before, name)
    assert wrong.keys() == {name}
    assert wrong[name].endswith(".")
    assert len(wrong[name]) < 250
    if "\0" not in line:
        assert wrong[name].startswith(f"“{line[:80]}")


def test_a_port_as_large_as_a_number_can_be_is_told() -> None:
    before = read(SPEC, PLAIN)
    _, wrong = entered(before, shown(before) | {"copies": f"copy:{LARGEST}"}, PLAIN)
    assert "is no Service" in wrong["copies"]
