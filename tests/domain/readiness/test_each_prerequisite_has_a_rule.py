"""One table for each prerequisite: there, absent, too old, not readable, not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.readiness import (
    BuiltIn,
    Controller,
    Finding,
    Light,
    Metrics,
    Namespace,
    Part,
    Prerequisite,
    Rights,
    Seen,
    Unread,
    judge,
)
from rollouts.domain.readiness.flagger import flagger, plugin
from rollouts.domain.readiness.kinds import kinds, rights
from rollouts.domain.readiness.platform import kubernetes, mesh
from rollouts.domain.readiness.prometheus import prometheus
from rollouts.domain.readiness.traffic import gateways, injection, load_testers
from tests.domain.readiness.looks import (
    CHECKOUT,
    DENIED,
    FLAGGER,
    FLEET,
    ISTIOD,
    READY,
    TESTER,
    TESTER_SERVICE,
    said,
    without,
)

Rule = Callable[[Seen], Finding]
KUMA, NGINX = replace(CHECKOUT, provider="kuma"), replace(CHECKOUT, provider="nginx")
ISTIO_GROUP = "networking.istio.io"
PROXY = "get services/proxy http:prometheus:9090 in namespace istio-system"
TABLE: list[tuple[Rule, dict[str, Any], Light, str]] = [
    (kubernetes, {}, Light.READY, "v1.30.4; 1.27.3 is wanted."),
    (kubernetes, {"server_version": "v1.27.3-gke.100"}, Light.READY, "v1.27.3-gke.100"),
    (kubernetes, {"server_version": "v1.27.2"}, Light.LACKING, "v1.27.2 is older than 1.27.3. Upgrade the cluster"),
    (kubernetes, {"server_version": ""}, Light.UNKNOWN, "Not told."),
    (kubernetes, {"server_version": "main"}, Light.UNKNOWN, "calls its version 'main'"),
    (mesh, {}, Light.READY, "Istio 1.24.2 (istio-system/istiod); 1.18 is wanted."),
    (mesh, {"controllers": (FLAGGER,)}, Light.LACKING, "Istio was not found, and provider istio is in use."),
    (mesh, {"controllers": (replace(ISTIOD, version="1.17.8"), FLAGGER)}, Light.LACKING, "older than 1.18. Upgrade"),
    (mesh, {"controllers": (replace(ISTIOD, version="latest"), FLAGGER)}, Light.UNKNOWN, "See by its own tools"),
    (mesh, {"controllers": (replace(ISTIOD, ready=False), FLAGGER)}, Light.LACKING, "has no ready pod"),
    (mesh, {"controllers": DENIED}, Light.UNKNOWN, "Grant this account: list deployments.apps."),
    (mesh, {"controllers": (), "canaries": (), "fleets": None}, Light.UNKNOWN, "Which provider Flagger uses"),
    (mesh, {"canaries": (NGINX,)}, Light.LACKING, "ingress-nginx was not found"),
    (
        mesh,
        {"canaries": (NGINX,), "controllers": (FLAGGER, Controller("i", "c", True, Part.NGINX, "v1.9.4"))},
        Light.READY,
        "ingress-nginx v1.9.4 (i/c); no version is asked for.",
    ),
    (mesh, {"canaries": (replace(CHECKOUT, provider="kubernetes"),)}, Light.NEEDLESS, "needs no mesh"),
    (mesh, {"canaries": (replace(CHECKOUT, provider="linkerd"),)}, Light.UNKNOWN, "none of the guide's"),
    (mesh, {"is_hub": True, "canaries": (), "controllers": ()}, Light.NEEDLESS, "A hub without rollouts"),
    (kinds, {}, Light.READY, "Every kind"),
    (kinds, {"absent_kinds": ("canaries.flagger.app",)}, Light.LACKING, "is not installed. Flagger's chart"),
    (
        flagger,
        {},
        Light.READY,
        "Flagger 1.44.0 (istio-system/flagger; -mesh-provider istio, -metrics-server http://pro",
    ),
    (flagger, {"controllers": (ISTIOD,)}, Light.LACKING, "No Deployment with Flagger's image"),
    (flagger, {"controllers": (replace(FLAGGER, ready=False),)}, Light.LACKING, "no release moves"),
    (flagger, {"controllers": (replace(FLAGGER, version="1.35.0"),)}, Light.LACKING, "Upgrade Flagger to 1.36.1"),
    (flagger, {"controllers": (replace(FLAGGER, watches="billing"),)}, Light.LACKING, "1 Canaries are elsewhere"),
    (
        flagger,
        {"controllers": (replace(FLAGGER, watches="billing"), replace(FLAGGER, namespace="shop", watches="shop"))},
        Light.READY,
        "has a ready pod",
    ),
    (flagger, {"controllers": DENIED}, Light.UNKNOWN, "Grant this account: list deployments.apps."),
    (flagger, {"is_hub": True, "controllers": ()}, Light.NEEDLESS, "A hub without rollouts"),
    (plugin, {}, Light.READY, "Fleet default/demo has the plugin: provider istio, with a public load tester."),
    (plugin, {"fleets": (replace(FLEET, plugin=None),)}, Light.LACKING, "Give it spec.plugin.flagger"),
    (plugin, {"fleets": (replace(FLEET, phase="Failed"),)}, Light.LACKING, "Fleet default/demo is Failed."),
    (plugin, {"fleets": None}, Light.NEEDLESS, "of no Fleet"),
    (plugin, {"fleets": ()}, Light.UNKNOWN, "lists this cluster any more"),
    (plugin, {"fleets": (), "is_hub": True}, Light.LACKING, "This hub has no Fleet."),
    (plugin, {"fleets": DENIED}, Light.UNKNOWN, "The Fleets on the hub could not be read."),
    (prometheus, {}, Light.READY, "request-success-rate of shop/checkout: 99.9 %."),
    (prometheus, {"metrics": None}, Light.NEEDLESS, "no rollouts to measure"),
    (prometheus, {"metrics": Metrics("http://p:9090", "It hung up.")}, Light.LACKING, "does not answer. It hung up."),
    (prometheus, {"metrics": Metrics("", "Not placed.")}, Light.UNKNOWN, "Which Prometheus to ask is not known."),
    (
        prometheus,
        {"metrics": Metrics("http://p:9090", "Forbidden."), "rights": Rights((PROXY,))},
        Light.UNKNOWN,
        f"Grant this account: {PROXY}.",
    ),
    (prometheus, {"metrics": Metrics("p", built_in=(BuiltIn("r", "a/b"),))}, Light.UNKNOWN, "has no value now"),
    (prometheus, {"metrics": Metrics("p", built_in=(BuiltIn("r", ""),))}, Light.READY, "no rollout yet to ask about"),
    (prometheus, {"metrics": Metrics("p", built_in=(BuiltIn("r", "a/b", problem="No."),))}, Light.LACKING, "refused"),
    (gateways, {}, Light.READY, "istio-system/public is there and named by Canaries."),
    (gateways, {"gateways": {ISTIO_GROUP: frozenset()}}, Light.LACKING, "Gateway istio-system/public, which does not"),
    (
        gateways,
        {"canaries": (replace(CHECKOUT, gateways=("public.istio-system.svc.cluster.local",)),)},
        Light.READY,
        "istio-system/public is there",
    ),
    (
        gateways,
        {"canaries": (replace(CHECKOUT, gateways=("./edge",)),), "gateways": {ISTIO_GROUP: frozenset({"shop/edge"})}},
        Light.READY,
        "shop/edge is there",
    ),
    (gateways, {"gateways": {}, "canaries": ()}, Light.LACKING, "There is no Gateway of networking.istio.io."),
    (
        gateways,
        {"gateways": {ISTIO_GROUP: frozenset({"shop/other"})}},
        Light.LACKING,
        "shop/checkout names Gateway istio-system/public, which does not exist.",
    ),
    (
        gateways,
        {"gateways": {ISTIO_GROUP: Unread("No.", "list gateways")}},
        Light.UNKNOWN,
        "Grant this account: list",
    ),
    (gateways, {"canaries": (replace(CHECKOUT, gateways=("mesh",)),)}, Light.NEEDLESS, "callers inside the mesh"),
    (gateways, {"canaries": (NGINX,)}, Light.NEEDLESS, "have no Gateways"),
    (
        gateways,
        {"canaries": (replace(CHECKOUT, gateways=("edge",)),), "gateways": {ISTIO_GROUP: frozenset({"shop/edge"})}},
        Light.READY,
        "shop/edge is there",
    ),
    (load_testers, {}, Light.READY, "shop/checkout-testloader has a ready pod."),
    (load_testers, {"services": {TESTER_SERVICE: False}}, Light.LACKING, "which does not exist: what asks it fails."),
    (load_testers, {"controllers": (replace(TESTER, ready=False),)}, Light.LACKING, "has no ready pod"),
    (load_testers, {"controllers": ()}, Light.UNKNOWN, "no Deployment of that name"),
    (load_testers, {"services": {TESTER_SERVICE: DENIED}}, Light.UNKNOWN, "Grant this account"),
    (load_testers, {"services": {}}, Light.UNKNOWN, "It was not looked at."),
    (load_testers, {"canaries": (replace(CHECKOUT, hooks=()),)}, Light.NEEDLESS, "shop/checkout-testloader would be"),
    (injection, {}, Light.READY, "Sidecars of istio are put into new pods of shop."),
    (injection, {"namespaces": {"shop": Namespace({"istio.io/rev": "canary"})}}, Light.READY, "new pods of shop"),
    (injection, {"namespaces": {"shop": Namespace()}}, Light.LACKING, "label namespace shop istio-injection=enabled"),
    (
        injection,
        {"namespaces": {"shop": Namespace({"istio-injection": "disabled"})}},
        Light.LACKING,
        "refuses sidecars",
    ),
    (injection, {"namespaces": {"shop": DENIED}}, Light.UNKNOWN, "Namespace shop could not be read."),
    (injection, {"namespaces": {}}, Light.UNKNOWN, "It was not looked at."),
    (
        injection,
        {"namespaces": {"shop": Namespace({"istio.io/dataplane-mode": "ambient"})}},
        Light.UNKNOWN,
        "ambient mode",
    ),
    (injection, {"canaries": (KUMA,)}, Light.LACKING, "not marked for sidecars of Kuma"),
    (
        injection,
        {"canaries": (KUMA,), "namespaces": {"shop": Namespace(annotations={"kuma.io/sidecar-injection": "enabled"})}},
        Light.READY,
        "Sidecars of kuma",
    ),
    (injection, {"canaries": (NGINX,)}, Light.NEEDLESS, "No Canary uses a mesh"),
    (rights, {}, Light.READY, "Everything that is followed can be read."),
    (rights, {"rights": Rights(("list events",))}, Light.LACKING, "Missing to follow rollouts: list events."),
    (rights, {"rights": Rights((), ("patch canaries",))}, Light.READY, "Left out for acting: patch canaries."),
]


@pytest.mark.parametrize(("rule", "changed", "light", "words"), TABLE)
def test_a_rule_gives_its_light_and_says_why(rule: Rule, changed: dict[str, Any], light: Light, words: str) -> None:
    found, sentences = said(rule, **changed)
    assert (found, words in sentences) == (light, True), sentences


def test_whatever_lacks_has_a_remedy() -> None:
    bad = [rule(without(**changed)) for rule, changed, light, _ in TABLE if light is Light.LACKING]
    assert all(one.remedy for finding in bad for one in finding.points if one.light is Light.LACKING)


def test_every_prerequisite_is_judged_once_and_a_whole_cluster_is_ready() -> None:
    found = judge(READY)
    assert [one.prerequisite for one in found] == list(Prerequisite)
    assert {one.light for one in found} == {Light.READY}


def test_what_was_told_of_no_canary_is_judged_by_the_plugin_for_kuma_leaves_the_flag_at_istio() -> None:
    assert without(canaries=()).providers == ("istio",)
    assert READY.flagger == FLAGGER
    assert FLEET.plugin is not None
    kuma = replace(FLEET, plugin=replace(FLEET.plugin, provider="kuma"))
    assert without(canaries=(), fleets=(kuma,)).providers == ("kuma",)
    assert without(canaries=(KUMA,)).providers == ("kuma",)
