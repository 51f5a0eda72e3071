"""Rules of a policy's workload, service, traffic and strategy (kurator.md 6.2, 6.3, 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_duration, is_host, is_label, is_name
from rollouts.domain.policies.strategies import Provider, strategy_of, without_effect

KINDS = ("Deployment", "DaemonSet")
PROTOCOLS = ("http", "http2", "grpc", "tcp", "kafka")
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PORT = re.compile(r":\d+$")
DOES_NOTHING = "It does nothing with this {}, and stays as it is."


def of_workload(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.workload_api != "apps/v1":
        yield Finding("workload_api", "Say apps/v1: Kurator takes what stands here for its API.")
    if policy.workload_kind not in KINDS:
        yield Finding("workload_kind", "Say Deployment or DaemonSet: Flagger releases nothing else for Kurator.")
    if not is_name(policy.workload):
        yield Finding("workload", "Say the name of the workload, in lower-case letters, digits and hyphens.")
    elif not is_label(policy.workload):
        yield Finding("workload", "It has dots, and no Service can be called so: Flagger calls its Services like it.")
    if not policy.namespace:
        yield Finding("namespace", "Say the namespace of the workload: without it Kurator finds no workload.")
    elif not is_label(policy.namespace):
        yield Finding(
            "namespace", f"“{policy.namespace}” is no namespace: lower-case letters, digits and hyphens, at most 63."
        )
    if policy.service != policy.workload:
        yield Finding(
            "service",
            "It has to be the name of the workload: with another Kurator creates the Canary once, and no later change"
            " of the policy reaches it.",
        )
    if policy.port is None or not 1 <= policy.port <= 65535:
        yield Finding("port", "Say a port of the Service, from 1 to 65535.")


def of_traffic(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.provider not in set(Provider):
        yield Finding(
            "provider", "Say istio, nginx or kuma: with any other Kurator tries again and again, and does nothing."
        )
    if policy.route_timeout is None:
        yield hint("route_timeout", "Without it the route says 0 s: requests have no time limit.")
    elif policy.route_timeout < 0:
        yield Finding("route_timeout", "A time limit is not below 0 s.")
    for name in without_effect(policy, None, policy.provider):
        yield hint(name, DOES_NOTHING.format("provider"))
    match policy.provider:
        case Provider.ISTIO:
            yield from of_istio(policy)
        case Provider.NGINX if not is_host(policy.host):
            said = (
                f"“{policy.host}” is none: leave out scheme, port and path."
                if policy.host
                else "The hub refuses it without."
            )
            yield Finding("host", f"nginx needs the host name that users ask for. {said}")
        case Provider.KUMA if policy.protocol and policy.protocol not in PROTOCOLS:
            yield Finding("protocol", f"Say one of {', '.join(PROTOCOLS)}, or nothing for http.")


def of_istio(policy: RolloutPolicy) -> Iterator[Finding]:
    for host in policy.hosts:
        if not is_host(host.removeprefix("*.")) and host != "*":
            form = "without scheme, port and path" if "/" in host or _PORT.search(host) else "in lower-case letters"
            yield Finding(
                "hosts", f"“{host}” is no host name. Write it {form}, as in shop.example.com or *.example.com."
            )
            break
    for gateway in policy.gateways:
        if gateway != "mesh" and not (1 <= len(parts := gateway.split("/")) <= 2 and all(map(is_name, parts))):
            yield Finding("gateways", f"“{gateway}” is no gateway. Write namespace/name, name, or mesh.")
            break
    if policy.gateways and "mesh" not in policy.gateways:
        yield hint("gateways", "Without “mesh” among them callers inside the mesh stay on blue, always.")
    if policy.retry_timeout and not is_duration(policy.retry_timeout):
        yield Finding("retry_timeout", f"“{policy.retry_timeout}” is no duration. Write it as 2s, 500ms or 1m30s.")
    if policy.retries is not None and policy.retries < 0:
        yield Finding("retries", "A number of attempts is not below 0.")
    elif not policy.retries and (policy.retry_timeout or policy.retry_on):
        yield hint("retries", "Without a number of attempts nothing is tried again, whatever is said of them.")
    yield from _of_cookie(policy)


def _of_cookie(policy: RolloutPolicy) -> Iterator[Finding]:
    if not policy.cookie and policy.cookie_age is not None:
        yield Finding("cookie", "Say the name of the cookie that lasts so long.")
    elif policy.cookie and not is_cookie(policy.cookie):
        yield Finding("cookie", f"“{policy.cookie}” is no name of a cookie: letters, digits, _ and -, without spaces.")
    if policy.cookie_age is not None and policy.cookie_age < 1:
        yield Finding("cookie_age", "Say at least 1 s, or nothing for a day.")


def is_cookie(name: str) -> bool:
    return _COOKIE.fullmatch(name) is not None


def of_strategy(policy: RolloutPolicy) -> Iterator[Finding]:
    strategy = strategy_of(policy)
    if policy.times is not None and policy.times < 0:
        yield Finding("times", "A number of iterations is not below 0.")
    elif policy.times and (policy.step or policy.steps):
        yield Finding("times", "Either iterations or steps: with both the cluster refuses the Canary, again and again.")
    elif policy.step and policy.steps:
        yield Finding("steps", "Either one step or a list of them: with both the cluster refuses the Canary.")
    elif strategy is None:
        said = "Say how many iterations, or which steps: with neither the cluster refuses the Canary, again and again."
        yield Finding("strategy", said)
    for name in without_effect(policy, strategy, "") if strategy else ():
        yield hint(name, DOES_NOTHING.format("strategy"))
    yield from _of_weights(policy)


def _of_weights(policy: RolloutPolicy) -> Iterator[Finding]:
    for name in ("step", "most", "promotion_step"):
        weight = getattr(policy, name)
        if weight is not None and not (0 if name == "step" else 1) <= weight <= 100:
            yield Finding(name, "A weight is a percentage, from 1 to 100.")
    if any(not 1 <= weight <= 100 for weight in policy.steps):
        yield Finding("steps", "Each weight is a percentage, from 1 to 100.")
    elif list(policy.steps) != sorted(set(policy.steps)):
        yield Finding("steps", "Each weight has to be greater than the one before it.")
    if policy.step and policy.most and policy.step > policy.most >= 1:
        yield Finding("most", "The highest weight is below the first step.")
