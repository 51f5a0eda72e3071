"""Rules of the spec of a Canary that a person keeps (flagger.md 2 and 7.2): what its API server refuses, and what
Flagger makes of it. What only Kurator stumbles over is none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rollouts.domain.checks import BUILT_IN, SUCCESS_RATE
from rollouts.domain.policies.fields import Metric, RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_label, is_name
from rollouts.domain.policies.meaning import SHORTEST
from rollouts.domain.policies.rules_of_analysis import of_limits
from rollouts.domain.policies.rules_of_requests import of_requests
from rollouts.domain.policies.rules_of_traffic import DOES_NOTHING, of_istio, of_strategy
from rollouts.domain.policies.strategies import PROVIDERS, Provider, belongs, without_effect

REFUSES = "without it the cluster refuses the Canary"
ADDRESSES = ("http://", "https://")


def of_plain_traffic(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.port is None or not 1 <= policy.port <= 65535:
        yield Finding("port", "Say a port of the Service, from 1 to 65535.")
    if policy.port_name and not is_label(policy.port_name):
        yield Finding("port_name", "Say it in lower-case letters, digits and hyphens, as http or grpc-api.")
    if not policy.port_discovery:
        yield hint("port_discovery", "With this off Flagger takes away whatever other ports the Service has.")
    if policy.provider and policy.provider not in PROVIDERS:
        yield Finding("provider", f"Flagger knows no “{policy.provider[:40]}”. Say one of {', '.join(PROVIDERS)}.")
    if policy.route_timeout is not None and policy.route_timeout < 0:
        yield Finding("route_timeout", "A time limit is not below 0 s.")
    for name in without_effect(policy, None, policy.provider):
        yield hint(name, DOES_NOTHING.format("provider"))
    # Without one it is Flagger's own, which mostly is Istio.
    found = (*of_istio(policy), *of_requests(replace(policy, provider=Provider.ISTIO.value)))
    yield from (one for one in found if belongs(one.field, None, policy.provider))
    for one in of_strategy(policy):
        yield replace(one, said=one.said.replace(", again and again", ""))


def of_plain_analysis(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.interval is None or policy.interval < 1:
        yield Finding("interval", f"Say how many seconds lie between two checks: {REFUSES}.")
    elif policy.interval < SHORTEST:
        yield hint("interval", f"Flagger checks every {SHORTEST} s at most, and takes this for {SHORTEST} s.")
    if policy.failures is None or policy.failures < 0:
        yield Finding("failures", f"Say how many failed checks end a release: {REFUSES}.")
    elif policy.failures == 0:
        yield hint("failures", "Flagger takes 0 for 1: the first failed check ends the release.")
    yield from _of_shares(policy)
    if policy.metrics_server and not policy.metrics_server.startswith(ADDRESSES):
        yield Finding("metrics_server", "Say the address of Prometheus, from http:// or https:// on.")
    if not policy.metrics:
        yield hint("metrics", "Without a metric nothing is checked but webhooks: without those every release is good.")
    for row, metric in enumerate(policy.metrics):
        for one in (*_of_name(metric, policy), *_of_template(metric), *_of_time(metric, policy), *_of_limits(metric)):
            yield Finding(f"metrics-{row}-{one.field}", one.said, one.wrong)


def _of_shares(policy: RolloutPolicy) -> Iterator[Finding]:
    for name in ("blue_ready", "green_ready", "mirror_weight"):
        value = getattr(policy, name)
        if value is not None and not 0 <= value <= 100:
            yield Finding(name, "It is a percentage, from 0 to 100.")


def _of_name(metric: Metric, policy: RolloutPolicy) -> Iterator[Finding]:
    if not metric.name.strip():
        yield Finding("name", "Say its name.")
    elif not metric.built_in and not (metric.template or metric.query.strip()):
        names = " and ".join(sorted(BUILT_IN))
        yield Finding("template", f"Say which MetricTemplate is asked: only {names} need none.")
    elif metric.built_in and policy.provider == Provider.NGINX and policy.times:
        yield hint(
            "name",
            "nginx counts only what reached green through the Ingress. While iterations run that is nothing, so this"
            " check finds no values and fails. Use a MetricTemplate that counts green's pods.",
        )


def _of_template(metric: Metric) -> Iterator[Finding]:
    if metric.template and not is_name(metric.template):
        yield Finding("template", "Say its name, in lower-case letters, digits and hyphens.")
    if metric.template_namespace and not is_label(metric.template_namespace):
        yield Finding("template_namespace", "Say its name, in lower-case letters, digits and hyphens.")
    if metric.template_namespace and not metric.template:
        yield Finding("template", "Say the name of the MetricTemplate in this namespace.")


def _of_time(metric: Metric, policy: RolloutPolicy) -> Iterator[Finding]:
    if metric.interval is None and metric.template:
        yield Finding("interval", "Say over how many seconds it is measured: a MetricTemplate has no time of its own.")
    elif metric.interval is None:
        yield hint("interval", "Flagger takes 60 s for nothing.")
    elif metric.interval < 1:
        yield Finding("interval", "Say at least 1 s.")
    elif policy.interval and metric.interval < policy.interval:
        yield hint(
            "interval", f"It looks at the last {metric.interval} s of every {policy.interval} s, and at nothing before."
        )


def _of_limits(metric: Metric) -> Iterator[Finding]:
    """Older Canaries have `threshold` instead."""
    if metric.minimum is None and metric.maximum is None:
        if metric.former_limit is None:
            otherwise = "no release fails by it" if metric.name == SUCCESS_RATE else "every value above 0 fails"
            yield hint("minimum", f"Say a limit: without one {otherwise}.")
        return
    if metric.former_limit is not None:
        yield hint("former_limit", "It does nothing beside a least or a most.")
    yield from of_limits(metric)
