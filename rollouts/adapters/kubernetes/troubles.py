"""What is wrong with an Application: policies that Kurator cannot render, and Flux objects that report a failure.

Which fields must be there, and what happens without them, is Kurator's `rollout_helper.go`: it does not check them, and
its run for the Application ends at the first one missing, again and again.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from rollouts.adapters.kubernetes.shapes import TEXT_LIMIT, instant, text
from rollouts.domain.kurator import Trouble, TroubleKind

MOST = 20
"""Troubles kept of one Application."""


class WorkloadRef(Struct):
    name: str | None = None
    namespace: str | None = None
    kind: str | None = None


class Present(Struct):
    """Only that it is there matters."""


class MetricSpec(Struct, rename="camel"):
    name: str | None = None
    interval_seconds: int | None = None


class HooksSpec(Struct, rename="camel"):
    command: list[str] | None = None
    timeout_seconds: int | None = None


class AnalysisSpec(Struct):
    metrics: list[MetricSpec] | None = None
    webhooks: HooksSpec | None = None


class RolloutPolicy(Struct, rename="camel"):
    traffic_routing: Present | None = None
    traffic_analysis: AnalysisSpec | None = None
    suspend: bool | None = None
    skip_traffic_analysis: bool | None = None


class RolloutSpec(Struct, rename="camel"):
    workload: WorkloadRef | None = None
    service_name: str | None = None
    rollout_policy: RolloutPolicy | None = None


class FluxCondition(Struct, rename="camel"):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class FluxStatus(Struct):
    conditions: list[FluxCondition] | None = None


class SourceStatus(Struct, rename="camel"):
    git_repo_status: FluxStatus | None = None
    helm_repo_status: FluxStatus | None = None
    oci_repo_status: FluxStatus | None = None


class SyncStatus(Struct, rename="camel"):
    name: str | None = None
    kustomization_status: FluxStatus | None = None
    helm_release_status: FluxStatus | None = field(name="HelmReleaseStatus", default=None)


class ApplicationStatus(Struct, rename="camel"):
    source_status: SourceStatus | None = None
    sync_status: list[SyncStatus] | None = None


def of_policy(name: str, index: int, rollout: RolloutSpec) -> Iterator[Trouble]:
    at = f"spec.syncPolicies[{index}].rollout"
    workload = rollout.workload or WorkloadRef()
    service = text(rollout.service_name)
    if service and workload.name and service != workload.name:
        said = f"{service}, the workload is {text(workload.name)}"
        yield Trouble(TroubleKind.NAMES_DIFFER, f"{at}.serviceName", said, policy=name)
    for missing in _missing(rollout.rollout_policy):
        yield Trouble(TroubleKind.INCOMPLETE, f"{at}.{missing}", "missing", policy=name)


def _missing(policy: RolloutPolicy | None) -> Iterator[str]:
    if policy is None:
        yield "rolloutPolicy"
        return
    if policy.traffic_routing is None:
        yield "rolloutPolicy.trafficRouting"
    analysis = policy.traffic_analysis
    if analysis is None:
        yield "rolloutPolicy.trafficAnalysis"
        return
    for number, metric in enumerate((analysis.metrics or ())[:MOST]):
        if metric.interval_seconds is None:
            yield f"rolloutPolicy.trafficAnalysis.metrics[{number}].intervalSeconds"
    hooks = analysis.webhooks
    if hooks is not None and hooks.command and hooks.timeout_seconds is None:
        yield "rolloutPolicy.trafficAnalysis.webhooks.timeoutSeconds"


def of_status(status: ApplicationStatus | None) -> Iterator[Trouble]:
    """Flux says why an object is not Ready; while it is still at work (Unknown) nothing is wrong yet."""
    if status is None:
        return
    source = status.source_status or SourceStatus()
    for name, found in (
        ("gitRepoStatus", source.git_repo_status),
        ("helmRepoStatus", source.helm_repo_status),
        ("ociRepoStatus", source.oci_repo_status),
    ):
        yield from _failed(found, f"status.sourceStatus.{name}", "")
    for entry in (status.sync_status or ())[:500]:
        where = f"status.syncStatus[{text(entry.name)}]"
        yield from _failed(entry.kustomization_status, f"{where}.kustomizationStatus", text(entry.name))
        yield from _failed(entry.helm_release_status, f"{where}.HelmReleaseStatus", text(entry.name))


def _failed(found: FluxStatus | None, where: str, entry: str) -> Iterator[Trouble]:
    for one in (found or FluxStatus()).conditions or ():
        if one.type == "Ready" and one.status == "False":
            said = ": ".join(part for part in (text(one.reason), text(one.message, TEXT_LIMIT)) if part)
            at = instant(one.last_transition_time)
            yield Trouble(TroubleKind.SYNC_FAILED, f"{where}.conditions[Ready]", said, entry=entry, at=at)
