"""What a pod says about itself, in the statuses that a kubelet and a scheduler really write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Kind
from rollouts.domain.pods import Condition, Pod
from tests.support import objects
from tests.support.objects import Object

SINCE = "2026-11-25T10:00:00Z"
IMAGE = "registry.example.test/shop/checkout:2.15.0"


def pod(*, conditions: list[Object] | None = None, **status: Any) -> Pod:
    ready = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": SINCE}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": SINCE}
    made = objects.pod("shop", "checkout-6d4f-x1", conditions=conditions or [ready, scheduled], **status)
    found = observation(Kind.POD, json.dumps(made).encode())
    assert isinstance(found, Pod)
    return found


def container(state: Object, *, name: str = "checkout", **more: Any) -> Object:
    return {"name": name, "image": IMAGE, "ready": False, "restartCount": 0, "state": state, **more}


def test_an_image_that_cannot_be_pulled() -> None:
    message = f'Back-off pulling image "{IMAGE}"'
    found = pod(containerStatuses=[container({"waiting": {"reason": "ImagePullBackOff", "message": message}})])
    assert found == Pod(
        "shop",
        "checkout-6d4f-x1",
        ready=False,
        container="checkout",
        image=IMAGE,
        state="waiting",
        reason="ImagePullBackOff",
        message=message,
        since=datetime(2026, 11, 25, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"reason": "Error", "exitCode": 1}, "exit code 1"),
        ({"reason": "OOMKilled", "exitCode": 137}, "OOMKilled"),
        ({"reason": "Completed", "exitCode": 0}, "Completed"),
        ({}, ""),
    ],
)
def test_a_container_that_starts_over_and_over_says_how_it_ended(ended: Object, said: str) -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}}
    found = pod(containerStatuses=[container(waiting, restartCount=4, lastState={"terminated": ended})])
    assert (found.reason, found.restarts, found.last_end) == ("CrashLoopBackOff", 4, said)


def test_a_pod_that_no_node_takes_has_the_schedulers_reason() -> None:
    message = "0/3 nodes are available: 3 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    found = pod(conditions=[{**condition, "lastTransitionTime": SINCE}])
    assert (found.container, found.reason, found.message) == ("", "Unschedulable", message)


def test_a_running_container_that_is_not_ready_has_a_probe_that_does_not_pass() -> None:
    found = pod(containerStatuses=[container({"running": {"startedAt": SINCE}})])
    assert (found.state, found.reason, found.container) == ("running", "", "checkout")


def test_of_several_containers_the_one_that_is_not_ready_is_named() -> None:
    ready = {**container({"running": {"startedAt": SINCE}}, name="istio-proxy"), "ready": True}
    failing = container({"waiting": {"reason": "CreateContainerConfigError", "message": "no such Secret"}})
    assert pod(containerStatuses=[ready, failing]).reason == "CreateContainerConfigError"


def test_an_init_container_comes_before_those_that_wait_for_it() -> None:
    done = container({"terminated": {"reason": "Completed", "exitCode": 0}}, name="migrate")
    failing = container({"terminated": {"reason": "Error", "exitCode": 3}}, name="warm-up")
    waiting = container({"waiting": {"reason": "PodInitializing"}})
    found = pod(initContainerStatuses=[done, failing], containerStatuses=[waiting])
    assert (found.container, found.state, found.reason) == ("warm-up", "terminated", "exit code 3")


def test_a_pod_of_which_nothing_is_known_yet_is_not_ready() -> None:
    made = observation(Kind.POD, json.dumps({"metadata": {"namespace": "shop", "name": "x"}}).encode())
    assert made == Pod("shop", "x", ready=False)


def test_of_a_ready_pod_nothing_else_is_kept() -> None:
    found = pod(conditions=[{"type": "Ready", "status": "True"}], containerStatuses=[container({"running": {}})])
    assert found == Pod("shop", "checkout-6d4f-x1", ready=True)


def test_of_a_deployments_conditions_only_troubles_are_kept() -> None:
    made = objects.deployment("shop", "checkout")
    made["status"]["conditions"] = [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastTransitionTime": SINCE},
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: compute"},
    ]
    found = observation(Kind.DEPLOYMENT, json.dumps(made).encode())
    assert found.conditions == (  # type: ignore[union-attr]
        Condition("Progressing", "False", "ProgressDeadlineExceeded", "", datetime(2026, 11, 25, 10, tzinfo=UTC)),
        Condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: compute"),
    )
    assert found.selector == {"app": "checkout"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "rolling"),
    [
        ({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "observedGeneration": 3}, False),
        ({"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "observedGeneration": 3}, True),
        ({"replicas": 3, "updatedReplicas": 2, "readyReplicas": 3, "observedGeneration": 3}, True),
        ({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "observedGeneration": 2}, True),
        ({"replicas": 2, "readyReplicas": 2, "observedGeneration": 3}, True),
        ({}, False),
    ],
)
def test_a_deployment_is_rolling_until_all_its_pods_are_of_its_template(status: Object, rolling: bool) -> None:
    made = objects.deployment("shop", "checkout")
    made["metadata"]["generation"], made["status"] = 3, status
    assert observation(Kind.DEPLOYMENT, json.dumps(made).encode()).rolling is rolling  # type: ignore[union-attr]
