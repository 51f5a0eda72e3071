"""Specs of Canaries that somebody applied directly."""

from __future__ import annotations

import copy
import json
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
    Rollout.objects.filter(pk=rollout.pk).update(owner_kind="kurator", owner_name=policy, application=plain)


__all__ = ["ABSENT", "GREEN", "SPEC", "left_by_kurator", "made_by_kurator", "read_by_a_task", "spec"]
