"""Kurator writes no errors on an Application; what is wrong is read from its policies and from what Flux reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.kurator import Trouble, TroubleKind, concerning, entry_of
from rollouts.domain.observations import Kind
from tests.demo.recordings import lines
from tests.support.objects import Object

ROLLOUT = "spec.syncPolicies[0].rollout"
SINCE = "2026-11-25T10:00:00Z"


def application(*, policy: Any = None, service: str = "checkout", status: Object | None = None) -> Object:
    whole = {
        "trafficRouting": {"analysisTimes": 3},
        "trafficAnalysis": {"checkIntervalSeconds": 90, "metrics": [{"name": "x", "intervalSeconds": 90}]},
    }
    rollout = {
        "workload": {"name": "checkout", "namespace": "shop"},
        "serviceName": service,
        "rolloutPolicy": whole if policy is None else policy,
    }
    spec = {"syncPolicies": [{"name": "prod", "rollout": rollout}]}
    return {"metadata": {"namespace": "default", "name": "checkout"}, "spec": spec, "status": status or {}}


def troubles(made: Object) -> tuple[Trouble, ...]:
    found: Any = observation(Kind.APPLICATION, json.dumps(made).encode())
    return tuple(found.troubles)


def test_a_whole_policy_is_no_trouble() -> None:
    assert troubles(application()) == ()


def test_the_applications_of_the_recordings_are_in_no_trouble() -> None:
    recorded = [line.obj for line in lines("kurator-success") if line.obj["kind"] == "Application"]
    assert recorded
    assert [troubles(one) for one in recorded] == [()] * len(recorded)


def test_a_service_of_another_name_than_the_workload() -> None:
    said = "checkout-svc, the workload is checkout"
    assert troubles(application(service="checkout-svc")) == (
        Trouble(TroubleKind.NAMES_DIFFER, f"{ROLLOUT}.serviceName", said, policy="prod"),
    )


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ({}, ["trafficRouting", "trafficAnalysis"]),
        (
            {"trafficRouting": {}, "trafficAnalysis": {"metrics": [{"name": "x"}]}},
            ["trafficAnalysis.metrics[0].intervalSeconds"],
        ),
        (
            {"trafficRouting": {}, "trafficAnalysis": {"webhooks": {"command": ["hey"]}}},
            ["trafficAnalysis.webhooks.timeoutSeconds"],
        ),
        ({"trafficRouting": {}, "trafficAnalysis": {"webhooks": {"command": []}}}, []),
    ],
)
def test_a_field_without_which_kurator_panics_is_named(policy: Object, missing: list[str]) -> None:
    found = troubles(application(policy=policy))
    assert [one.field for one in found] == [f"{ROLLOUT}.rolloutPolicy.{name}" for name in missing]
    assert {one.kind for one in found} <= {TroubleKind.INCOMPLETE}


def test_a_failure_that_flux_reports_names_the_entry_of_its_cluster() -> None:
    failed = {
        "type": "Ready",
        "status": "False",
        "reason": "BuildFailed",
        "message": "no such file",
        "lastTransitionTime": SINCE,
    }
    entry = entry_of("prod", "AttachedCluster", "eu-west")
    status = {
        "sourceStatus": {"gitRepoStatus": {"conditions": [{"type": "Ready", "status": "Unknown"}]}},
        "syncStatus": [{"name": entry, "kustomizationStatus": {"conditions": [failed]}}, {"name": "other"}],
    }
    (found,) = troubles(application(status=status))
    assert found == Trouble(
        TroubleKind.SYNC_FAILED,
        "status.syncStatus[prod-attachedcluster-eu-west].kustomizationStatus.conditions[Ready]",
        "BuildFailed: no such file",
        entry="prod-attachedcluster-eu-west",
        at=datetime(2026, 11, 25, 10, tzinfo=UTC),
    )
    assert concerning([found], "prod", entry) == (found,)
    assert concerning([found], "prod", entry_of("prod", "AttachedCluster", "eu-north")) == ()
