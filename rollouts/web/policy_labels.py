"""How the fields of a policy are called, and in which groups they stand."""

from __future__ import annotations

from collections.abc import Mapping

from rollouts.domain.observations import Strategy
from rollouts.domain.policies import request_lines
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.fields import LISTS
from rollouts.domain.policies.matching import EXAMPLE
from rollouts.domain.policies.rules_of_hooks import KINDS
from rollouts.domain.policies.rules_of_plain import PROVIDERS

Options = tuple[tuple[str, str], ...]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Workload and service": ("workload_kind", "workload", "namespace", "service", "port", "workload_api"),
    "Traffic": (
        *("provider", "host", "protocol", "gateways", "hosts", "route_timeout"),
        *("retries", "retry_timeout", "retry_on", "cookie", "cookie_age"),
    ),
    "Headers": (
        *("request_set", "request_add", "request_remove"),
        *("response_set", "response_add", "response_remove"),
    ),
    "Requests from other sites (CORS)": (
        *("origins", "exact_origins", "cors_methods", "cors_headers", "cors_exposed", "cors_age", "cors_credentials"),
    ),
    "Strategy": (STRATEGY, "times", "match", "step", "steps", "most", "promotion_step"),
    "Analysis": ("interval", "failures", "command_timeout", "test_loader"),
    "Behaviour": ("progress_deadline", "skips", "suspended", "reverts"),
}
PLAIN_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Service": ("port", "port_name", "port_discovery"),
    "Traffic": (
        *("provider", "gateways", "hosts", "route_timeout"),
        *("retries", "retry_timeout", "retry_on", "cookie", "cookie_age"),
    ),
    "Headers": GROUPS["Headers"],
    "Requests from other sites (CORS)": GROUPS["Requests from other sites (CORS)"],
    "Strategy": GROUPS["Strategy"],
    "Analysis": ("interval", "failures", "mirrors", "mirror_weight", "metrics_server"),
    "Behaviour": ("progress_deadline", "blue_ready", "green_ready", "skips", "suspended", "reverts"),
}
"""Of the spec of a Canary: what it is for is not changed in it."""
FOLDED: Mapping[str, str] = {
    "Headers": "Change headers of requests and answers",
    "Requests from other sites (CORS)": "Say which sites' pages may ask",
}
OF_METRIC = ("name", "interval", "minimum", "maximum")
OF_HOOK = ("name", "kind", "url", "timeout", "metadata")
LABELS: Mapping[str, str] = {
    "workload_api": "API of the workload",
    "workload_kind": "Kind of the workload",
    "workload": "Workload",
    "namespace": "Namespace",
    "service": "Service",
    "port": "Port",
    "provider": "Provider",
    "route_timeout": "Time limit of a request",
    "gateways": "Gateways",
    "hosts": "Hosts",
    "retries": "Attempts",
    "retry_timeout": "Time limit of an attempt",
    "retry_on": "Try again on",
    "host": "Host",
    "protocol": "Protocol",
    "request_set": "Set in requests",
    "request_add": "Add to requests",
    "request_remove": "Take from requests",
    "response_set": "Set in answers",
    "response_add": "Add to answers",
    "response_remove": "Take from answers",
    "origins": "Sites that may ask",
    "exact_origins": "Sites, in the former list",
    "cors_methods": "Methods",
    "cors_headers": "Headers of their requests",
    "cors_exposed": "Headers of answers that they may read",
    "cors_age": "Browsers remember it for",
    "cors_credentials": "With cookies and logins",
    "cookie": "Cookie that keeps users on their side",
    "cookie_age": "The cookie lasts",
    STRATEGY: "Strategy",
    "times": "Iterations",
    "match": "Whom the test is for",
    "step": "Step",
    "steps": "Steps, one by one",
    "most": "Highest weight",
    "promotion_step": "Step while promoting",
    "interval": "Interval",
    "failures": "Failed checks that end it",
    "command_timeout": "Time limit of a call",
    "test_loader": "A load tester of its own",
    "progress_deadline": "Time limit for pods to get ready",
    "skips": "Skip the analysis",
    "suspended": "Suspended",
    "reverts": "Give the workload back when the Canary is deleted",
    "name": "Metric",
    "minimum": "Least",
    "maximum": "Most",
    "source": "Kind of the source",
    "address": "Address",
    "region": "Region",
    "secret": "Secret with the login",
    "unverified": "Accept any certificate",
    "query": "Query",
    "command": "Command",
    "port_name": "Name of the port",
    "port_discovery": "Keep the other ports of the Service",
    "mirrors": "Mirror requests to green first",
    "mirror_weight": "Share that is mirrored",
    "blue_ready": "Pods of blue that have to be ready",
    "green_ready": "Pods of green that have to be ready",
    "metrics_server": "Prometheus of this Canary",
    "template": "MetricTemplate",
    "template_namespace": "Namespace of the MetricTemplate",
    "variables": "Variables of the MetricTemplate",
    "hook-name": "Webhook",
    "hook-kind": "When it is asked",
    "hook-url": "Address",
    "hook-timeout": "Time limit",
    "hook-retries": "Attempts after the first",
    "hook-metadata": "What it is told",
    "hook-quiet": "Send no alerts of it",
    "hook-unverified": "Accept any certificate",
}
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("route_timeout", "cookie_age", "interval", "command_timeout", "progress_deadline"), "s"),
    **dict.fromkeys(("step", "most", "promotion_step", "mirror_weight", "blue_ready", "green_ready"), "%"),
}
HELP: Mapping[str, str] = {
    "service": "Has to be called as the workload.",
    "gateways": "One on a line: namespace/name, or mesh for callers inside it.",
    "hosts": "One on a line. None: only the Service itself.",
    "retry_timeout": "As 2s or 500ms.",
    "retry_on": "As Envoy names it: 5xx, connect-failure.",
    **dict.fromkeys(("request_set", "response_set"), f"One on a line, in place of what is there: {request_lines.PAIR}"),
    **dict.fromkeys(("request_add", "response_add"), "One on a line, beside what is there."),
    **dict.fromkeys(("request_remove", "response_remove"), "Names, one on a line."),
    "origins": f"One on a line: {request_lines.ORIGIN}. With prefix or regex instead of exact: all that fit.",
    "exact_origins": "allowOrigin, as Istio had it before. New ones belong under the sites that may ask.",
    "cors_methods": "GET, POST …",
    "cors_age": "As 24h or 10m.",
    "match": f"One alternative on a line: {EXAMPLE}",
    "steps": "Instead of one step: 5 10 50.",
    "progress_deadline": "Nothing: 600 s.",
    "query": "{{ namespace }}, {{ target }} and {{ interval }} are filled in.",
    "port_name": "Nothing: http.",
    "mirrors": "Istio and Gateway API only.",
    "metrics_server": "Nothing: Flagger's own.",
    **dict.fromkeys(("blue_ready", "green_ready"), "Nothing: 100."),
    "template_namespace": "Nothing: that of the Canary.",
    "variables": "One on a line, name: value.",
    "hook-url": "Of a load tester, a gate, or a service of your own.",
    "hook-timeout": "As 5s or 1m. Nothing: 10s.",
    "hook-metadata": "One on a line. A load tester runs what stands after cmd: in a pod, as cmd: hey -z 1m http://…",
    "secret": "Its name; it is in the namespace of the workload.",
}
WHEN: Mapping[str, str] = {
    "rollout": "at each check (rollout)",
    "pre-rollout": "before green gets requests (pre-rollout)",
    "post-rollout": "after the release (post-rollout)",
    "confirm-rollout": "before a release begins (confirm-rollout)",
    "confirm-promotion": "before users move (confirm-promotion)",
    "confirm-traffic-increase": "before each step (confirm-traffic-increase)",
    "rollback": "whether to roll back (rollback)",
    "event": "told of every event (event)",
}
CHOICES: Mapping[str, Options] = {
    "workload_kind": (("Deployment", "Deployment"), ("DaemonSet", "DaemonSet")),
    "provider": (("istio", "Istio"), ("nginx", "nginx"), ("kuma", "Kuma")),
    "protocol": tuple(
        (one, one or "http, as nothing is said") for one in ("", "http", "http2", "grpc", "tcp", "kafka")
    ),
}
PLAIN_CHOICES: Mapping[str, Options] = {
    "provider": (("", "Flagger's own"), *((one, one) for one in PROVIDERS)),
    "hook-kind": (("", "at each check (rollout, as nothing is said)"), *((one, WHEN[one]) for one in KINDS)),
}
STRATEGIES: Options = (
    (Strategy.BLUE_GREEN.value, "Blue/green: all users at once"),
    (Strategy.CANARY.value, "Canary: users step by step"),
    (Strategy.AB_TESTING.value, "A/B test: users that match"),
)


def label_of(name: str) -> str:
    """Of a field of a change, where metrics, commands and webhooks have the numbers of their places."""
    first, _, rest = name.partition("-")
    if first not in LISTS or not rest:
        return LABELS.get(name, first.capitalize() if first in LISTS else "Metrics")
    number, _, inner = rest.partition("-")
    one = "webhook" if first == "hooks" else first[:-1]
    which = f"{one} {int(number) + 1}" if int(number) < 1000 else f"new {one}"
    label = LABELS[f"hook-{inner}" if first == "hooks" else inner].lower() if inner else ""
    return f"{which}, {label}" if inner else which
