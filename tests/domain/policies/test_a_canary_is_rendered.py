"""The Canary that Kurator makes of a policy."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.rendering import render as as_the_demo_does
from rollouts.domain.policies.rendering import place, rendered, unlike
from tests.support.policies import ABSENT, CUSTOM, GREEN, POLICY, policy

ROUTING, ANALYSIS = "rolloutPolicy__trafficRouting", "rolloutPolicy__trafficAnalysis"
SERVICE = {"spec": {"ports": [{"port": 8080, "targetPort": 9898}]}}


def test_every_field_has_its_place() -> None:
    spec = rendered(POLICY, "edge-a")
    assert place(POLICY) == ("shop", "checkout")
    assert spec == {
        "provider": "istio",
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
        "progressDeadlineSeconds": 600,
        "revertOnDeletion": True,
        "service": {
            "name": "checkout",
            "port": 8080,
            "timeout": "60s",
            "gateways": ["istio-system/public-gateway", "mesh"],
            "hosts": ["checkout.example.test"],
        },
        "analysis": {
            "interval": "90s",
            "threshold": 3,
            "iterations": 3,
            "metrics": [
                {"name": "request-success-rate", "interval": "90s", "thresholdRange": {"min": 99}},
                {"name": "request-duration", "interval": "90s", "thresholdRange": {"max": 500}},
            ],
            "webhooks": [
                {
                    "name": "generated-testload-0",
                    "url": "http://checkout-testloader.shop/",
                    "timeout": "60s",
                    "metadata": {"type": "cmd", "cmd": f"hey -z 1m -q 10 -c 2 {GREEN}"},
                }
            ],
        },
    }


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"rolloutPolicy__suspend": True, "rolloutPolicy__skipTrafficAnalysis": False},
        {f"{ANALYSIS}__metrics": [CUSTOM]},
        {"testLoader": ABSENT},
        {f"{ROUTING}__analysisTimes": ABSENT, f"{ROUTING}__canaryStrategy": {"stepWeight": 10, "maxWeight": 50}},
        {f"{ROUTING}__retries": {"attempts": 3}, f"{ROUTING}__corsPolicy": {"maxAge": "1h"}},
        {f"{ANALYSIS}__webhooks": ABSENT, f"{ROUTING}__timeoutSeconds": ABSENT},
    ],
)
def test_it_is_the_one_that_the_demos_kurator_makes(changed: dict[str, Any]) -> None:
    made = policy(**changed)
    found = as_the_demo_does(made, "prod", SERVICE, "edge-a")["spec"]
    assert unlike(rendered(made, "edge-a"), found) == ()


def test_other_providers_have_their_own_fields() -> None:
    nginx = rendered(policy(trafficRoutingProvider="nginx"), "edge-a")
    assert nginx["ingressRef"] == {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "nginx"}
    assert "hosts" not in nginx["service"]
    kuma = rendered(policy(trafficRoutingProvider="kuma", testLoader=ABSENT), "edge-a")
    assert kuma["service"]["apex"] == {"annotations": {"9898.service.kuma.io/protocol": "http"}}
    url = kuma["analysis"]["webhooks"][0]["url"]
    assert url == "http://kuma-system-testloader-edge-a-loadtester.kuma-system/"


@pytest.mark.parametrize("gone", [ROUTING, ANALYSIS, f"{ANALYSIS}__webhooks__timeoutSeconds"])
def test_where_kurator_stops_nothing_is_rendered(gone: str) -> None:
    with pytest.raises(KeyError, match=gone.rpartition("__")[2]):
        rendered(policy(**{gone: ABSENT}), "edge-a")


def test_a_canary_that_says_something_else_is_told_by_its_places() -> None:
    wanted = rendered(policy(**{f"{ANALYSIS}__checkIntervalSeconds": 60, f"{ROUTING}__hosts": ABSENT}), "edge-a")
    assert unlike(wanted, rendered(POLICY, "edge-a")) == ("analysis.interval", "service.hosts")
    assert unlike({"analysis": {"metrics": [{"name": "a"}]}}, {"analysis": {"metrics": []}}) == ("analysis",)
    assert unlike({"analysis": {"metrics": [{"name": "a"}]}}, {"analysis": {"metrics": [{"name": "b"}]}}) == (
        "analysis.metrics[0].name",
    )
