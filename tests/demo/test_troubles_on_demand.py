"""Pods that do not start, each in its own way; field managers; and what stops when something is taken away."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.pods import TROUBLES
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, PODS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CHECKOUT, Client

IMAGE = "registry.example.test/checkout"
APPS = "/apis/apps/v1/namespaces/shop/deployments/checkout"
SELECTED = "/api/v1/namespaces/shop/pods?labelSelector=app%3Dcheckout"


def green(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(SELECTED)["items"]
    return found


def test_a_side_has_as_many_pods_as_its_deployment_says_and_its_selector_finds_them(
    fleet: DemoFleet, client: Client
) -> None:
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0")
    fleet.advance(12)
    assert [pod["status"]["phase"] for pod in green(client)] == ["Running", "Running"]
    assert len(client.get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dcheckout-primary")["items"]) == 2
    fleet.advance(80)
    assert green(client) == []


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("nopull", "ImagePullBackOff"),
        ("crash", "CrashLoopBackOff"),
        ("noconfig", "CreateContainerConfigError"),
        ("broken", ""),
    ],
)
def test_a_container_is_held_by_what_its_tag_says(fleet: DemoFleet, client: Client, trouble: str, reason: str) -> None:
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0-{trouble}")
    fleet.advance(15)
    for pod in green(client):
        (container,) = pod["status"]["containerStatuses"]
        assert not container["ready"]
        assert container["state"].get("waiting", {}).get("reason", "") == reason
    assert client.get(APPS)["status"].get("readyReplicas", 0) == 0


def test_a_crashing_container_is_started_again_and_again(fleet: DemoFleet, client: Client) -> None:
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0-crash")
    fleet.advance(15)
    first = green(client)[0]["status"]["containerStatuses"][0]["restartCount"]
    fleet.advance(60)
    assert green(client)[0]["status"]["containerStatuses"][0]["restartCount"] > first


def test_pods_too_large_are_not_scheduled_and_pods_over_quota_not_made(fleet: DemoFleet, client: Client) -> None:
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0-toolarge")
    fleet.advance(15)
    assert {one["reason"] for pod in green(client) for one in pod["status"]["conditions"]} == {"Unschedulable"}
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0-overquota")
    fleet.advance(15)
    assert green(client) == []
    conditions = {one["type"]: one["status"] for one in client.get(APPS)["status"]["conditions"]}
    assert conditions["ReplicaFailure"] == "True"


def test_a_good_image_mends_every_trouble(fleet: DemoFleet, client: Client) -> None:
    for number, trouble in enumerate(TROUBLES):
        fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.{number}.0-{trouble}")
        fleet.advance(12)
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:2.0.0")
    fleet.advance(15)
    assert client.get(APPS)["status"]["readyReplicas"] == 2
    assert all(pod["status"]["containerStatuses"][0]["ready"] for pod in green(client))


def test_whoever_changes_a_field_of_a_canary_owns_it(fleet: DemoFleet, client: Client) -> None:
    client.patch(f"{CHECKOUT}?fieldManager=kubectl-patch", {"spec": {"suspend": True}})
    owners = {
        one["manager"]: set(one["fieldsV1"]["f:spec"]) for one in client.get(CHECKOUT)["metadata"]["managedFields"]
    }
    assert owners["kubectl-patch"] == {"f:suspend"}
    client.patch(f"{CHECKOUT}?fieldManager=somebody", {"spec": {"suspend": False}})
    managed = client.get(CHECKOUT)["metadata"]["managedFields"]
    assert [one["manager"] for one in managed if "f:suspend" in one["fieldsV1"]["f:spec"]] == ["somebody"]


def test_without_flagger_nothing_ticks_and_with_it_again_everything_does(fleet: DemoFleet) -> None:
    fleet.patch("eu-west", DEPLOYMENTS, "istio-system", "flagger", {"spec": {"replicas": 0}})
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0")
    fleet.advance(60)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["status"]["phase"] == "Initialized"
    fleet.patch("eu-west", DEPLOYMENTS, "istio-system", "flagger", {"spec": {"replicas": 1}})
    fleet.advance(12)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["status"]["phase"] == "Progressing"


def test_without_prometheus_every_check_fails(fleet: DemoFleet) -> None:
    fleet.delete("eu-west", SERVICES, "istio-system", "prometheus")
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0")
    fleet.advance(35)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["status"]["failedChecks"] > 0


def test_pods_are_gone_with_their_deployment(fleet: DemoFleet) -> None:
    fleet.delete("eu-west", DEPLOYMENTS, "shop", "checkout-primary")
    found = fleet.call(lambda: [pod["metadata"]["name"] for pod in fleet.cluster("eu-west").store.all(PODS, "shop")])
    assert not [name for name in found if name.startswith("checkout-primary")]


def test_a_version_that_answers_with_errors_is_rolled_back_and_the_next_one_promoted(fleet: DemoFleet) -> None:
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.1.0-errors")
    fleet.advance(80)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["status"]["phase"] == "Failed"
    fleet.release("eu-west", "shop", "checkout", f"{IMAGE}:1.2.0")
    fleet.advance(100)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["status"]["phase"] == "Succeeded"
