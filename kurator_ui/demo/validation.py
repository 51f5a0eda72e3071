"""The part of the kinds' schemas that people get wrong: checked and worded as the real API server does."""

from __future__ import annotations

import re
from typing import Any

from kurator_ui.demo.errors import Obj, invalid
from kurator_ui.demo.resources import Resource

PROVIDERS = (
    "",
    "istio",
    "linkerd",
    "appmesh",
    "appmesh:v1beta2",
    "contour",
    "gatewayapi:v1",
    "gatewayapi:v1beta1",
    "gloo",
    "knative",
    "kubernetes",
    "kuma",
    "nginx",
    "osm",
    "skipper",
    "smi:v1alpha1",
    "smi:v1alpha2",
    "smi:v1alpha3",
    "traefik",
    "apisix",
)
INTERVAL = r"^[0-9]+(m|s)"
NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
NUMBERS = ("iterations", "threshold", "stepWeight", "maxWeight", "mirrorWeight", "stepWeightPromotion")

Causes = list[tuple[str, str]]


def validate(resource: Resource, obj: Obj) -> None:
    """Raises 422 Invalid with every path that is wrong."""
    causes: Causes = []
    name = obj["metadata"].get("name", "")
    if not isinstance(name, str) or not NAME.match(name):
        causes.append(
            (
                "metadata.name",
                f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumerics',
            )
        )
    if resource.kind == "Canary":
        causes += _canary(obj.get("spec"))
    elif resource.kind == "Application":
        causes += _application(obj.get("spec"))
    if causes:
        raise invalid(resource.kind, resource.group, resource.plural, str(name), causes)


def _canary(spec: Any) -> Causes:
    if not isinstance(spec, dict):
        return [("spec", "Required value")]
    causes = [(f"spec.{field}", "Required value") for field in ("targetRef", "analysis") if field not in spec]
    causes += _typed("spec", spec, ("targetRef", "analysis", "service", "ingressRef"), dict, "object")
    if isinstance(spec.get("targetRef"), dict) and not isinstance(spec["targetRef"].get("name"), str):
        causes.append(("spec.targetRef.name", "Required value"))
    provider = spec.get("provider", "")
    if provider not in PROVIDERS:
        known = ", ".join(f'"{name}"' for name in PROVIDERS)
        causes.append(("spec.provider", f'Unsupported value: "{provider}": supported values: {known}'))
    causes += _typed("spec", spec, ("suspend", "skipAnalysis", "revertOnDeletion"), bool, "boolean")
    causes += _number("spec.progressDeadlineSeconds", spec.get("progressDeadlineSeconds"))
    return causes + _analysis(spec["analysis"]) if isinstance(spec.get("analysis"), dict) else causes


def _analysis(analysis: Obj) -> Causes:
    causes = _interval("spec.analysis.interval", analysis.get("interval"))
    for field in NUMBERS:
        causes += _number(f"spec.analysis.{field}", analysis.get(field))
    for index, metric in enumerate(analysis.get("metrics") or []):
        causes += _interval(f"spec.analysis.metrics[{index}].interval", metric.get("interval"))
    ways = [field for field in ("iterations", "stepWeight", "stepWeights") if field in analysis]
    required = "interval" in analysis and "threshold" in analysis
    if len(ways) != 1 or not required:
        causes.append(
            ("spec.analysis", 'Invalid value: "object": "spec.analysis" must validate one and only one schema (oneOf)')
        )
    return causes


def _interval(path: str, value: Any) -> Causes:
    if value is None:
        return []
    if not isinstance(value, str):
        return [(path, f'Invalid value: "{_type(value)}": {path} in body must be of type string: "{_type(value)}"')]
    return (
        []
        if re.match(INTERVAL, value)
        else [(path, f"Invalid value: \"{value}\": {path} in body should match '{INTERVAL}'")]
    )


def _number(path: str, value: Any) -> Causes:
    if value is None:
        return []
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [(path, f'Invalid value: "{_type(value)}": {path} in body must be of type number: "{_type(value)}"')]
    return [(path, f"Invalid value: {value}: {path} in body should be greater than or equal to 0")] if value < 0 else []


def _typed(path: str, holder: Obj, fields: tuple[str, ...], kind: type, name: str) -> Causes:
    wrong = [field for field in fields if holder.get(field) is not None and not isinstance(holder[field], kind)]
    return [(f"{path}.{field}", f'Invalid value: "{_type(holder[field])}": must be of type {name}') for field in wrong]


def _type(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _application(spec: Any) -> Causes:
    if not isinstance(spec, dict):
        return [("spec", "Required value")]
    causes: Causes = []
    for index, sync in enumerate(spec.get("syncPolicies") or []):
        rollout = sync.get("rollout")
        if isinstance(rollout, dict):
            causes += _rollout(f"spec.syncPolicies[{index}].rollout", rollout)
    return causes


def _rollout(path: str, rollout: Obj) -> Causes:
    required = ("trafficRoutingProvider", "workload", "serviceName", "port", "rolloutPolicy")
    causes = [(f"{path}.{field}", "Required value") for field in required if field not in rollout]
    policy = rollout.get("rolloutPolicy") or {}
    causes += _typed(
        f"{path}.rolloutPolicy", policy, ("suspend", "skipTrafficAnalysis", "revertOnDeletion"), bool, "boolean"
    )
    analysis, routing = policy.get("trafficAnalysis") or {}, policy.get("trafficRouting") or {}
    for field in ("checkIntervalSeconds", "checkFailedTimes"):
        causes += _number(f"{path}.rolloutPolicy.trafficAnalysis.{field}", analysis.get(field))
    return causes + _number(f"{path}.rolloutPolicy.trafficRouting.analysisTimes", routing.get("analysisTimes"))
