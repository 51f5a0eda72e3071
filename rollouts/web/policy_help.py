"""What is said beside the fields of a policy: in what they are measured, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from rollouts.domain.policies import reference_lines, request_lines
from rollouts.domain.policies.matching import EXAMPLE, OF_ADDRESS

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
    "former_limit": "Without a least and a most Flagger takes this one, until it is replaced by them.",
    "target_port": "Its number or its name. Nothing: that of the Service.",
    "app_protocol": "As http, grpc or kubernetes.io/h2c.",
    "distribution": "Pods near the caller, where the cluster can tell.",
    "headless": "Callers get the addresses of the pods.",
    **dict.fromkeys(
        ("apex_labels", "blue_labels", "green_labels"),
        "One on a line, name: value. All others are taken away at each tick.",
    ),
    **dict.fromkeys(
        ("apex_annotations", "blue_annotations", "green_annotations"),
        "One on a line, name: value. All others are taken away at each tick.",
    ),
    **dict.fromkeys(
        ("unmanaged_labels", "unmanaged_annotations"), "Names, one on a line. Flagger leaves these as they are."
    ),
    "scaler_kind": "It scales the target; Flagger makes one of its kind for blue.",
    "scaler": "Its name, in the namespace of the Canary.",
    "scaler_api": "As autoscaling/v2, or keda.sh/v1alpha1.",
    **dict.fromkeys(("scaler_least", "scaler_most"), "Nothing: as the autoscaler says."),
    "scaler_queries": "Of a ScaledObject. One on a line: name of the trigger, colon, query.",
    "ingress": "It leads users to the Service. Flagger makes a second one for green.",
    "ingress_api": "As networking.k8s.io/v1.",
    "route": "An ApisixRoute that leads users to the Service. Flagger makes a second one.",
    "route_api": "As apisix.apache.org/v2.",
    "upstream": "Flagger copies its settings for blue and green.",
    "upstream_namespace": "Nothing: that of the Canary.",
    "upstream_api": "As gloo.solo.io/v1.",
    "mesh_name": "Name of the mesh in AWS.",
    "backends": "What the pods call, one on a line.",
    "gateway_refs": f"One on a line: {reference_lines.GATEWAY}. The last word is a listener, and may be missing.",
    "service_match": f"One alternative on a line: {OF_ADDRESS}, or {EXAMPLE}. Or as YAML. Nothing: all requests.",
    "backend_timeout": "Of one try, as 2s or 500ms.",
    "rewrite_uri": "What the pods are asked for in place of the path, or of its beginning.",
    "rewrite_type": "Nothing: its beginning.",
    "rewrite_authority": "What the pods are told as the host.",
    "copies": f"One on a line: {reference_lines.SERVICE}. Their answers are thrown away.",
    "traffic_policy": "As YAML, for the DestinationRules: connectionPool, loadBalancer, outlierDetection, tls.",
    "delegates": "Without hosts and gateways: another VirtualService leads here.",
    "blue_cookie": "Also keeps users on blue. Nothing: only those on green stay.",
    "cookie_domain": "Nothing: the host that has set it.",
    "cookie_path": "Nothing: all.",
    "alert-severity": "Less severe ones are not sent. Nothing: info.",
    "alert-provider": "The AlertProvider knows the channel and its address.",
    "alert-provider_namespace": "Nothing: that of the Canary.",
}
