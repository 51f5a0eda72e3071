"""Specs of Canaries that somebody applied directly."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.observations import Kind
from rollouts.models import ObjectCopy, Rollout
from tests.support.builders import make_application, make_cluster
from tests.support.policies import ABSENT, put

Obj = dict[str, Any]
GREEN = "http://checkout-canary.shop:8080/"
SPEC: Obj = {
    "provider": "istio",
    "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
    "autoscalerRef": {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": "checkout"},
    "progressDeadlineSeconds": 600,
    "revertOnDeletion": True,
    "service": {
        "port": 8080,
        "targetPort": "http",
        "portDiscovery": True,
        "timeout": "1m",
        "gateways": ["istio-system/public-gateway", "mesh"],
        "hosts": ["checkout.example.test"],
        "retries": {"attempts": 3, "perTryTimeout": "2s"},
    },
    "analysis": {
        "interval": "90s",
        "iterations": 3,
        "threshold": 3,
        "metrics": [
            {"name": "request-success-rate", "interval": "1m", "thresholdRange": {"min": 99}},
            {
                "name": "orders",
                "interval": "90s",
                "thresholdRange": {"max": 5},
                "templateRef": {"name": "orders", "namespace": "metrics"},
                "templateVariables": {"tier": "gold"},
            },
        ],
        "webhooks": [
            {
                "name": "load",
                "url": "http://loadtester.test/",
                "timeout": "5s",
                "metadata": {"type": "cmd", "cmd": f"hey -z 1m {GREEN}"},
            },
            {"name": "gate", "type": "confirm-promotion", "url": "http://loadtester.test/gate/check"},
        ],
        "alerts": [{"name": "team", "severity": "warn", "providerRef": {"name": "slack"}}],
    },
}

META: Obj = {"labels": {"team": "shop"}, "annotations": {"example.test/owner": "shop"}}
EVERYTHING: Obj = {
    **SPEC,
    "metricsServer": "http://prometheus.test:9090",
    "skipAnalysis": False,
    "suspend": False,
    "autoscalerRef": {
        **SPEC["autoscalerRef"],
        "primaryScalerQueries": {"requests": "sum(rate(requests[1m]))"},
        "primaryScalerReplicas": {"minReplicas": 2, "maxReplicas": 9},
    },
    "ingressRef": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "shop"},
    "routeRef": {"apiVersion": "apisix.apache.org/v2", "kind": "ApisixRoute", "name": "shop"},
    "upstreamRef": {"apiVersion": "gloo.solo.io/v1", "kind": "Upstream", "name": "shop", "namespace": "gloo"},
    "service": {
        **SPEC["service"],
        "name": "checkout",
        "portName": "http",
        "appProtocol": "http",
        "trafficDistribution": "PreferClose",
        "headless": True,
        "backendTimeout": "2s",
        "meshName": "global",
        "backends": ["cart.shop"],
        "delegation": True,
        "match": [
            {"uri": {"prefix": "/shop"}, "method": {"exact": "GET"}, "queryParams": {"beta": {"exact": "1"}}},
            {"sourceLabels": {"app": "front"}, "port": 8080},
        ],
        "rewrite": {"uri": "/", "authority": "checkout.test", "type": "ReplacePrefixMatch"},
        "mirror": [{"backendRef": {"group": "", "kind": "Service", "namespace": "audit", "name": "copy", "port": 80}}],
        "gatewayRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "infra", "name": "public"},
            {"name": "inner", "sectionName": "https"},
        ],
        "headers": {
            "request": {"set": {"x-tier": "gold"}, "add": {"x-a": "1"}, "remove": ["x-debug"]},
            "response": {"set": {"x-b": "2"}, "add": {"x-c": "3"}, "remove": ["server"]},
        },
        "corsPolicy": {
            "allowOrigins": [{"exact": "https://shop.test"}],
            "allowOrigin": ["https://old.test"],
            "allowMethods": ["GET"],
            "allowHeaders": ["x-tier"],
            "exposeHeaders": ["x-b"],
            "maxAge": "24h",
            "allowCredentials": True,
        },
        "retries": {"attempts": 3, "perTryTimeout": "2s", "retryOn": "5xx"},
        "trafficPolicy": {
            "loadBalancer": {"consistentHash": {"httpCookie": {"name": "side", "ttl": "0s"}}},
            "outlierDetection": {"consecutive5xxErrors": 5, "splitExternalLocalOriginErrors": True},
        },
        "apex": META,
        "primary": META,
        "canary": META,
        "unmanagedMetadata": {"labels": ["mesh"], "annotations": ["example.test/seen"]},
    },
    "analysis": {
        "interval": "90s",
        "iterations": 3,
        "threshold": 3,
        "maxWeight": 50,
        "stepWeight": 10,
        "stepWeights": [5, 10],
        "stepWeightPromotion": 50,
        "mirror": True,
        "mirrorWeight": 10,
        "primaryReadyThreshold": 90,
        "canaryReadyThreshold": 80,
        "match": [{"headers": {"x-group": {"suffix": "er"}}}],
        "metrics": [
            {
                "name": "orders",
                "interval": "90s",
                "threshold": 5,
                "thresholdRange": {"min": 1, "max": 5},
                "query": "up",
                "templateRef": {"name": "orders", "namespace": "metrics"},
                "templateVariables": {"tier": "gold"},
            }
        ],
        "alerts": [{"name": "team", "severity": "warn", "providerRef": {"name": "slack", "namespace": "flagger"}}],
        "webhooks": [
            {
                "name": "load",
                "type": "rollout",
                "url": "http://loadtester.test/",
                "timeout": "5s",
                "retries": 2,
                "muteAlert": True,
                "disableTLS": True,
                "metadata": {"cmd": "hey"},
            }
        ],
        "sessionAffinity": {
            "cookieName": "side",
            "primaryCookieName": "blue-side",
            "domain": "shop.test",
            "httpOnly": True,
            "maxAge": 3600,
            "partitioned": True,
            "path": "/",
            "sameSite": "Lax",
            "secure": True,
        },
    },
}
"""Every field that the kind has (flagger.md 2), though no one Canary needs all of them."""


def spec(**changes: Any) -> Obj:
    """With other values at some places; `ABSENT` takes one away. Dots are written as two underscores."""
    made = copy.deepcopy(SPEC)
    for place, value in changes.items():
        put(made, place.replace("__", "."), value)
    return made


def read_by_a_task(rollout: Rollout, found: Obj, generation: int = 1, *, at: datetime | None = None) -> ObjectCopy:
    """The Canary of the rollout, whole."""
    uid = memory.load(rollout.state).canary.uid
    metadata = {"namespace": rollout.namespace, "name": rollout.name, "uid": uid, "generation": generation}
    whole = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": metadata, "spec": found}
    when = at or timezone.now()
    text = {"text": json.dumps(whole), "error": "", "fetched_at": when, "requested_at": when}
    copy, _ = ObjectCopy.objects.update_or_create(rollout=rollout, kind=Kind.CANARY, name=rollout.name, defaults=text)
    return copy


def made_by_kurator(rollout: Rollout, policy: str = "checkout-prod") -> None:
    """An Application on a hub has a policy for it."""
    claims = make_application(rollout.name, rollout.namespace, make_cluster("hub"))
    Rollout.objects.filter(pk=rollout.pk).update(owner_kind="kurator", owner_name=policy, application=claims)


def left_by_kurator(rollout: Rollout, policy: str = "checkout-prod") -> None:
    """It still names the policy that has made it, and no Application has that any more."""
    plain = make_application(rollout.name, rollout.namespace)
    state = memory.load(rollout.state)
    marked = memory.dump(replace(state, canary=replace(state.canary, policy=policy)))
    Rollout.objects.filter(pk=rollout.pk).update(
        owner_kind="kurator", owner_name=policy, application=plain, state=marked
    )


__all__ = ["ABSENT", "EVERYTHING", "GREEN", "SPEC", "left_by_kurator", "made_by_kurator", "read_by_a_task", "spec"]
