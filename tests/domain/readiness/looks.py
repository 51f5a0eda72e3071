"""A cluster that has everything, to take something away from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rollouts.domain.addresses import Service
from rollouts.domain.kurator import Fleet, RolloutPlugin
from rollouts.domain.observations import Canary, Hook
from rollouts.domain.readiness import BuiltIn, Controller, Finding, Light, Metrics, Namespace, Part, Seen, Unread

ISTIOD = Controller("istio-system", "istiod", True, Part.ISTIO, "1.24.2")
FLAGGER = Controller("istio-system", "flagger", True, Part.FLAGGER, "1.44.0", "istio", "http://prometheus:9090")
TESTER = Controller("shop", "checkout-testloader", True, Part.LOAD_TESTER, "0.29.0")
HOOK = Hook("generated-testload-0", "", "http://checkout-testloader.shop/")
TESTER_SERVICE = Service("shop", "checkout-testloader", "http", "80")
CHECKOUT = Canary(
    "shop",
    "checkout",
    "uid",
    "1",
    provider="istio",
    target_name="checkout",
    service_name="checkout",
    gateways=("istio-system/public",),
    hooks=(HOOK,),
)
FLEET = Fleet("default", "demo", "uid", plugin=RolloutPlugin("istio", public_load_tester=True), phase="Ready")
READY = Seen(
    server_version="v1.30.4",
    controllers=(ISTIOD, FLAGGER, TESTER),
    canaries=(CHECKOUT,),
    namespaces={"shop": Namespace({"istio-injection": "enabled"})},
    gateways={"networking.istio.io": frozenset({"istio-system/public"})},
    services={TESTER_SERVICE: True},
    metrics=Metrics("http://prometheus:9090", built_in=(BuiltIn("request-success-rate", "shop/checkout", "99.9 %"),)),
    fleets=(FLEET,),
)
DENIED = Unread("This account may not.", "list deployments.apps")


def without(**changed: Any) -> Seen:
    return replace(READY, **changed)


def said(rule: Callable[[Seen], Finding], **changed: Any) -> tuple[Light, str]:
    """The light, and all that is said beside it."""
    found = rule(without(**changed))
    return found.light, " ".join(f"{one.said} {one.remedy}".strip() for one in found.points)
