"""A Canary as Flagger understands it: its defaults, its choices, and values that nobody should have written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import (
    Canary,
    Check,
    Hook,
    Kind,
    Phase,
    Strategy,
)
from tests.support import objects
from tests.support.objects import Object

RECORDINGS = Path(__file__).parents[2] / "recordings"


def read(kind: Kind, found: Object, *, deleted: bool = False) -> Any:
    return observation(kind, json.dumps(found).encode(), deleted=deleted)


def canary(spec: Object | None = None, *, meta: Object | None = None, **status: Any) -> Canary:
    made = objects.canary("shop", "checkout", spec=spec, **status)
    made["metadata"] |= {"uid": "u-1", "resourceVersion": "7", **(meta or {})}
    found = read(Kind.CANARY, made)
    assert isinstance(found, Canary), found
    return found


def analysis(**fields: Any) -> Canary:
    return canary({"analysis": {"interval": "10s", "iterations": 3, "threshold": 2, **fields}})


def test_a_canary_is_read_whole() -> None:
    made = objects.canary(
        "shop", "checkout", phase="Progressing", iterations=2, failedChecks=1, lastAppliedSpec="bbb",
        trackedConfigs={"configmap/a": "1f"}, lastTransitionTime="2026-11-23T16:18:03Z",
        spec={
            "targetRef": {"kind": "DaemonSet", "name": "checkout"}, "ingressRef": {"name": "web"}, "suspend": True,
            "service": {"port": 80, "gateways": ["istio-system/gw"], "hosts": ["a.example"]}, "skipAnalysis": True,
            "revertOnDeletion": True, "progressDeadlineSeconds": 60,
            "analysis": {
                "interval": "1m30s", "iterations": 3, "threshold": 2, "mirror": True,
                "metrics": [{"name": "request-duration", "interval": "30s", "thresholdRange": {"max": 500}}],
                "webhooks": [{"name": "gate", "type": "confirm-promotion"}, {"name": "load"}],
            },
        },
    )  # fmt: skip
    made["metadata"] |= {"uid": "u-1", "resourceVersion": "7", "creationTimestamp": "2026-11-23T16:12:33Z"}
    then = datetime(2026, 11, 23, 16, 18, 3, tzinfo=UTC)
    assert read(Kind.CANARY, made) == Canary(
        "shop", "checkout", "u-1", "7", datetime(2026, 11, 23, 16, 12, 33, tzinfo=UTC),
        provider="istio", target_kind="DaemonSet", target_name="checkout", service_name="checkout", ingress_name="web",
        gateways=("istio-system/gw",), hosts=("a.example",), strategy=Strategy.BLUE_GREEN, interval=90,
        interval_text="1m30s",
        iterations_wanted=3, threshold=2, mirror=True, progress_deadline=60,
        checks=(Check("request-duration", 30, None, 500.0, "30s"),),
        hooks=(Hook("gate", "confirm-promotion"), Hook("load", "")),
        skip_analysis=True, suspended=True, revert_on_deletion=True, phase=Phase.PROGRESSING, iterations=2,
        failed_checks=1, last_applied="bbb", last_promoted="aaa", tracked_configs={"configmap/a": "1f"},
        last_transition_at=then, phase_at=then, promoted_at=then, message="Progressing.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "fields", "expected"),
    [
        ("istio", {"iterations": 3}, (Strategy.BLUE_GREEN, 3)),
        ("istio", {"iterations": 3, "match": [{"headers": {}}]}, (Strategy.AB_TESTING, 3)),
        ("istio", {"iterations": 3, "match": []}, (Strategy.BLUE_GREEN, 3)),
        ("istio", {"iterations": 0, "stepWeight": 10}, (Strategy.CANARY, 0)),
        ("kubernetes", {"iterations": 0}, (Strategy.BLUE_GREEN, 10)),
        ("kubernetes", {"iterations": 4, "match": [{}]}, (Strategy.BLUE_GREEN, 4)),
    ],
)
def test_the_strategy_is_the_one_flagger_chooses(provider: str, fields: Object, expected: tuple[Strategy, int]) -> None:
    found = canary({"provider": provider, "analysis": {"interval": "10s", **fields}})
    assert (found.strategy, found.iterations_wanted) == expected


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90), ("2m", 120), ("1m30s", 90), ("1h", 3600), ("1.5m", 90), ("", 60), (None, 60), ("90", 60),
        ("ten", 60), ("1m!", 60), ("5s", 10), ("0s", 10), ("-30s", 10), ("500ms", 10), ("1s2", 60),
        ("9" * 40 + "h", 2**31 - 1),
    ],
)  # fmt: skip
def test_the_interval_is_the_one_flagger_keeps(written: str | None, seconds: int) -> None:
    assert analysis(interval=written).interval == seconds


def test_the_interval_is_kept_as_it_is_written_where_it_can_be_written_again() -> None:
    assert analysis(interval="90s").interval_text == "90s"
    assert analysis(interval=None).interval_text == ""
    assert canary({"analysis": None, "canaryAnalysis": {"interval": "90s"}}).interval_text == ""


def test_defaults_are_flaggers() -> None:
    found = canary({"analysis": {"iterations": 1}})
    assert (found.interval, found.threshold, found.max_weight, found.progress_deadline) == (60, 1, 100, 600)
    assert canary({"analysis": {"iterations": 1, "threshold": 0}}).threshold == 1
    assert canary({"service": {"name": "front"}}).service_name == "front"


def test_an_analysis_that_is_not_described_is_skipped() -> None:
    assert canary({"analysis": None}).skip_analysis
    assert not canary({"analysis": None, "canaryAnalysis": {"iterations": 5}}).skip_analysis
    assert canary({"analysis": None, "canaryAnalysis": {"iterations": 5}}).iterations_wanted == 5


def test_steps_of_a_progressive_run_are_written_out() -> None:
    assert analysis(iterations=0, stepWeight=20, maxWeight=50).step_weights == (20, 40, 60)
    assert analysis(iterations=0, stepWeights=[1, 5, 50]).step_weights == (1, 5, 50)
    assert analysis(iterations=0, stepWeights=[1, 5, 50]).max_weight == 50
    assert len(analysis(iterations=0, stepWeight=1).step_weights) == 100


def test_checks_without_limits_have_the_deprecated_threshold() -> None:
    metrics = [
        {"name": "request-success-rate", "threshold": 99},
        {"name": "request-duration"},
        {"name": "errors", "templateRef": {"name": "errors"}, "thresholdRange": {"min": 1, "max": 2}},
    ]
    assert analysis(metrics=metrics).checks == (
        Check("request-success-rate", 60, 99.0, None, "1m"),
        Check("request-duration", 60, None, 0.0, "1m"),
        Check("errors", 0, 1.0, 2.0, template="errors", template_namespace="shop"),
    )


def test_where_a_checks_values_come_from_is_kept() -> None:
    template = {"name": "errors", "namespace": "monitoring"}
    metrics = [
        {"name": "errors", "interval": "30s", "templateRef": template, "templateVariables": {"direction": "inbound"}},
        {"name": "old", "interval": "1m", "query": "sum(up)"},
    ]
    found = canary({"analysis": {"iterations": 1, "metrics": metrics}, "metricsServer": "http://prometheus:9090"})
    assert found.metrics_server == "http://prometheus:9090"
    assert found.checks == (
        Check("errors", 30, None, 0.0, "30s", "", "errors", "monitoring", {"direction": "inbound"}),
        Check("old", 60, None, 0.0, "1m", "sum(up)"),
    )


def test_a_built_in_name_is_evaluated_beside_what_the_entry_asks_itself() -> None:
    variables = {"a": "b"}
    metrics = [
        {
            "name": "request-success-rate",
            "threshold": 99,
            "templateRef": {"name": "rate"},
            "templateVariables": variables,
        },
        {"name": "errors", "query": "sum(up)", "templateRef": {"name": "errors"}, "thresholdRange": {"max": 5}},
    ]
    assert analysis(metrics=metrics).checks == (
        Check("request-success-rate", 60, 99.0, None, "1m"),
        Check("request-success-rate (template)", 60, None, 99.0, "", "", "rate", "shop", variables),
        Check("errors", 0, None, 5.0, query="sum(up)"),
        Check("errors (template)", 0, None, 5.0, template="errors", template_namespace="shop"),
    )


def test_a_name_that_is_told_from_another_still_fits_where_names_are_kept() -> None:
    metrics = [{"name": "x" * 300, "query": "sum(up)", "templateRef": {"name": "errors"}}]
    names = [check.name for check in analysis(metrics=metrics).checks]
    assert [len(name) for name in names] == [253, 253]
    assert names[1].endswith("x (template)")


def test_who_owns_the_object_is_kept_and_other_labels_are_not() -> None:
    found = canary(
        meta={
            "labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "app.kubernetes.io/managed-by": "Helm", "team": "x"},
            "annotations": {
                "kurator.dev/rollout": "checkout-prod",
                "meta.helm.sh/release-name": "checkout",
                "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:x",
                "kubectl.kubernetes.io/last-applied-configuration": "x" * 200_000,
            },
            "managedFields": [{"manager": "flagger"}, {"manager": "kubectl"}, {"manager": "kubectl"}],
        }
    )
    assert found.labels == {
        "kustomize.toolkit.fluxcd.io/name": "shop",
        "app.kubernetes.io/managed-by": "Helm",
        "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:x",
    }
    assert (found.policy, found.helm_release, found.managers) == ("checkout-prod", "checkout", ("kubectl",))


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.UNKNOWN])
def test_every_phase_is_known(phase: Phase) -> None:
    found = canary(phase=phase.value)
    assert (found.phase, found.phase_text) == (phase, "")


def test_a_phase_of_the_future_is_kept_as_it_is_written() -> None:
    found = canary(phase="Levitating")
    assert (found.phase, found.phase_text) == (Phase.UNKNOWN, "Levitating")


def test_absurd_values_are_brought_within_reason() -> None:
    found = canary(
        iterations=-4, failedChecks=10**30, canaryWeight="50", lastTransitionTime="yesterday", lastAppliedSpec="a\x00b"
    )
    assert (found.iterations, found.failed_checks, found.weight) == (0, 2**31 - 1, 50)
    assert (found.last_transition_at, found.last_applied) == (None, "ab")
    assert canary(lastTransitionTime="0001-01-01T00:00:00Z").last_transition_at is None
    assert canary(conditions=None, trackedConfigs=None).phase_at is None


def test_a_canary_without_status_is_not_processed_yet() -> None:
    made = objects.canary("shop", "checkout")
    statuses: tuple[Object | None, ...] = (None, {})
    for status in statuses:
        found = read(Kind.CANARY, {**made, "status": status})
        assert (found.phase, found.phase_text, found.iterations) == (Phase.UNSET, "", 0)
    del made["status"], made["spec"]
    assert read(Kind.CANARY, made).skip_analysis


@pytest.mark.parametrize("spec", [{}, {"analysis": "none"}])
def test_a_uid_longer_than_any_is_cut_to_what_can_be_kept(spec: Object) -> None:
    made = objects.canary("shop", "checkout", spec=spec)
    made["metadata"]["uid"] = "u" * 300
    assert read(Kind.CANARY, made).uid == read(Kind.CANARY, made, deleted=True).uid == "u" * 64
