"""How the fields of a policy are called, and in which groups they stand."""

from __future__ import annotations

from collections.abc import Mapping

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.fields import LISTS
from rollouts.domain.policies.rules_of_hooks import KINDS
from rollouts.domain.policies.rules_of_references import INGRESSES, REWRITES, ROUTES, SCALERS, SEVERITIES, UPSTREAMS
from rollouts.domain.policies.rules_of_services import DISTRIBUTIONS, SAME_SITES
from rollouts.domain.policies.strategies import PROVIDERS

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
    "Service": ("port", "target_port", "port_name", "app_protocol", "distribution", "port_discovery", "headless"),
    "Labels and annotations": (
        *("apex_labels", "apex_annotations", "blue_labels", "blue_annotations", "green_labels", "green_annotations"),
        *("unmanaged_labels", "unmanaged_annotations"),
    ),
    "Autoscaler": ("scaler_kind", "scaler", "scaler_api", "scaler_least", "scaler_most", "scaler_queries"),
    "Traffic": (
        *("provider", "ingress", "ingress_kind", "ingress_api", "route", "route_kind", "route_api"),
        *("upstream", "upstream_namespace", "upstream_kind", "upstream_api", "mesh_name", "backends"),
        *("gateway_refs", "gateways", "hosts", "service_match", "route_timeout", "backend_timeout"),
        *("retries", "retry_timeout", "retry_on", "rewrite_uri", "rewrite_type", "rewrite_authority"),
        *("copies", "traffic_policy", "delegates"),
    ),
    "Users who stay on their side": (
        *("cookie", "cookie_age", "blue_cookie", "cookie_domain", "cookie_path", "cookie_same_site"),
        *("cookie_http_only", "cookie_secure", "cookie_partitioned"),
    ),
    "Headers": GROUPS["Headers"],
    "Requests from other sites (CORS)": GROUPS["Requests from other sites (CORS)"],
    "Strategy": GROUPS["Strategy"],
    "Analysis": ("interval", "failures", "mirrors", "mirror_weight", "metrics_server"),
    "Behaviour": ("progress_deadline", "blue_ready", "green_ready", "skips", "suspended", "reverts"),
}
"""Of the spec of a Canary: what it is for is not changed in it."""
FOLDED: Mapping[str, str] = {
    "Labels and annotations": "Say what the Services carry besides",
    "Autoscaler": "Say which autoscaler blue gets a copy of",
    "Users who stay on their side": "Keep each user on blue or green with a cookie",
    "Headers": "Change headers of requests and answers",
    "Requests from other sites (CORS)": "Say which sites' pages may ask",
}
OF_METRIC = ("name", "interval", "minimum", "maximum")
OF_HOOK = ("name", "kind", "url", "timeout", "metadata")
ENTRIES: Mapping[str, str] = {"metrics": "metric", "commands": "command", "hooks": "webhook", "alerts": "alert"}
PREFIXES: Mapping[str, str] = {"hooks": "hook-", "alerts": "alert-"}
"""Of the labels of a list whose names other fields have too."""
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
    "former_limit": "Limit, in the former field",
    "target_port": "Port of the pods",
    "app_protocol": "Protocol of the port",
    "distribution": "Which pods are preferred",
    "headless": "Services without an address of their own",
    "apex_labels": "Labels of the Service",
    "apex_annotations": "Annotations of the Service",
    "blue_labels": "Labels of blue's Service",
    "blue_annotations": "Annotations of blue's Service",
    "green_labels": "Labels of green's Service",
    "green_annotations": "Annotations of green's Service",
    "unmanaged_labels": "Labels that others may set",
    "unmanaged_annotations": "Annotations that others may set",
    "scaler_kind": "Kind of the autoscaler",
    "scaler": "Autoscaler",
    "scaler_api": "API of the autoscaler",
    "scaler_least": "Least pods of blue",
    "scaler_most": "Most pods of blue",
    "scaler_queries": "Queries for blue",
    "ingress": "Ingress",
    "ingress_kind": "Kind of the Ingress",
    "ingress_api": "API of the Ingress",
    "route": "Route of APISIX",
    "route_kind": "Kind of the route",
    "route_api": "API of the route",
    "upstream": "Upstream of Gloo",
    "upstream_namespace": "Namespace of the Upstream",
    "upstream_kind": "Kind of the Upstream",
    "upstream_api": "API of the Upstream",
    "mesh_name": "App Mesh",
    "backends": "Backends",
    "gateway_refs": "Gateways of the route",
    "service_match": "Requests that come here",
    "backend_timeout": "Time limit of the pods",
    "rewrite_uri": "Another path",
    "rewrite_type": "What of the path is replaced",
    "rewrite_authority": "Another host name",
    "copies": "Services that get copies of requests",
    "traffic_policy": "Rules of connections",
    "delegates": "Part of another VirtualService",
    "blue_cookie": "Cookie for blue",
    "cookie_domain": "Sites that get the cookie",
    "cookie_path": "Paths that get the cookie",
    "cookie_same_site": "With requests of other sites",
    "cookie_http_only": "Hide the cookie from scripts",
    "cookie_secure": "Send the cookie over https only",
    "cookie_partitioned": "Keep the cookie apart for each site around",
    "alert-name": "Alert",
    "alert-severity": "From which severity on",
    "alert-provider": "AlertProvider",
    "alert-provider_namespace": "Namespace of the AlertProvider",
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
    "alert-severity": (("", "info, as nothing is said"), *((one, one) for one in SEVERITIES)),
    "scaler_kind": (("", "none"), *((one, one) for one in SCALERS)),
    "ingress_kind": (("", "not said"), *((one, one) for one in INGRESSES)),
    "route_kind": (("", "not said"), *((one, one) for one in ROUTES)),
    "upstream_kind": (("", "not said"), *((one, one) for one in UPSTREAMS)),
    "distribution": (("", "any"), *((one, one) for one in DISTRIBUTIONS)),
    "rewrite_type": (("", "not said"), *((one, one) for one in REWRITES)),
    "cookie_same_site": (("", "as the browser does"), *((one, one) for one in SAME_SITES)),
}
STRATEGIES: Options = (
    (Strategy.BLUE_GREEN.value, "Blue/green: all users at once"),
    (Strategy.CANARY.value, "Canary: users step by step"),
    (Strategy.AB_TESTING.value, "A/B test: users that match"),
)


def label_of(name: str) -> str:
    """Of a field of a change, where metrics, commands, webhooks and alerts have the numbers of their places."""
    first, _, rest = name.partition("-")
    if first not in LISTS or not rest:
        return LABELS.get(name, first.capitalize() if first in LISTS else "Metrics")
    number, _, inner = rest.partition("-")
    one = ENTRIES[first]
    which = f"{one} {int(number) + 1}" if int(number) < 1000 else f"new {one}"
    label = LABELS[PREFIXES.get(first, "") + inner].lower() if inner else ""
    return f"{which}, {label}" if inner else which
