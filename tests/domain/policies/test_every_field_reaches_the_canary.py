"""Of each field what a person writes into it stands in what Kurator makes of the policy. Real clusters are held to the
same rows by `tests/cluster`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollouts.domain.policies.drafts import Draft, Fitted, fitted
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.rendering import rendered
from tests.support.rows_of_fields import (
    HUB,
    ISTIO,
    KUMA,
    METRIC,
    NGINX,
    ONLY_ONE,
    TEMPLATE,
    Row,
    another_workload,
    at,
    start,
)

START = ("checkout", "shop", 8080)
OTHER = another_workload("DaemonSet", "agent", "edge", 9999)
TURNS = [("blue-green", ISTIO), ("canary", KUMA), ("canary", NGINX), ("ab-testing", OTHER)]


def test_every_field_has_a_row() -> None:
    rows = {name for _, turn in TURNS for name in turn} | {*ONLY_ONE}
    of_metrics = {f"metrics-2-{name}" for name in PLACED_IN_METRIC}
    assert {*PLACED, *of_metrics, "commands-0", "commands-1"} - rows == set()


def test_each_is_there_as_it_was_written() -> None:
    rollout: Any = start(*START)
    for strategy, turn in TURNS:
        before = {name: value_of(rollout, row) for name, row in turn.items()}
        texts = {**shown(read(rollout)), **{name: row.text for name, row in turn.items()}, STRATEGY: strategy}
        found = fitted(Draft(rollout, numbered(texts)), rollout)
        assert isinstance(found, Fitted), found
        rollout = found.then
        for name, row in turn.items():
            assert value_of(rollout, row) == row.value, name
            assert before[name] != row.value, f"{name} was so already"


def value_of(rollout: Mapping[str, Any], row: Row) -> Any:
    canary = {"metadata": rollout["workload"], "spec": rendered(dict(rollout), "eu-west")}
    metrics = rollout["rolloutPolicy"]["trafficAnalysis"]["metrics"]
    template = next(({"spec": one["customMetric"]} for one in metrics if one["name"] == METRIC), {})
    return at({HUB: rollout, TEMPLATE: template}.get(row.of, canary), row.at)
