"""From a policy to the Canary that Kurator makes of it on a member, field by field (kurator.md 7, 13), and whether the
Canary that is there is that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.domain.checks import BUILT_IN
from rollouts.domain.policies.reading import Obj
from rollouts.domain.policies.strategies import Provider

NAMESPACES = {Provider.ISTIO: "istio-system", Provider.KUMA: "kuma-system", Provider.NGINX: "ingress-nginx"}
"""Of Flagger and the public load tester, by the provider (kurator.md 5)."""
OF_ISTIO = ("gateways", "hosts", "retries", "headers", "corsPolicy")
OF_KUMA = "9898.service.kuma.io/protocol"
OF_STEPS = ("maxWeight", "stepWeight", "stepWeights", "stepWeightPromotion")
OF_THE_MEMBER = re.compile(r"service\.targetPort|analysis\.webhooks\[\d+\]\.url")
"""No policy says these: the port is that of the Service on the member, and the address of the load tester follows from
names there, which may have been shortened (kurator.md 5).
"""


def rendered(rollout: Obj, cluster: str, target_port: Any = None) -> dict[str, Any]:
    """The spec of the Canary. `cluster` is the member's name on the hub, which the address of the public load tester
    has in it. Raises KeyError where Kurator stops, for want of a field.
    """
    governed, workload, provider = rollout["rolloutPolicy"], rollout["workload"], rollout["trafficRoutingProvider"]
    nginx = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "nginx"}
    spec = {
        "provider": provider,
        "targetRef": {name: workload[name] for name in ("apiVersion", "kind", "name")},
        "ingressRef": nginx if provider == Provider.NGINX else None,
        "progressDeadlineSeconds": governed.get("rolloutTimeoutSeconds"),
        "skipAnalysis": governed.get("skipTrafficAnalysis"),
        "revertOnDeletion": governed.get("revertOnDeletion"),
        "suspend": governed.get("suspend"),
        "service": _service(rollout, provider, target_port),
        "analysis": _analysis(rollout, provider, cluster),
    }
    made: dict[str, Any] = _given(spec)
    return made


def place(rollout: Obj) -> tuple[str, str]:
    """Namespace and name of the Canary."""
    workload = rollout.get("workload") or {}
    return str(workload.get("namespace") or ""), str(workload.get("name") or "")


def unlike(wanted: Any, found: Any) -> tuple[str, ...]:
    """The places below `spec` where a Canary says something else. What is empty counts as absent: API servers fill in
    defaults, and Kurator writes empty fields or none.
    """
    return tuple(sorted(_unlike(_given(wanted), _given(found), "")))


def _service(rollout: Obj, provider: str, target_port: Any) -> dict[str, Any]:
    routing = rollout["rolloutPolicy"]["trafficRouting"]
    made = {
        "name": rollout.get("serviceName"),
        "port": rollout.get("port"),
        "targetPort": target_port,
        "timeout": f"{routing.get('timeoutSeconds') or 0}s",
    }
    if provider == Provider.ISTIO:
        made |= {name: routing.get(name) for name in OF_ISTIO}
    if provider == Provider.KUMA:
        annotated = {"annotations": {OF_KUMA: routing.get("protocol") or "http"}}
        made |= dict.fromkeys(("apex", "canary", "primary"), annotated)
    return made


def _analysis(rollout: Obj, provider: str, cluster: str) -> dict[str, Any]:
    routing, analysis = rollout["rolloutPolicy"]["trafficRouting"], rollout["rolloutPolicy"]["trafficAnalysis"]
    hooks, steps = analysis.get("webhooks") or {}, routing.get("canaryStrategy") or {}
    namespace, commands = rollout["workload"]["namespace"], hooks.get("command") or []
    return {
        "interval": f"{analysis['checkIntervalSeconds']}s",
        "threshold": analysis["checkFailedTimes"],
        "iterations": routing.get("analysisTimes"),
        "match": routing.get("match"),
        **{name: steps.get(name) for name in OF_STEPS},
        "sessionAffinity": analysis.get("sessionAffinity"),
        "metrics": [_metric(metric, namespace) for metric in analysis.get("metrics") or []],
        "webhooks": [
            {
                "name": f"generated-testload-{number}",
                "url": _load_tester(rollout, provider, cluster),
                "timeout": f"{hooks['timeoutSeconds']}s",
                "metadata": {"type": "cmd", "cmd": command},
            }
            for number, command in enumerate(commands)
        ],
    }


def _metric(metric: Obj, namespace: str) -> dict[str, Any]:
    template = None if metric["name"] in BUILT_IN else {"name": metric["name"], "namespace": namespace}
    return {
        "name": metric["name"],
        "interval": f"{metric['intervalSeconds']}s",
        "thresholdRange": metric.get("thresholdRange"),
        "templateRef": template,
    }


def _load_tester(rollout: Obj, provider: str, cluster: str) -> str:
    if rollout.get("testLoader"):
        return f"http://{rollout['serviceName']}-testloader.{rollout['workload']['namespace']}/"
    namespace = NAMESPACES[Provider(provider)]
    return f"http://{namespace}-testloader-{cluster}-loadtester.{namespace}/"


def _given(value: Any) -> Any:
    """Without what is empty; a number never is."""
    if isinstance(value, Mapping):
        inner = {name: _given(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if _says_something(each)}
    return [_given(each) for each in value] if isinstance(value, list | tuple) else value


def _says_something(value: Any) -> bool:
    return bool(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def _unlike(wanted: Any, found: Any, at: str) -> Iterator[str]:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name in wanted.keys() | found.keys():
            inner = f"{at}.{name}" if at else name
            if not OF_THE_MEMBER.fullmatch(inner):
                yield from _unlike(wanted.get(name), found.get(name), inner)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _unlike(one, other, f"{at}[{number}]")
    elif wanted != found and (wanted or found):
        yield at
