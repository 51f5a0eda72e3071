"""Rules of what a Canary names besides its target: its autoscaler, its place in routes, who is told (flagger.md 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollouts.domain.policies.fields import Alert, RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_duration, is_label, is_name
from rollouts.domain.policies.strategies import GATEWAY_API, OF_INGRESSES, belongs, family

SCALED_OBJECT = "ScaledObject"
SCALERS, INGRESSES, ROUTES, UPSTREAMS = (
    ("HorizontalPodAutoscaler", SCALED_OBJECT),
    ("Ingress",),
    ("ApisixRoute",),
    ("Upstream",),
)
SEVERITIES = ("info", "warn", "error")
REWRITES = ("ReplaceFullPath", "ReplacePrefixMatch")
A_NAME = "Say its name, in lower-case letters, digits and hyphens."


def of_references(policy: RolloutPolicy) -> Iterator[Finding]:
    routed = family(policy.provider)
    needed = bool(policy.scaler_least or policy.scaler_most or policy.scaler_queries)
    yield from _of_reference(policy, "scaler", SCALERS, "autoscaling/v2", needed=needed)
    yield from _of_scaling(policy)
    for which, kinds, api in (
        ("ingress", INGRESSES, "networking.k8s.io/v1"),
        ("route", ROUTES, "apisix.apache.org/v2"),
        ("upstream", UPSTREAMS, "gloo.solo.io/v1"),
    ):
        if belongs(which, None, policy.provider):
            needed = which == "ingress" and routed in OF_INGRESSES
            yield from _of_reference(policy, which, kinds, api, needed=needed)
    if policy.upstream_namespace and not is_label(policy.upstream_namespace):
        yield Finding("upstream_namespace", A_NAME)
    if routed == GATEWAY_API and not policy.gateway_refs:
        yield Finding("gateway_refs", "Say the Gateways that the route belongs to: without one Flagger makes none.")
    yield from _of_route(policy)


def of_alerts(policy: RolloutPolicy) -> Iterator[Finding]:
    for row, alert in enumerate(policy.alerts):
        for one in _of_alert(alert):
            yield Finding(f"alerts-{row}-{one.field}", one.said, one.wrong)


def _of_reference(
    policy: RolloutPolicy, which: str, kinds: Sequence[str], api: str, *, needed: bool
) -> Iterator[Finding]:
    """An object by its API, kind and name: all three, or none."""
    name, kind, version = (getattr(policy, one) for one in (which, f"{which}_kind", f"{which}_api"))
    if not (name or kind or version or needed):
        return
    if not is_name(name):
        yield Finding(which, f"Say the name of the {' or '.join(kinds)}, in lower-case letters, digits and hyphens.")
    if kind not in kinds:
        yield Finding(f"{which}_kind", f"Say {' or '.join(kinds)}: the cluster refuses any other.")
    if not version:
        yield Finding(f"{which}_api", f"Say its API, as {api}: without it the cluster refuses the Canary.")


def _of_scaling(policy: RolloutPolicy) -> Iterator[Finding]:
    for name in ("scaler_least", "scaler_most"):
        value = getattr(policy, name)
        if value is not None and value < 1:
            yield Finding(name, "Say at least 1: the cluster refuses fewer.")
    if policy.scaler_least and policy.scaler_most and policy.scaler_least > policy.scaler_most >= 1:
        yield Finding("scaler_most", "The most pods are fewer than the least.")
    if policy.scaler_queries and policy.scaler_kind != SCALED_OBJECT:
        yield hint("scaler_queries", f"Only a {SCALED_OBJECT} has queries.")


def _of_route(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.backend_timeout and not is_duration(policy.backend_timeout):
        yield Finding("backend_timeout", f"“{policy.backend_timeout[:40]}” is no duration. Write it as 2s or 500ms.")
    if policy.rewrite_type and policy.rewrite_type not in REWRITES:
        yield Finding("rewrite_type", f"Say {' or '.join(REWRITES)}.")
    if policy.rewrite_type and not policy.rewrite_uri:
        yield hint("rewrite_type", "Without another path nothing is replaced.")
    if policy.delegates and policy.gateways:
        yield hint("delegates", "A delegate has no hosts and gateways of its own: those above do nothing then.")


def _of_alert(alert: Alert) -> Iterator[Finding]:
    if not alert.name.strip():
        yield Finding("name", "Say a name: without it the cluster refuses the Canary.")
    if alert.severity and alert.severity not in SEVERITIES:
        yield Finding("severity", f"Flagger knows no “{alert.severity[:40]}”. Say {', '.join(SEVERITIES)}, or nothing.")
    if not is_name(alert.provider):
        yield Finding("provider", f"Say which AlertProvider is told. {A_NAME}")
    if alert.provider_namespace and not is_label(alert.provider_namespace):
        yield Finding("provider_namespace", A_NAME)
