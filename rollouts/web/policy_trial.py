"""Trying a metric of the form: its query is asked of one of the policy's clusters, and what came of it told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rollouts import wiring
from rollouts.domain.commands import Governed
from rollouts.domain.policies.editing import Edit
from rollouts.domain.policies.fields import Metric, RolloutPolicy
from rollouts.domain.policies.trying import Question
from rollouts.domain.redaction import HIDDEN
from rollouts.models import Cluster, QueryTrial
from rollouts.services import trials

NOWHERE = "No cluster of this policy can be asked now."
HIDES = "What may be a secret is hidden in it: write the whole of it to try it."
UNFINISHED = "Correct what is said above first."


@dataclass(frozen=True, slots=True)
class TrialWords:
    """`row` is the metric's, as `metrics-0`. `asking`: an answer is awaited."""

    row: str
    said: str
    asking: bool = False
    good: bool = False
    hint: str = ""


def tried(row: str, governed: Governed, edit: Edit, now: datetime) -> TrialWords | None:
    """None where the form has no such metric."""
    number = row.removeprefix("metrics-")
    if not number.isdecimal() or int(number) >= len(edit.after.metrics):
        return None
    metric = edit.after.metrics[int(number)]
    wrong = any(one.wrong and one.field.startswith(f"{row}-") for one in edit.findings)
    if wrong or (metric.interval is None and governed.plain is None):
        return TrialWords(row, UNFINISHED)
    if HIDDEN in f"{metric.query}{metric.address}{metric.variables}":
        return TrialWords(row, HIDES)
    cluster = _cluster(governed)
    if cluster is None:
        return TrialWords(row, NOWHERE)
    question = _question(edit.after, metric)
    if governed.plain is not None:
        question = _of_canary(question, governed, edit.after, metric)
    found = trials.request(cluster=cluster, question=question, enqueue=wiring.enqueue, now=now)
    return _words(row, cluster, found)


def _cluster(governed: Governed) -> Cluster | None:
    """One that answers, and best one that has the rollout."""
    there = sorted((one for one in governed.members if not one.away), key=lambda one: one.state is None)
    return Cluster.objects.filter(pk=there[0].cluster).first() if there else None


def _question(policy: RolloutPolicy, metric: Metric) -> Question:
    return Question(
        namespace=policy.namespace,
        workload=policy.workload,
        service=policy.service,
        provider=policy.provider,
        name=metric.name,
        interval=metric.interval or 0,
        built_in=metric.built_in,
        source=metric.source,
        address=metric.address,
        query=metric.query,
    )


def _of_canary(question: Question, governed: Governed, policy: RolloutPolicy, metric: Metric) -> Question:
    """Its spec says nothing of its own names, and a metric names a MetricTemplate instead of saying what is asked."""
    return replace(
        question,
        namespace=governed.policy.namespace,
        service=policy.service or policy.workload,
        built_in=metric.built_in and not metric.template and not metric.query,
        canary=governed.policy.canary,
        template=metric.template,
        template_namespace=metric.template_namespace,
        variables=metric.variables,
        metrics_server=policy.metrics_server,
    )


def _words(row: str, cluster: Cluster, found: QueryTrial | str) -> TrialWords:
    if isinstance(found, str):
        return TrialWords(row, f"{cluster.name}: {found}")
    if found.answered_at is None:
        return TrialWords(row, f"{cluster.name} is being asked …", asking=True)
    return TrialWords(row, f"{cluster.name}: {found.said}", good=found.good, hint=found.hint)
