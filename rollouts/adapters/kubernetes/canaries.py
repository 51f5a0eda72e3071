"""A Canary as Flagger understands it: its spec with Flagger's own defaults, its status as written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import Struct, field

from rollouts.adapters.kubernetes.owners import ARGO_TRACKING, managers_of, owner_labels, owner_of
from rollouts.adapters.kubernetes.shapes import (
    NAME_LIMIT,
    TEXT_LIMIT,
    UID_LIMIT,
    Meta,
    Reference,
    count,
    duration,
    instant,
    text,
    texts,
)
from rollouts.domain.checks import BUILT_IN, PART_QUERY, PART_TEMPLATE
from rollouts.domain.observations import Canary, Check, Hook, Phase, Strategy

FLAGGER_ITSELF = "flagger"
URL_LIMIT = 1000
NAMED = NAME_LIMIT - len(PART_TEMPLATE)
QUERY_LIMIT = 20_001
"""One more than is ever asked, so that a query cut short is not taken for a whole one."""


class Annotations(Struct):
    policy: str | None = field(name="kurator.dev/rollout", default=None)
    helm_release: str | None = field(name="meta.helm.sh/release-name", default=None)
    argo: str | None = field(name=ARGO_TRACKING, default=None)


class CanaryMeta(Meta):
    annotations: Annotations | None = None


class Range(Struct):
    min: float | None = None
    max: float | None = None


class TemplateReference(Struct):
    name: str | None = None
    namespace: str | None = None


class Metric(Struct, rename="camel"):
    name: str | None = None
    interval: str | None = None
    threshold: float | None = None
    threshold_range: Range | None = None
    query: str | None = None
    template_ref: TemplateReference | None = None
    template_variables: dict[str, str] | None = None


class Webhook(Struct):
    name: str | None = None
    type: str | None = None
    url: str | None = None


class Match(Struct):
    """Only that there is one matters."""


class AnalysisSpec(Struct, rename="camel"):
    interval: str | None = None
    iterations: int | None = None
    threshold: int | None = None
    max_weight: int | None = None
    step_weight: int | None = None
    step_weights: list[int] | None = None
    mirror: bool | None = None
    match: list[Match | None] | None = None
    metrics: list[Metric] | None = None
    webhooks: list[Webhook] | None = None


class ServiceSpec(Struct):
    name: str | None = None
    gateways: list[str] | None = None
    hosts: list[str] | None = None


class CanarySpec(Struct, rename="camel"):
    provider: str | None = None
    target_ref: Reference | None = None
    ingress_ref: Reference | None = None
    route_ref: Reference | None = None
    metrics_server: str | None = None
    service: ServiceSpec | None = None
    analysis: AnalysisSpec | None = None
    canary_analysis: AnalysisSpec | None = None
    progress_deadline_seconds: int | None = None
    skip_analysis: bool | None = None
    suspend: bool | None = None
    revert_on_deletion: bool | None = None


class Condition(Struct, rename="camel"):
    type: str | None = None
    message: str | None = None
    last_update_time: str | None = None
    last_transition_time: str | None = None


class CanaryStatus(Struct, rename="camel"):
    phase: str | None = None
    canary_weight: int | None = None
    failed_checks: int | None = None
    iterations: int | None = None
    last_applied_spec: str | None = None
    last_promoted_spec: str | None = None
    tracked_configs: dict[str, str] | None = None
    last_transition_time: str | None = None
    conditions: list[Condition] | None = None


class CanaryObject(Struct):
    metadata: CanaryMeta
    spec: CanarySpec | None = None
    status: CanaryStatus | None = None


def canary(found: CanaryObject) -> Canary:
    meta, annotations = found.metadata, found.metadata.annotations or Annotations()
    suspended = found.spec is not None and bool(found.spec.suspend)
    by, at = owner_of(meta.managed_fields or (), "spec", "suspend") if suspended else ("", None)
    return Canary(
        namespace=text(meta.namespace),
        name=text(meta.name),
        uid=text(meta.uid, UID_LIMIT),
        resource_version=text(meta.resource_version),
        created_at=instant(meta.creation_timestamp),
        generation=count(meta.generation),
        labels=owner_labels(meta, annotations.argo),
        policy=text(annotations.policy),
        helm_release=text(annotations.helm_release),
        managers=_managers(meta),
        deleting=bool(meta.deletion_timestamp),
        suspended_by=by,
        suspended_at=at,
        **_of_spec(found.spec or CanarySpec(), text(meta.namespace)),
        **_of_status(found.status or CanaryStatus()),
    )


def _of_spec(spec: CanarySpec, namespace: str) -> dict[str, Any]:
    """The fields of a Canary that are somebody's wish."""
    given = spec.analysis or spec.canary_analysis
    analysis = given or AnalysisSpec()
    service, target = spec.service or ServiceSpec(), spec.target_ref or Reference()
    strategy, iterations = _strategy(spec.provider or "", analysis)
    steps = _steps(analysis)
    return {
        "provider": text(spec.provider),
        "target_kind": text(target.kind) or "Deployment",
        "target_name": text(target.name),
        "service_name": text(service.name) or text(target.name),
        "ingress_name": text(spec.ingress_ref.name if spec.ingress_ref else None),
        "route_name": text(spec.route_ref.name if spec.route_ref else None),
        "metrics_server": text(spec.metrics_server, URL_LIMIT),
        "gateways": texts(service.gateways),
        "hosts": texts(service.hosts),
        "strategy": strategy,
        "interval": _interval(analysis.interval),
        "interval_text": text(spec.analysis.interval) if spec.analysis else "",
        "iterations_wanted": iterations,
        "threshold": count(analysis.threshold) or 1,
        "max_weight": steps[-1] if analysis.step_weights else count(analysis.max_weight) or 100,
        "step_weights": steps,
        "mirror": bool(analysis.mirror),
        "progress_deadline": 600 if spec.progress_deadline_seconds is None else count(spec.progress_deadline_seconds),
        "checks": tuple(check for metric in analysis.metrics or () for check in _checks(metric, namespace)),
        "hooks": tuple(
            Hook(text(hook.name), text(hook.type), text(hook.url, URL_LIMIT)) for hook in analysis.webhooks or ()
        ),
        "skip_analysis": bool(spec.skip_analysis) or given is None,  # Flagger skips an analysis that is not described
        "suspended": bool(spec.suspend),
        "revert_on_deletion": bool(spec.revert_on_deletion),
    }


