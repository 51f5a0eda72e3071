"""Images of a policy reach its workloads in the members, as Kurator and Flux bring them there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.kustomize import changed
from kurator_ui.demo.resources import APPLICATIONS, CANARIES, DEPLOYMENTS, KUSTOMIZATIONS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from kurator_ui.demo.store import Address

Obj = dict[str, Any]
MEMBERS = ("eu-west", "eu-north")
DIGEST = f"sha256:{'ab' * 32}"


def labels(cluster: str) -> dict[str, str]:
    prefix = "kustomize.toolkit.fluxcd.io"
    return {f"{prefix}/name": f"checkout-0-attachedcluster-{cluster}", f"{prefix}/namespace": "default"}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[DemoFleet]:
    """`shop/checkout` in two members by a policy, with another workload of the same and one of nobody."""
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:

        def fill() -> None:
            for member in MEMBERS:
                cluster = fleet.cluster(member)
                cluster.namespace("shop")
                made = seeds.deployment("shop", "checkout", "registry.test/checkout:1.0.0", labels=labels(member))
                made["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "proxy:1"})
                cluster.store.create(DEPLOYMENTS, made)
                cluster.store.create(DEPLOYMENTS, seeds.deployment("shop", "cart", "registry.test/checkout:1.0.0"))
                cluster.store.create(SERVICES, seeds.service("shop", "checkout", 8080))
            policy = seeds.sync_policy("demo", "checkout", "shop", seeds.Policy())
            fleet.cluster("hub").store.create(APPLICATIONS, seeds.application("default", "checkout", [policy]))

        fleet.call(fill)
        fleet.advance(65)
        yield fleet


def say(fleet: DemoFleet, *images: Obj, **more: Any) -> None:
    def edit(obj: Obj) -> None:
        obj["spec"]["syncPolicies"][0]["kustomization"].update({"images": list(images), **more})

    fleet.call(lambda: fleet.cluster("hub").store.change(Address(APPLICATIONS, "default", "checkout"), edit))


def image(fleet: DemoFleet, cluster: str, workload: str = "checkout", number: int = 0) -> str:
    found = fleet.get(cluster, DEPLOYMENTS, "shop", workload)["spec"]["template"]["spec"]["containers"][number]
    return str(found["image"])


def ready(fleet: DemoFleet, cluster: str) -> Obj:
    name = f"checkout-0-attachedcluster-{cluster}"
    (found,) = fleet.get("hub", KUSTOMIZATIONS, "default", name)["status"]["conditions"]
    return dict(found)


def test_an_entry_sets_the_image_in_every_member_and_a_release_begins(fleet: DemoFleet) -> None:
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"})
    fleet.advance(1)
    assert image(fleet, "eu-west") == "registry.test/checkout:1.0.0", "it takes some seconds"
    fleet.advance(15)
    for member in MEMBERS:
        assert image(fleet, member) == "registry.test/checkout:2.0.0"
        assert image(fleet, member, number=1) == "proxy:1"
        assert image(fleet, member, "checkout-primary") == "registry.test/checkout:1.0.0", "blue is Flagger's"
        assert image(fleet, member, "cart") == "registry.test/checkout:1.0.0", "nothing of this policy"
        assert fleet.get(member, CANARIES, "shop", "checkout")["status"]["phase"] == "Progressing"
        assert ready(fleet, member)["status"] == "True"


def test_an_entry_of_another_name_changes_nothing(fleet: DemoFleet) -> None:
    before = fleet.get("eu-west", DEPLOYMENTS, "shop", "checkout")["metadata"]["generation"]
    say(fleet, {"name": "checkout", "newTag": "2.0.0"})
    fleet.advance(15)
    assert fleet.get("eu-west", DEPLOYMENTS, "shop", "checkout")["metadata"]["generation"] == before


def test_a_target_that_flux_is_told_to_leave_alone_stays_as_it_is(fleet: DemoFleet) -> None:
    told = {"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}}
    fleet.patch("eu-west", DEPLOYMENTS, "shop", "checkout", told)
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"})
    fleet.advance(15)
    assert [image(fleet, one) for one in MEMBERS] == ["registry.test/checkout:1.0.0", "registry.test/checkout:2.0.0"]


def test_a_suspended_kustomization_does_nothing_until_it_goes_on(fleet: DemoFleet) -> None:
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"}, suspend=True)
    fleet.advance(15)
    assert image(fleet, "eu-west") == "registry.test/checkout:1.0.0"
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"}, suspend=False)
    fleet.advance(15)
    assert image(fleet, "eu-west") == "registry.test/checkout:2.0.0"


@pytest.mark.parametrize(("more", "comes"), [({}, False), ({"retryInterval": "20s"}, True)])
def test_a_member_that_was_away_gets_it_only_where_flux_tries_again(fleet: DemoFleet, more: Obj, comes: bool) -> None:
    fleet.switch("eu-west", "down")
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"}, **more)
    fleet.advance(40)
    assert ready(fleet, "eu-west")["message"] == "the cluster cannot be reached"
    fleet.switch("eu-west", "up")
    fleet.advance(60)
    assert (image(fleet, "eu-west") == "registry.test/checkout:2.0.0") is comes


def test_a_failure_stands_in_the_status_of_the_application(fleet: DemoFleet) -> None:
    say(fleet, {"name": "registry.test/checkout", "newTag": "2.0.0"})
    fleet.advance(0.5)  # Kurator has seen it, and Flux has still to apply it
    fleet.switch("eu-west", "down")
    fleet.advance(10)
    fleet.switch("eu-west", "up")
    fleet.advance(60)
    entries = fleet.get("hub", APPLICATIONS, "default", "checkout")["status"]["syncStatus"]
    said = {one["name"].rpartition("attachedcluster-")[2]: one["kustomizationStatus"] for one in entries}
    assert "conditions" not in said["eu-north"]
    assert said["eu-west"]["conditions"][0]["reason"] == "ReconciliationFailed"


@pytest.mark.parametrize(
    ("before", "entry", "after"),
    [
        ("a/b:1", {"name": "a/b", "newTag": "2"}, "a/b:2"),
        ("a/b:1", {"name": "b", "newTag": "2"}, "a/b:1"),
        ("a/b", {"name": "a/b", "newTag": "2"}, "a/b:2"),
        ("host:5000/b:1", {"name": "host:5000/b", "newTag": "2"}, "host:5000/b:2"),
        ("a/b:1", {"name": "a/b", "newName": "c/d"}, "c/d:1"),
        ("c/d:1", {"name": "a/b", "newName": "c/d", "newTag": "2"}, "c/d:2"),
        ("a/b:1", {"name": "a/b", "digest": DIGEST}, f"a/b@{DIGEST}"),
        (f"a/b@{DIGEST}", {"name": "a/b", "newTag": "2"}, "a/b:2"),
        (f"a/b:1@{DIGEST}", {"name": "a/b", "newName": "c"}, f"c:1@{DIGEST}"),
        ("", {"name": "a/b", "newTag": "2"}, ""),
    ],
)
def test_an_image_becomes_what_kustomize_makes_of_it(before: str, entry: Obj, after: str) -> None:
    assert changed(before, entry) == after
