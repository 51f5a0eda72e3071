"""Rules of a policy's analysis and behaviour (kurator.md 6.2, 13 and 17; flagger.md 7.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rollouts.domain.checks import BUILT_IN, DURATION, SUCCESS_RATE
from rollouts.domain.policies.fields import Metric, RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_name
from rollouts.domain.policies.meaning import SHORTEST
from rollouts.domain.policies.strategies import Provider

PANICS = "without it Kurator stops at this Application, again and again, and says nothing"
FEW = 3
SOURCES = (
    *("prometheus", "influxdb", "datadog", "externalmetrics", "stackdriver", "cloudwatch", "newrelic", "graphite"),
    *("dynatrace", "keptn", "splunk"),
)
"""Kinds of a MetricTemplate's provider (flagger.md 2)."""


def of_analysis(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.interval is None or policy.interval < 1:
        yield Finding("interval", f"Say how many seconds lie between two checks: {PANICS}.")
    elif policy.interval < SHORTEST:
        yield hint("interval", f"Flagger checks every {SHORTEST} s at most, and takes this for {SHORTEST} s.")
    if policy.failures is None or policy.failures < 0:
        yield Finding("failures", f"Say how many failed checks end a release: {PANICS}.")
    elif policy.failures == 0:
        yield hint("failures", "Flagger takes 0 for 1: the first failed check ends the release.")
    elif policy.failures < FEW and policy.commands:
        yield hint(
            "failures",
            "The load test starts with the first check, which often finds no values yet and counts as failed."
            f" {FEW} or more leave room for that.",
        )
    if not policy.metrics:
        yield hint("metrics", "Without a metric nothing is checked: every release is good.")
    names = Counter(one.name for one in policy.metrics)
    for row, metric in enumerate(policy.metrics):
        prefix = f"metrics-{row}-"
        if metric.name and not metric.built_in and names[metric.name] > 1:
            yield Finding(f"{prefix}name", "Another metric has the same name, and a MetricTemplate has one name.")
        for one in (*_of_metric(metric, policy), *of_limits(metric), *_of_source(metric)):
            yield Finding(prefix + one.field, one.said, one.wrong)


def _of_metric(metric: Metric, policy: RolloutPolicy) -> Iterator[Finding]:
    if not is_name(metric.name):
        yield Finding(
            "name", "Say its name, in lower-case letters, digits and hyphens: the MetricTemplate is called so."
        )
    elif metric.built_in and metric.custom:
        yield Finding(
            "name", "Flagger has a query of its own by this name and would not ask yours. Choose another name."
        )
    elif not metric.built_in and not metric.custom:
        names = " or ".join(sorted(BUILT_IN))
        yield Finding(
            "name", f"Say what is asked for it below: only {names} need no query, and every other check fails."
        )
    elif metric.built_in and policy.provider == Provider.NGINX and policy.times:
        yield hint(
            "name",
            "nginx counts only what reached green through the Ingress. While iterations run that is nothing, so this"
            " check finds no values and fails. Use a query of your own that counts green's pods.",
        )
    if metric.interval is None or metric.interval < 1:
        yield Finding("interval", f"Say over how many seconds it is measured: {PANICS}.")
    elif policy.interval and metric.interval < policy.interval:
        yield hint(
            "interval", f"It looks at the last {metric.interval} s of every {policy.interval} s, and at nothing before."
        )


def of_limits(metric: Metric) -> Iterator[Finding]:
    least, most = metric.minimum, metric.maximum
    if least is None and most is None:
        without = "no release ever fails by it" if metric.name == SUCCESS_RATE else "every value above 0 fails"
        yield Finding("minimum", f"Say a limit, the least or the most that is good: without one {without}.")
        return
    if least is not None and most is not None and least > most:
        yield Finding("maximum", "The most is below the least: no value can pass.")
        return
    if metric.name == SUCCESS_RATE:
        yield from _of_percent(least, most)
    if metric.name == DURATION:
        yield from _of_time(least, most)


def _of_percent(least: float | None, most: float | None) -> Iterator[Finding]:
    if least is not None and least > 100:
        yield Finding("minimum", "It is a percentage: no value is above 100, so none can pass.")
    if most is not None and most < 0:
        yield Finding("maximum", "It is a percentage: no value is below 0, so none can pass.")
    if (least is None or least <= 0) and (most is None or most >= 100):
        yield Finding("minimum", "It is a percentage, from 0 to 100: no value can fail. Say the least that is good.")


def _of_time(least: float | None, most: float | None) -> Iterator[Finding]:
    if most is not None and most < 0:
        yield Finding("maximum", "It is a time in milliseconds: none is below 0, so no value can pass.")
    elif most is None and least is not None and least <= 0:
        yield Finding("maximum", "It is a time in milliseconds: none is below 0, so no value can fail. Say the most.")
    if any(limit is not None and limit != int(limit) for limit in (least, most)):
        yield hint("maximum", "Flagger compares whole milliseconds: it leaves out what stands after the point.")


def _of_source(metric: Metric) -> Iterator[Finding]:
    if not metric.custom or metric.built_in:
        return
    if not metric.source:
        yield Finding("source", "Say of which kind the source is, such as prometheus.")
    elif metric.source not in SOURCES:
        kinds = f"{', '.join(SOURCES[:-1])} or {SOURCES[-1]}"
        yield Finding("source", f"No cluster takes a MetricTemplate of this kind. Say {kinds}.")
    if metric.unverified:
        yield hint("unverified", "Whoever stands between Flagger and this address may answer in its place.")
    if metric.secret and not is_name(metric.secret):
        yield Finding("secret", "Say the name of the Secret, in lower-case letters, digits and hyphens.")
    if not metric.query.strip():
        yield Finding("query", "Say what is asked: without a query every check fails.")
    elif "{{" not in metric.query:
        yield hint(
            "query",
            "It names neither {{ target }} nor {{ namespace }}, so it may measure more than green, or always the same.",
        )
    if metric.source == "prometheus" and not metric.address.startswith(("http://", "https://")):
        yield Finding("address", "Say the address of Prometheus, from http:// or https:// on.")


def of_load(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.commands and (policy.command_timeout is None or policy.command_timeout < 1):
        yield Finding("command_timeout", f"Say after how many seconds a call is given up: {PANICS}.")
    if policy.commands and not policy.test_loader:
        yield hint(
            "test_loader", "The load tester of the Fleet is asked then. Where the Fleet has none every check fails."
        )
    green = f"{policy.service}-canary"
    for row, command in enumerate(policy.commands):
        if not command.text.strip():
            yield Finding(f"commands-{row}", "It is empty: write a command, or remove it.")
        elif policy.service and green not in command.text:
            yield hint(
                f"commands-{row}", f"It does not ask {green}: other addresses lead to blue while iterations run."
            )


def of_behaviour(policy: RolloutPolicy) -> Iterator[Finding]:
    deadline = policy.progress_deadline
    if deadline is not None and deadline < 1:
        yield Finding("progress_deadline", "Say at least 1 s, or nothing for 600 s.")
    if policy.skips:
        yield hint("skips", "Every version goes live unchecked while this is on.")
    if policy.suspended:
        yield hint("suspended", "New versions are not noticed while this is on, and nothing rolls back.")
    if not policy.reverts:
        yield hint(
            "reverts",
            "When a Canary is deleted with this off, blue is deleted with it while green has no pods: an outage.",
        )
