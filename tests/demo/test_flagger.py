"""What the recordings do not show: other strategies and providers, gates, deadlines, deletion, forced ticks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.resources import (
    CANARIES,
    CONFIGMAPS,
    DEPLOYMENTS,
    EVENTS,
    HTTP_ROUTES,
    INGRESSES,
    METRIC_TEMPLATES,
    SERVICES,
    TRAFFIC_ROUTES,
    VIRTUAL_SERVICES,
)
from kurator_ui.demo.seeds import Policy
from kurator_ui.demo.store import Address
from tests.demo.recordings import lines

Obj = dict[str, Any]
AT = Address(CANARIES, "shop", "checkout")
TEMPLATE: Obj = {
    "metadata": {"name": "pods", "namespace": "shop"},
    "spec": {"provider": {"type": "prometheus"}, "query": "avg(http_request_duration_seconds_count)"},
}
METRIC: Obj = {"name": "pods", "interval": "10s", "thresholdRange": {"min": 99}, "templateRef": {"name": "pods"}}


class World:
    """One cluster with `shop/checkout`, initialised."""

    def __init__(self, policy: Policy | None = None, provider: str = "istio", configs: tuple[str, ...] = ()) -> None:
        self.clock = VirtualClock()
        self.cluster = Cluster("one", self.clock)
        self.store = self.cluster.store
        self.cluster.namespace("shop")
        for config in configs:
            self.store.create(CONFIGMAPS, {"metadata": {"name": config, "namespace": "shop"}, "data": {"a": "1"}})
        self.store.create(DEPLOYMENTS, seeds.deployment("shop", "checkout", "checkout:1.0.0", configs=configs))
        self.store.create(SERVICES, seeds.service("shop", "checkout", 8080))
        self.store.create(INGRESSES, seeds.ingress("shop", "checkout"))
        self.store.create(CANARIES, seeds.canary("shop", "checkout", policy, provider=provider))
        self.cluster.start(5.0)
        self.clock.advance(5 + 2 * 10)
        self.steps: list[tuple[str, int, int, int]] = []
        self.store.subscribe(CANARIES, self._note)

    def _note(self, kind: str, obj: Obj, old: Obj | None) -> None:
        status = obj["status"]
        step = (status["phase"], status["iterations"], status["canaryWeight"], status["failedChecks"])
        if not self.steps or self.steps[-1] != step:
            self.steps.append(step)

    @property
    def canary(self) -> Obj:
        return self.store.get(CANARIES, "shop", "checkout")

    @property
    def phase(self) -> str:
        return str(self.canary["status"]["phase"])

    def release(self, version: str = "1.1.0") -> None:
        def edit(obj: Obj) -> None:
            obj["spec"]["template"]["spec"]["containers"][0]["image"] = f"checkout:{version}"

        self.store.change(Address(DEPLOYMENTS, "shop", "checkout"), edit)

    def messages(self) -> list[str]:
        found = sorted(self.store.all(EVENTS), key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [event["message"] for event in found]


def test_a_progressive_canary_moves_traffic_in_steps() -> None:
    world = World(Policy(iterations=None, step_weight=20, max_weight=50))
    world.release()
    world.clock.advance(90)
    weights = [(phase, weight) for phase, _, weight, _ in world.steps]
    assert weights == [
        ("Progressing", 0), ("Progressing", 20), ("Progressing", 40), ("Progressing", 50), ("Promoting", 50),
        ("Finalising", 0), ("Succeeded", 0),
    ]  # fmt: skip


def test_ab_testing_sends_only_what_matches_to_green() -> None:
    match = ({"headers": {"x-beta": {"exact": "yes"}}},)
    world = World(Policy(iterations=2, match=match))
    world.release()
    world.clock.advance(25)
    first, rest = world.store.get(VIRTUAL_SERVICES, "shop", "checkout")["spec"]["http"]
    assert (first["match"], [route["weight"] for route in first["route"]]) == (list(match), [0, 100])
    assert [route["weight"] for route in rest["route"]] == [100, 0]
    world.clock.advance(60)
    assert world.phase == "Succeeded"


def _share(world: World, provider: str) -> int:
    """Green's, from the routing object."""
    if provider == "nginx":
        annotations = world.store.get(INGRESSES, "shop", "checkout-canary")["metadata"]["annotations"]
        return int(annotations["nginx.ingress.kubernetes.io/canary-weight"])
    if provider == "kuma":
        split = world.store.get(TRAFFIC_ROUTES, "", "checkout")["spec"]["conf"]["split"]
        return int(split[1]["weight"])
    refs = world.store.get(HTTP_ROUTES, "shop", "checkout")["spec"]["rules"][0]["backendRefs"]
    return int(refs[1]["weight"])


@pytest.mark.parametrize("provider", ["nginx", "kuma", "gatewayapi:v1"])
def test_every_provider_carries_the_switch_in_its_own_object(provider: str) -> None:
    world = World(Policy(metrics=(METRIC,)), provider)
    world.store.create(METRIC_TEMPLATES, TEMPLATE)
    world.release()
    shares = []
    for _ in range(9):
        world.clock.advance(10)
        shares.append(_share(world, provider))
    assert world.phase == "Succeeded"
    assert shares == [0, 0, 0, 0, 100, 100, 0, 0, 0]