def _of_status(status: CanaryStatus) -> dict[str, Any]:
    """The fields of a Canary that Flagger wrote."""
    condition = next((one for one in status.conditions or () if one.type == "Promoted"), Condition())
    phase = Phase(status.phase or "")
    return {
        "phase": phase,
        "phase_text": text(status.phase) if phase is Phase.UNKNOWN else "",
        "iterations": count(status.iterations),
        "failed_checks": count(status.failed_checks),
        "weight": count(status.canary_weight),
        "last_applied": text(status.last_applied_spec),
        "last_promoted": text(status.last_promoted_spec),
        "tracked_configs": {text(key, 600): text(value) for key, value in (status.tracked_configs or {}).items()},
        "last_transition_at": instant(status.last_transition_time),
        "phase_at": instant(condition.last_update_time),
        "promoted_at": instant(condition.last_transition_time),
        "message": text(condition.message, TEXT_LIMIT),
    }


def _strategy(provider: str, analysis: AnalysisSpec) -> tuple[Strategy, int]:
    """Flagger's choice: provider kubernetes can only do blue/green, with 10 iterations when none are given."""
    iterations = count(analysis.iterations)
    if provider == "kubernetes":
        return Strategy.BLUE_GREEN, iterations or 10
    if iterations == 0:
        return Strategy.CANARY, 0
    return (Strategy.AB_TESTING if analysis.match else Strategy.BLUE_GREEN), iterations


def _interval(written: str | None) -> int:
    seconds = duration(written)
    return 60 if seconds is None else max(seconds, 10)


def _steps(analysis: AnalysisSpec) -> tuple[int, ...]:
    """The weights that a progressive run goes through; a single `stepWeight` is written out up to the maximum."""
    if analysis.step_weights:
        return tuple(min(count(weight), 100) for weight in analysis.step_weights[:100])
    step = min(count(analysis.step_weight), 100)
    if step == 0:
        return ()
    highest = min(count(analysis.max_weight) or 100, 100)
    return tuple(min(step * number, 100) for number in range(1, -(-highest // step) + 1))


def _checks(metric: Metric, namespace: str) -> tuple[Check, ...]:
    """Flagger evaluates all that an entry has: what a built-in name stands for, its query, and its template."""
    check = _check(metric, namespace)
    is_built_in = check.name in BUILT_IN
    if is_built_in + bool(check.query) + bool(check.template) < 2:
        return (check,)
    limits = _limits(metric, "")
    own = replace(check, minimum=limits[0], maximum=limits[1])
    query = replace(own, name=check.name[:NAMED] + PART_QUERY, template="", template_namespace="")
    template = replace(own, name=check.name[:NAMED] + PART_TEMPLATE, query="", interval_text=text(metric.interval))
    return tuple(
        part
        for part, is_there in (
            (replace(check, query="", template="", template_namespace="", variables={}), is_built_in),
            (query if is_built_in else replace(query, name=check.name), check.query),
            (template, check.template),
        )
        if is_there
    )


def _check(metric: Metric, namespace: str) -> Check:
    """Without limits the deprecated `threshold` (0 when absent) counts: a minimum of the success rate, else a maximum.

    The built-in checks ask over one minute when not told otherwise; for the others no interval is an interval of 0.
    """
    name = text(metric.name)
    interval = duration(metric.interval) if metric.interval else 60 if name in BUILT_IN else 0
    reference = metric.template_ref or TemplateReference()
    return Check(
        name,
        max(interval or 0, 0),
        *_limits(metric, name),
        interval_text=text(metric.interval) or ("1m" if name in BUILT_IN else ""),
        query=text(metric.query, QUERY_LIMIT),
        template=text(reference.name),
        template_namespace=text(reference.namespace) or (namespace if reference.name else ""),
        variables={text(key): text(value, TEXT_LIMIT) for key, value in (metric.template_variables or {}).items()},
    )


def _limits(metric: Metric, name: str) -> tuple[float | None, float | None]:
    if metric.threshold_range is not None:
        return metric.threshold_range.min, metric.threshold_range.max
    threshold = metric.threshold or 0.0
    return (threshold, None) if name == "request-success-rate" else (None, threshold)


def _managers(meta: Meta) -> tuple[str, ...]:
    return tuple(name for name in managers_of(meta) if name != FLAGGER_ITSELF)
