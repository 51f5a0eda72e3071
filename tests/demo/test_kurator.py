from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.rendering import policy_name, render, resource_name
from kurator_ui.demo.resources import APPLICATIONS, ATTACHED_CLUSTERS, CANARIES, DEPLOYMENTS, FLEETS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import Client
from tests.demo.recordings import lines

Obj = dict[str, Any]
FLEET_LABEL = "fleet.kurator.dev/fleet-name"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[DemoFleet]:
    """A hub with two members, `shop/checkout` rolled out over both."""
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:

        def fill() -> None:
            for member in ("eu-west", "eu-north"):
                cluster = fleet.cluster(member)
                cluster.namespace("shop")
                cluster.store.create(DEPLOYMENTS, seeds.deployment("shop", "checkout", "checkout:1.0.0"))
                cluster.store.create(SERVICES, seeds.service("shop", "checkout", 8080))
            policy = seeds.sync_policy("demo", "checkout", "shop", seeds.Policy())
            fleet.cluster("hub").store.create(APPLICATIONS, seeds.application("default", "checkout", [policy]))

        fleet.call(fill)
        fleet.advance(65)
        yield fleet


def reported(fleet: DemoFleet) -> dict[str, Obj]:
    """Status of the Canary on each cluster, as the Application has it."""
    application = fleet.get("hub", APPLICATIONS, "default", "checkout")
    entries = [entry["rolloutStatus"] for entry in application["status"]["syncStatus"]]
    return {entry["clusterName"]: entry["rolloutStatusInCluster"] for entry in entries}


@pytest.mark.parametrize("name", ["kurator-success", "kurator-newer-version", "kurator-skip-analysis"])
def test_an_application_renders_the_canary_that_the_real_one_rendered(name: str) -> None:
    objects = [line.obj for line in lines(name)]
    application = next(obj for obj in objects if obj["kind"] == "Application")
    recorded = next(obj for obj in objects if obj["kind"] == "Canary")
    rollout = application["spec"]["syncPolicies"][0]["rollout"]
    apex = seeds.service("webapp", "backend", 9898)
    made = render(rollout, policy_name(application, 0), apex, "kurator-member1")
    assert made["spec"] == recorded["spec"]
    assert made["metadata"]["annotations"] == recorded["metadata"]["annotations"]


def test_names_follow_kurators_rule() -> None:
    objects = [line.obj for line in lines("kurator-success")]
    application = next(obj for obj in objects if obj["kind"] == "Application")
    names = {entry["name"] for entry in application["status"]["syncStatus"]}
    assert resource_name(policy_name(application, 0), "AttachedCluster", "kurator-member1") in names
    assert len(resource_name("p" * 80, "AttachedCluster", "one")) == 63


def test_the_status_is_copied_every_thirty_seconds(fleet: DemoFleet) -> None:
    before = reported(fleet)
    assert {status["phase"] for status in before.values()} == {"Initialized"}
    fleet.release("eu-west", "shop", "checkout", "checkout:1.1.0")
    fleet.advance(31)
    copied = reported(fleet)["eu-west"]
    assert copied["phase"] == "Progressing"
    assert reported(fleet)["eu-north"] == before["eu-north"]


def test_one_unreachable_member_freezes_the_whole_application(fleet: DemoFleet) -> None:
    before = reported(fleet)
    fleet.switch("eu-north", "down")
    fleet.release("eu-west", "shop", "checkout", "checkout:1.1.0")
    fleet.advance(65)
    assert reported(fleet) == before
    fleet.switch("eu-north", "up")
    fleet.advance(31)
    assert reported(fleet)["eu-west"]["phase"] != "Initialized"


def test_a_deleted_application_takes_its_canaries_along(fleet: DemoFleet) -> None:
    fleet.delete("hub", APPLICATIONS, "default", "checkout")
    assert fleet.get("hub", APPLICATIONS, "default", "checkout")["metadata"]["deletionTimestamp"]
    fleet.advance(2)

    def left() -> list[Obj | None]:
        gone = [fleet.cluster(name).store.find(CANARIES, "shop", "checkout") for name in ("eu-west", "eu-north")]
        return [*gone, fleet.cluster("hub").store.find(APPLICATIONS, "default", "checkout")]

    assert fleet.call(left) == [None, None, None]


def test_members_come_and_go_with_the_fleet(fleet: DemoFleet) -> None:
    def labels(name: str) -> dict[str, str]:
        return dict(fleet.get("hub", ATTACHED_CLUSTERS, "default", name)["metadata"]["labels"])

    assert labels("eu-north")[FLEET_LABEL] == "demo"
    assert fleet.get("hub", FLEETS, "default", "demo")["status"]["readyClusters"] == 2
    fleet.patch(
        "hub", FLEETS, "default", "demo", {"spec": {"clusters": [{"kind": "AttachedCluster", "name": "eu-west"}]}}
    )
    fleet.advance(1)
    assert FLEET_LABEL not in labels("eu-north")
    assert fleet.get("hub", FLEETS, "default", "demo")["status"]["readyClusters"] == 1


def test_the_viewer_of_the_hub_finds_the_way_to_the_members(fleet: DemoFleet) -> None:
    viewer = Client(fleet, "hub", "viewer")
    secrets = "/api/v1/namespaces/default/secrets"
    assert viewer.ask("GET", f"{secrets}/eu-west-kubeconfig")[0] == 200
    assert viewer.ask("GET", f"{secrets}/another")[0] == 403
    assert viewer.ask("GET", secrets)[0] == 403


def test_a_policy_that_makes_the_real_one_panic_changes_nothing(fleet: DemoFleet) -> None:
    def break_policy(obj: Obj) -> None:
        del obj["spec"]["syncPolicies"][0]["rollout"]["rolloutPolicy"]["trafficRouting"]

    before = fleet.get("eu-west", CANARIES, "shop", "checkout")["spec"]
    found = fleet.get("hub", APPLICATIONS, "default", "checkout")
    break_policy(found)
    fleet.call(lambda: fleet.cluster("hub").store.update(APPLICATIONS, found))
    fleet.advance(31)
    assert fleet.get("eu-west", CANARIES, "shop", "checkout")["spec"] == before
