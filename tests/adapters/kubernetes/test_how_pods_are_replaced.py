"""How a workload replaces its pods, in the specs that people write."""

from __future__ import annotations

import json

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Kind, Workload
from tests.support import objects
from tests.support.objects import Object


def read(kind: str, spec: Object) -> Workload:
    made = objects.deployment("shop", "checkout")
    made["kind"] = kind
    made["spec"] |= spec
    found = observation(Kind.DAEMON_SET if kind == "DaemonSet" else Kind.DEPLOYMENT, json.dumps(made).encode())
    assert isinstance(found, Workload)
    return found


@pytest.mark.parametrize(
    ("kind", "spec", "update"),
    [
        ("Deployment", {"strategy": {"type": "Recreate"}}, "Recreate"),
        ("Deployment", {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}, "RollingUpdate"),
        ("Deployment", {}, "RollingUpdate"),
        ("Deployment", {"strategy": {}}, "RollingUpdate"),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
        ("DaemonSet", {"updateStrategy": None}, "RollingUpdate"),
    ],
)
def test_a_workload_tells_how_it_replaces_pods(kind: str, spec: Object, update: str) -> None:
    assert read(kind, spec).update == update


def test_a_deployment_tells_that_it_is_paused() -> None:
    assert read("Deployment", {"paused": True}).paused
    assert not read("Deployment", {}).paused
