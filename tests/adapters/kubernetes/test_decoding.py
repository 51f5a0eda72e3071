"""What is given to be decoded may be anything; what real controllers wrote must be understood."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.adapters.kubernetes.decode import kind_of_path, observation, resource_version
from rollouts.domain.observations import (
    Canary,
    Deleted,
    Kind,
    Phase,
    Route,
    Unreadable,
    Workload,
)
from tests.support import objects
from tests.support.objects import Object

RECORDINGS = Path(__file__).parents[2] / "recordings"


def read(kind: Kind, found: Object, *, deleted: bool = False) -> Any:
    return observation(kind, json.dumps(found).encode(), deleted=deleted)


@pytest.mark.parametrize(
    ("raw", "name", "reason"),
    [
        (b'{"metadata": {"name": "a", "uid": "u"}, "status": {"iterations": [1]}}', "a", "$.status.iterations"),
        (b'{"metadata": {"name": "a"}, "spec": 5}', "a", "$.spec"),
        (b'{"metadata": {"uid": "u"}}', "", "name"),
        (b'{"metadata": null}', "", "$.metadata"),
        (b"[]", "", "object"),
        (b"{", "", "truncated"),
        (b"", "", "truncated"),
        (b"\xff\xfe", "", "malformed"),
        (b'{"metadata": {"name": "\xff"}}', "", "utf-8"),
        (b'{"metadata": {"name": "a"}, "spec": ' + b"[" * 100_000, "", "$.spec"),
        (b'{"metadata": {"name": "a"}, "other": ' + b"[" * 100_000, "", "recursion"),
    ],
)
def test_what_cannot_be_understood_is_shown_with_the_reason(raw: bytes, name: str, reason: str) -> None:
    found = observation(Kind.CANARY, raw)
    assert isinstance(found, Unreadable)
    assert found.name == name
    assert reason in found.reason


def test_a_deletion_names_the_object_even_when_it_cannot_be_understood() -> None:
    made = objects.canary("shop", "checkout")
    made["metadata"] |= {"uid": "u-1", "resourceVersion": "8"}
    expected = Deleted(Kind.CANARY, "shop", "checkout", "u-1", "8")
    assert read(Kind.CANARY, made, deleted=True) == expected
    assert read(Kind.CANARY, {**made, "status": 5}, deleted=True) == expected
    assert resource_version(json.dumps({**made, "metadata": {**made["metadata"], "labels": 1}}).encode()) == "8"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/apis/flagger.app/v1beta1/canaries", Kind.CANARY),
        ("/apis/flagger.app/v1beta1/namespaces/shop/canaries", Kind.CANARY),
        ("/api/v1/events", Kind.EVENT),
        ("/api/v1/namespaces/shop/events?watch=true", Kind.EVENT),
        ("/apis/networking.istio.io/v1/virtualservices", Kind.VIRTUAL_SERVICE),
        ("/apis/kuma.io/v1alpha1/trafficroutes", Kind.TRAFFIC_ROUTE),
        ("/apis/cluster.kurator.dev/v1alpha1/clusters", Kind.KURATOR_CLUSTER),
        ("/api/v1/pods", None),
        ("/apis/flagger.app/v1beta1/canaries/x", None),
        ("", None),
        ("namespaces", None),
    ],
)
def test_a_recordings_path_tells_the_kind(path: str, kind: Kind | None) -> None:
    assert kind_of_path(path) is kind


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_everything_real_controllers_wrote_is_readable(file: Path) -> None:
    seen = set()
    for line in file.read_text().splitlines():
        recorded = json.loads(line)
        kind = kind_of_path(recorded["path"])
        assert kind is not None
        found = read(kind, recorded["event"]["object"])
        assert not isinstance(found, Unreadable), found
        if isinstance(found, Canary):
            assert found.phase is not Phase.UNKNOWN
        if isinstance(found, Route):
            assert found.green_weight in (0, 100)
        seen.add(type(found))
    assert {Canary, Workload} <= seen


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WHOLE: dict[Kind, Object] = {
    Kind.CANARY: objects.canary("shop", "checkout", spec={"analysis": {"metrics": [{"name": "a"}], "match": [{}]}}),
    Kind.EVENT: objects.event("shop", "checkout", "x"),
    Kind.VIRTUAL_SERVICE: objects.virtual_service("shop", "checkout", 30),
    Kind.INGRESS: objects.ingress("shop", "web-canary", canary="true", canary_weight="50"),
    Kind.DEPLOYMENT: objects.deployment("shop", "checkout"),
    Kind.DAEMON_SET: objects.deployment("shop", "checkout"),
    Kind.APPLICATION: objects.application("default", "demo", fleet="f", workloads=(("webapp", "backend"),)),
    Kind.FLEET: objects.fleet("default", "prod", "member1"),
    Kind.ATTACHED_CLUSTER: objects.attached_cluster("default", "member1"),
    Kind.KURATOR_CLUSTER: objects.attached_cluster("default", "member1"),
}


@settings(deadline=None)
@given(st.sampled_from(list(Kind)), json_values | st.binary(max_size=40))
def test_no_json_and_no_bytes_raise(kind: Kind, value: object) -> None:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    observation(kind, raw)
    resource_version(raw)


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(sorted(WHOLE)), json_values)
def test_no_value_in_any_place_of_an_object_raises(data: st.DataObject, kind: Kind, value: object) -> None:
    found = copy.deepcopy(WHOLE[kind])
    places: list[tuple[Any, Any]] = []

    def visit(inner: Any) -> None:
        for key in inner if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ():
            places.append((inner, key))
            visit(inner[key])

    visit(found)
    parent, key = data.draw(st.sampled_from(places))
    parent[key] = value
    read(kind, found)
    read(kind, found, deleted=True)
