"""How a workload replaces its pods, in the specs that people write."""

from __future__ import annotations

import json

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Kind, Workload
from tests.support import objects
from tests.support.objects import Object


def read(kind: str, spec: Object, status: Object | None = None) -> Workload:
    made = objects.deployment("shop", "checkout")
    made["kind"] = kind
    made["spec"] |= spec
    made["metadata"]["generation"], made["status"] = 3, status or {}
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


def daemons(seen: int = 3, **more: int) -> Object:
    """Two are wanted and two are ready, old or new."""
    return {"observedGeneration": seen, "desiredNumberScheduled": 2, "numberReady": 2, **more}


@pytest.mark.parametrize(
    ("status", "rolling"),
    [
        (daemons(2, updatedNumberScheduled=2), True),
        (daemons(3), True),
        (daemons(3, updatedNumberScheduled=1), True),
        (daemons(3, updatedNumberScheduled=2), False),
        ({"observedGeneration": 2}, False),
        ({}, False),
    ],
    ids=["not seen yet", "none is new", "one is new", "all are new", "no node is for it", "says nothing"],
)
def test_a_daemon_set_is_rolling_until_all_its_pods_are_of_its_template(status: Object, rolling: bool) -> None:
    assert read("DaemonSet", {}, status).rolling is rolling


def test_a_daemon_set_at_zero_is_not_rolling() -> None:
    template = {"spec": {"containers": [], "nodeSelector": {"flagger.app/scale-to-zero": "true"}}}
    assert not read("DaemonSet", {"template": template}, daemons(2)).rolling
