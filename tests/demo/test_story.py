from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.cast import BARE
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.load import LoadGenerator, Size
from kurator_ui.demo.process import REFILL_SECONDS, SEED
from kurator_ui.demo.resources import APPLICATIONS, CANARIES, DEPLOYMENTS, EVENTS, SERVICES, VIRTUAL_SERVICES, Resource
from kurator_ui.demo.serve import MEMBER_NAMES, PLAIN_NAMES
from kurator_ui.demo.story import Story
from kurator_ui.demo.warmup import warm_up

HOUR = 3600
SETTLED = 60
"""Seconds after which the first Canaries are initialised."""

Step = tuple[float, str, str, str, int, int, bool]


class Told:
    """An hour of the story on a virtual clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.fleet = Fleet(folder, self.clock, members=MEMBER_NAMES, plain=PLAIN_NAMES, refill_seconds=REFILL_SECONDS)
        self.fleet.background_saves = False
        self.fleet.prepare("https://127.0.0.1:1")
        self.steps: list[Step] = []
        self.states: Counter[str] = Counter()
        self._last: dict[tuple[str, str], tuple[Any, ...]] = {}
        begun = self.clock.now()
        for name, cluster in self.fleet.clusters.items():
            if not cluster.hub:
                cluster.store.subscribe(CANARIES, lambda kind, obj, old, name=name: self._note(begun, name, obj))  # type: ignore[misc]
        Story(self.fleet, seed=1).begin()
        for _ in range(HOUR // 10):
            self.clock.advance(10)
            self.states.update(cluster.state for cluster in self.fleet.clusters.values())

    def _note(self, begun: float, cluster: str, obj: dict[str, Any]) -> None:
        status, name = obj.get("status") or {}, obj["metadata"]["name"]
        fact = (
            status.get("phase", ""),
            status.get("iterations", 0),
            status.get("failedChecks", 0),
            bool(obj["spec"].get("suspend")),
        )
        if self._last.get((cluster, name)) != fact:
            self._last[(cluster, name)] = fact
            self.steps.append((self.clock.now() - begun, cluster, name, *fact))

    def phases_of(self, name: str) -> set[str]:
        return {step[3] for step in self.steps if step[2] == name}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("story"))


def test_something_moves_within_twenty_seconds_at_any_time(told: Told) -> None:
    moments = [step[0] for step in told.steps]
    assert max(later - earlier for earlier, later in pairwise([*moments, float(HOUR)])) <= 20


def test_releases_take_every_turn(told: Told) -> None:
    ended = Counter(step[3] for step in told.steps)
    assert ended["Succeeded"] > 100
    assert ended["Failed"] > 5
    assert any(step[5] for step in told.steps if step[3] == "Progressing")
    assert "WaitingPromotion" in told.phases_of("backend")
    assert any(step[6] for step in told.steps if step[2] == "billing")
    assert {"Progressing", "Succeeded"} <= told.phases_of("legacy-api")
    assert not any(step[4] for step in told.steps if step[2] == "legacy-api")  # unanalysed
    assert any(step[4] == 5 and step[2] == "catalog" for step in told.steps)


def test_a_waiting_release_is_approved_in_the_end(told: Told) -> None:
    phases = [step[3] for step in told.steps if step[2] == "backend"]
    assert phases.count("Succeeded") >= 3


def test_clusters_drop_out_now_and_then(told: Told) -> None:
    assert told.states["down"] + told.states["hang"] >= 20  # of ten seconds each
    assert told.states["down"] > 0
    assert told.states["hang"] > 0


def test_owners_providers_and_strategies_are_mixed(told: Told) -> None:
    staging, warehouse = told.fleet.clusters["staging"].store, told.fleet.clusters["warehouse"].store
    canaries = [
        canary for cluster in told.fleet.clusters.values() if not cluster.hub for canary in cluster.store.all(CANARIES)
    ]
    assert {canary["spec"]["provider"] for canary in canaries} == {"istio", "nginx", "gatewayapi:v1"}
    assert "kustomize.toolkit.fluxcd.io/name" in staging.get(CANARIES, "webapp", "backend")["metadata"]["labels"]
    assert (
        "argocd.argoproj.io/tracking-id" in warehouse.get(CANARIES, "logistics", "reports")["metadata"]["annotations"]
    )
    assert any(canary["spec"]["analysis"].get("stepWeight") for canary in canaries)
    assert any(canary["spec"]["analysis"].get("match") for canary in canaries)
    managed = [canary for canary in canaries if "kurator.dev/rollout" in (canary["metadata"].get("annotations") or {})]
    assert len(managed) == 24


def test_the_application_reports_what_the_members_do(told: Told) -> None:
    application = told.fleet.clusters["hub"].store.get(APPLICATIONS, "default", "checkout")
    reported = {entry["rolloutStatus"]["clusterName"] for entry in application["status"]["syncStatus"]}
    assert reported == set(MEMBER_NAMES)
    assert application["status"]["syncStatus"][0]["name"] == "checkout-0-attachedcluster-eu-west"


def test_failed_checks_still_have_their_reason_after_an_hour(told: Told) -> None:
    recent = list(told.fleet.clusters["eu-west"].store.all(EVENTS))
    assert any("Halt" in event["message"] or "Advance" in event["message"] for event in recent)


def test_a_new_installation_begins_with_a_past_that_shows_everything(tmp_path: Path) -> None:
    warm_up(tmp_path, MEMBER_NAMES, PLAIN_NAMES, REFILL_SECONDS, SEED)
    assert not list(tmp_path.glob("*.kubeconfig"))  # nobody answers yet
    fleet = Fleet(tmp_path, VirtualClock(), members=MEMBER_NAMES, plain=PLAIN_NAMES)
    fleet.prepare("https://127.0.0.1:1")
    canaries = [
        canary for cluster in fleet.clusters.values() if not cluster.hub for canary in cluster.store.all(CANARIES)
    ]
    assert len(canaries) == 37
    phases = Counter(canary["status"]["phase"] for canary in canaries)
    assert min(phases[phase] for phase in ("Succeeded", "Failed", "Progressing", "WaitingPromotion")) >= 1
    assert any(canary["spec"].get("suspend") for canary in canaries)
    waiting = [canary["status"]["iterations"] for canary in canaries if canary["status"]["phase"] == "WaitingPromotion"]
    assert max(waiting) <= 3  # users are still on blue
    assert any(canary["status"]["failedChecks"] for canary in canaries if canary["status"]["phase"] == "Progressing")


def test_the_load_has_the_wished_size_and_pace_and_moves_routes_first(tmp_path: Path) -> None:
    clock = VirtualClock()
    fleet = Fleet(tmp_path, clock, members=(), plain=("one", "two", "three"), controllers=False)
    fleet.prepare("https://127.0.0.1:1")
    load = LoadGenerator(fleet, Size(rollouts=100, changes=20), seed=1)
    load.begin()
    assert sum(1 for cluster in fleet.clusters.values() for _ in cluster.store.all(CANARIES)) == 100
    assert len(list((tmp_path / "clusters").glob("*.kubeconfig"))) == 3
    changes: list[tuple[str, str, str, int]] = []

    def note(obj: dict[str, Any]) -> None:
        if obj["kind"] == "Canary":
            changes.append(
                (
                    "status",
                    obj["metadata"]["name"] + obj["metadata"]["namespace"],
                    obj["status"]["phase"],
                    obj["status"]["iterations"],
                )
            )
        else:
            green = obj["spec"]["http"][0]["route"][1]["weight"]
            changes.append(("routing", obj["metadata"]["name"] + obj["metadata"]["namespace"], "", green))

    for cluster in fleet.clusters.values():
        for resource in (CANARIES, VIRTUAL_SERVICES):
            cluster.store.subscribe(resource, lambda kind, obj, old: note(obj))
    clock.advance(60)
    statuses = [change for change in changes if change[0] == "status"]
    assert abs(len(statuses) - 60 * 20) <= 20
    assert {"Progressing", "Promoting", "Finalising", "Succeeded", "Failed"} == {change[2] for change in statuses}
    for index, change in enumerate(changes):
        if change[0] == "routing":
            following = next(later for later in changes[index + 1 :] if later[1] == change[1])
            assert following[2:] == (("Progressing", 4) if change[3] else ("Finalising", 0))


def story_in(folder: Path, clock: VirtualClock) -> Fleet:
    fleet = Fleet(folder, clock, members=MEMBER_NAMES, plain=PLAIN_NAMES)
    fleet.background_saves = False
    fleet.prepare("https://127.0.0.1:1")
    Story(fleet, seed=1).begin()
    return fleet


@pytest.mark.parametrize("gone", [(), (DEPLOYMENTS,), (DEPLOYMENTS, SERVICES)])
def test_the_next_start_brings_back_the_application_of_the_tour_that_was_deleted(
    gone: tuple[Resource, ...], tmp_path: Path
) -> None:
    clock = VirtualClock()
    first = story_in(tmp_path, clock)
    first.clusters["hub"].store.delete(APPLICATIONS, "default", BARE.name)
    for resource in gone:
        first.clusters["eu-west"].store.delete(resource, BARE.namespace, BARE.name)
    clock.advance(30)  # Kurator lets go of it
    assert first.clusters["hub"].store.find(APPLICATIONS, "default", BARE.name) is None
    first.save(orderly=True)
    second = story_in(tmp_path, clock)
    assert not second.fresh
    found = second.clusters["hub"].store.get(APPLICATIONS, "default", BARE.name)
    assert "rollout" not in found["spec"]["syncPolicies"][0]
    for resource in (DEPLOYMENTS, SERVICES):
        assert second.clusters["eu-west"].store.find(resource, BARE.namespace, BARE.name) is not None


def test_the_next_start_leaves_the_application_of_the_tour_as_it_is(tmp_path: Path) -> None:
    clock = VirtualClock()
    first = story_in(tmp_path, clock)
    before = first.clusters["hub"].store.get(APPLICATIONS, "default", BARE.name)
    first.save(orderly=True)
    assert story_in(tmp_path, clock).clusters["hub"].store.get(APPLICATIONS, "default", BARE.name) == before
