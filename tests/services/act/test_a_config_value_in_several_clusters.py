"""Another value in the ConfigMaps of several clusters of an application, from the choice to the releases it begins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CONFIGMAPS
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Plan, Unsaid
from rollouts.domain.earlier import Difference
from rollouts.domain.errors import Unreachable
from rollouts.models import AuditEntry, Batch, Cluster, Command
from rollouts.services import act
from tests.services.act.several import CLUSTERS, NAME, NAMESPACE, Several

IMAGE = "registry.example.test/checkout:1.0.0"
SETTINGS = "checkout-settings"
CHOICE = {"setting": f"{SETTINGS}/pageSize", "value": "80"}
BEFORE = ("50", "60", "50")


class Reading(Several):
    """`dead`: clusters that give no answer."""

    dead: tuple[str, ...] = ()

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if task == "rollouts.tasks.read_configs":
            act.fetch_configs(copy=arguments["copy"], connect=self.connect, feed=self.feed, now=self.now)
        else:
            super().enqueue(task, arguments)

    def connect(self, cluster: Cluster) -> Any:
        if cluster.name in self.dead:
            raise Unreachable("no answer")
        return super().connect(cluster)


@pytest.fixture
def several(tmp_path: Path, db: None) -> Iterator[Reading]:
    """One value differs in one of the clusters."""
    with DemoFleet(tmp_path, members=len(CLUSTERS), clock=VirtualClock()) as fleet:
        for cluster, value in zip(CLUSTERS, BEFORE, strict=True):
            data = {"pageSize": value, "apiToken": "opensesame"}
            fleet.add_rollout(cluster, NAMESPACE, NAME, IMAGE, configs={SETTINGS: data})
        fleet.advance(25)
        made = Reading(fleet)
        yield made
        made.close()


def opened(several: Reading) -> list[act.Part]:
    """As somebody opens the dialog, and the clusters are read."""
    act.being_read_in(parts=several.preview(Act.CONFIG_VALUE)[1], enqueue=several.enqueue, now=several.now())
    return several.preview(Act.CONFIG_VALUE)[1]


def request(several: Reading, pace: act.Pace | None = None, **given: Any) -> Batch:
    several.look_at_pods()
    opened(several)
    return several.request(Act.CONFIG_VALUE, pace, seen=several.preview(Act.CONFIG_VALUE, **CHOICE), **given)


def values(several: Reading) -> list[str]:
    return [several.fleet.get(name, CONFIGMAPS, NAMESPACE, SETTINGS)["data"]["pageSize"] for name in CLUSTERS]


def set_by_others(several: Reading, cluster: str, value: str) -> None:
    several.fleet.patch(cluster, CONFIGMAPS, NAMESPACE, SETTINGS, {"data": {"pageSize": value}})


def test_each_cluster_is_read_and_says_what_its_own_value_becomes(several: Reading) -> None:
    parts = opened(several)
    assert all(isinstance(part.judged, Unsaid) and part.configs is not None for part in parts)
    _, parts = several.preview(Act.CONFIG_VALUE, **CHOICE)
    plans = [part.judged for part in parts if isinstance(part.judged, Plan)]
    found = [plan.differences for plan in plans]
    assert found == [(Difference(CHOICE["setting"], value, "80"),) for value in BEFORE]
    assert len({plan.effect for plan in plans}) == 1, "it is kept, and so names no value"


def test_a_release_of_it_begins_in_every_cluster(several: Reading) -> None:
    batch = request(several)
    several.work()
    assert values(several) == ["80"] * 3
    several.tick()
    several.settle()
    assert several.states(batch) == ["observed"] * 3
    assert several.phases == ["Progressing"] * 3


def test_each_command_is_bound_to_the_value_that_was_seen_in_its_cluster(several: Reading) -> None:
    batch = request(several)
    kept = batch.commands.order_by("id").values_list("choice", flat=True)
    assert [one["replaced"] for one in kept] == list(BEFORE)
    set_by_others(several, CLUSTERS[1], "70")
    several.work()
    assert several.states(batch) == ["accepted", "refused", "accepted"]
    assert values(several) == ["80", "70", "80"]
    assert "to another value meanwhile" in Command.objects.get(state="refused").sentence


def test_where_it_is_so_already_it_is_left_out(several: Reading) -> None:
    set_by_others(several, CLUSTERS[1], "80")
    opened(several)
    _, parts = several.preview(Act.CONFIG_VALUE, **CHOICE)
    assert [isinstance(part.judged, Plan) for part in parts] == [True, False, True]
    assert str(parts[1].judged) == "It has this value already."


def test_a_cluster_without_the_key_or_with_a_release_that_runs_is_left_out_with_the_reason(several: Reading) -> None:
    several.fleet.patch(CLUSTERS[0], CONFIGMAPS, NAMESPACE, SETTINGS, {"data": {"pageSize": None, "tint": "blue"}})
    several.tick(10)
    assert several.phases == ["Succeeded", "Initialized", "Initialized"]
    several.fleet.release(CLUSTERS[2], NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    several.tick()
    assert several.status(CLUSTERS[2])["phase"] == "Progressing"
    opened(several)
    _, parts = several.preview(Act.CONFIG_VALUE, **CHOICE)
    assert "There is no value" in str(parts[0].judged)
    assert "A release runs" in str(parts[2].judged)


def test_a_cluster_that_gives_no_answer_is_left_out_and_holds_up_no_other(several: Reading) -> None:
    several.dead = (CLUSTERS[0],)
    opened(several)
    _, parts = several.preview(Act.CONFIG_VALUE, **CHOICE)
    assert [isinstance(part.judged, Plan) for part in parts] == [False, True, True]
    assert "no answer" in str(parts[0].judged)
    batch = several.request(
        Act.CONFIG_VALUE, seen=several.preview(Act.CONFIG_VALUE, **CHOICE), clusters=CLUSTERS[1:]
    )  # fmt: skip
    several.work()
    assert several.states(batch) == ["accepted"] * 2
    assert values(several) == ["50", "80", "80"]


def test_a_cluster_that_gave_no_answer_is_asked_anew(several: Reading) -> None:
    several.dead = (CLUSTERS[0],)
    opened(several)
    several.dead = ()
    several.wait(10)
    opened(several)
    _, parts = several.preview(Act.CONFIG_VALUE, **CHOICE)
    assert [type(part.judged) for part in parts] == [Plan] * len(CLUSTERS)


def test_in_turn_the_next_follows_when_the_release_before_has_begun(several: Reading) -> None:
    batch = request(several, act.Pace(in_turn=True))
    several.work()
    several.settle()
    assert (values(several), several.states(batch)) == (["80", "60", "50"], ["accepted", "waiting", "waiting"])
    several.tick()
    several.settle()
    assert several.states(batch) == ["observed", "requested", "waiting"]


def test_what_is_missing_or_looks_like_a_secret_is_asked_for_and_kept_nowhere(several: Reading) -> None:
    opened(several)
    none, secret = {**CHOICE, "value": ""}, {**CHOICE, "value": "--token=x9"}
    for told, field in (({}, "setting"), (none, "value"), (secret, "value")):
        with pytest.raises(act.BatchUnconfirmed) as raised:
            several.request(Act.CONFIG_VALUE, seen=several.preview(Act.CONFIG_VALUE, **told))
        assert raised.value.field == field
    assert not Command.objects.exists()


def test_the_audit_trail_names_the_key_and_no_value(several: Reading) -> None:
    batch = request(several, record=act.to_trail, record_batch=act.batch_to_trail)
    several.work()
    entry = AuditEntry.objects.get(act="config-value", answer__startswith="Told:")
    assert entry.answer == f"Told: {CHOICE['setting']}. All at once: {', '.join(CLUSTERS)}."
    shown = json.dumps([*AuditEntry.objects.values("answer", "patch"), *batch.commands.values("sentence", "patches")])
    assert "pageSize" in shown
    for value in (*BEFORE, "80"):
        assert f'"{value}"' not in shown
        assert f" {value}" not in shown