def test_nginx_has_nothing_to_count_before_the_switch() -> None:
    world = World(provider="nginx")
    world.release()
    world.clock.advance(60)
    assert world.phase == "Failed"
    assert any("no values found for nginx metric request-success-rate" in message for message in world.messages())


def test_a_closed_confirm_rollout_gate_makes_it_wait_before_anything_starts() -> None:
    world = World(Policy(webhooks=(seeds.gate("calendar", "confirm-rollout", "istio-system"),)))
    world.release()
    world.clock.advance(30)
    assert world.phase == "Waiting"
    assert world.store.get(DEPLOYMENTS, "shop", "checkout")["spec"]["replicas"] == 0
    assert world.messages().count("Halt checkout.shop advancement waiting for approval calendar") == 1
    world.cluster.gates.call("/gate/open", "checkout", "shop")
    world.clock.advance(80)
    assert world.phase == "Succeeded"


def test_green_that_misses_its_deadline_is_rolled_back() -> None:
    world = World(Policy(deadline=60))
    world.release("1.1.0-broken")
    world.clock.advance(45)
    assert (world.phase, world.canary["status"]["failedChecks"]) == ("Progressing", 0)
    world.clock.advance(60)
    assert world.phase == "Failed"


def test_a_blue_that_never_becomes_ready_leaves_green_live() -> None:
    world = World(Policy(deadline=60))
    world.release()
    while world.phase != "Promoting":
        world.clock.advance(1)

    def spoil(obj: Obj) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = "checkout:broken"

    world.store.change(Address(DEPLOYMENTS, "shop", "checkout-primary"), spoil)
    world.clock.advance(55)
    assert world.phase == "Promoting"
    world.clock.advance(25)
    assert world.steps[-1] == ("Failed", 0, 100, 0)
    (route,) = world.store.get(VIRTUAL_SERVICES, "shop", "checkout")["spec"]["http"]
    assert [side["weight"] for side in route["route"]] == [0, 100]
    assert world.store.get(DEPLOYMENTS, "shop", "checkout")["status"]["readyReplicas"] == 2
    world.clock.advance(60)
    assert world.steps[-1] == ("Failed", 0, 100, 0)


def test_a_changed_interval_forces_a_tick_within_ten_seconds() -> None:
    world = World(replace(Policy(), interval=90))
    world.clock.advance(180)
    world.clock.advance(2)
    world.release()
    world.store.change(AT, lambda obj: obj["spec"]["analysis"].update({"interval": "91s"}))
    world.clock.advance(10)
    assert world.phase == "Progressing"


def test_a_changed_config_map_starts_a_release() -> None:
    world = World(configs=("settings",))
    assert list(world.canary["status"]["trackedConfigs"]) == ["configmap/settings"]
    world.store.change(Address(CONFIGMAPS, "shop", "settings"), lambda obj: obj["data"].update({"a": "2"}))
    world.clock.advance(10)
    assert world.phase == "Progressing"


def test_the_old_image_during_analysis_does_not_abort_and_leads_to_another_run() -> None:
    world = World()
    world.release("1.1.0")
    world.clock.advance(25)
    world.release("1.0.0")
    world.clock.advance(55)
    assert [step[0] for step in world.steps].count("Succeeded") == 1
    world.clock.advance(10)
    assert world.phase == "Progressing"


def test_deletion_with_revert_gives_users_back_to_the_target() -> None:
    world = World(Policy(extra={"revertOnDeletion": True}))
    assert world.canary["metadata"]["finalizers"] == ["finalizer.flagger.app"]
    world.store.delete(CANARIES, "shop", "checkout")
    world.clock.advance(1)
    assert world.phase == "Terminating"
    world.clock.advance(10)
    assert world.store.find(CANARIES, "shop", "checkout") is None
    assert world.store.get(DEPLOYMENTS, "shop", "checkout")["status"]["readyReplicas"] == 2
    assert world.store.get(SERVICES, "shop", "checkout")["spec"]["selector"] == {"app": "checkout"}
    assert world.store.find(DEPLOYMENTS, "shop", "checkout-primary") is None


def test_events_are_combined_exactly_as_the_recorded_ones() -> None:
    told = [line.obj for line in lines("plain-success") if line.obj["kind"] == "Event"]
    recorded = [
        (event["count"], event["message"].replace("backend", "checkout").replace("webapp", "shop"))
        for event in told
        if event["involvedObject"]["kind"] == "Canary"
    ]
    seen: list[tuple[int, str]] = []
    world = World()
    world.store.subscribe(EVENTS, lambda kind, obj, old: seen.append((obj["count"], obj["message"])))
    world.release()
    world.clock.advance(90)
    assert seen == recorded


def test_after_a_burst_events_are_dropped() -> None:
    world = World()
    for minute in range(5):
        world.release(f"1.{minute + 1}.0")
        world.clock.advance(100)
    assert world.phase == "Succeeded"
    assert sum(event["count"] for event in world.store.all(EVENTS)) < 40
