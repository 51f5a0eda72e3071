"""A new blue/green policy: what is offered for it, what stands in it at first, what has to be known before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.policies import creating
from rollouts.domain.policies.creating import Around, Target
from rollouts.domain.policies.editing import STRATEGY, edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.offering import (
    FoundAutoscaler,
    FoundService,
    FoundWorkload,
    Offer,
    Offers,
    choices,
    offers,
)
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.rules import judged
from rollouts.domain.policies.writing import applied, write
from tests.support.policies import POLICY

APP = {"app": "cart"}
CART = FoundWorkload("Deployment", "shop", "cart", APP, APP)
SERVICE = FoundService("shop", "cart", APP, (8080,))
OFFER = Offer("Deployment", "shop", "cart", service=True, ports=(8080,), label="app")
TARGET = Target("Deployment", "shop", "cart", 8080)


def offered(*services: FoundService, workload: FoundWorkload = CART) -> Offer:
    (one,) = offers([workload], services, [])
    return one


def test_a_workload_is_offered_with_the_ports_of_its_service() -> None:
    one = offered(SERVICE)
    assert one.why_not == ""
    assert (one.ports, one.label) == ((8080,), "app")


@pytest.mark.parametrize(
    "service",
    [
        replace(SERVICE, selector={"app": "other"}),
        replace(SERVICE, selector={}),
        replace(SERVICE, namespace="other"),
        replace(SERVICE, selector={**APP, "track": "stable"}),
    ],
)
def test_a_service_that_leads_elsewhere_is_none_of_its(service: FoundService) -> None:
    assert offered(service).why_not == "No Service of its name leads to its pods."


def test_a_service_of_another_name_is_told() -> None:
    assert "Its Service is called basket" in offered(replace(SERVICE, name="basket")).why_not


def test_flagger_tells_pods_by_some_labels_only() -> None:
    odd = replace(CART, selects={"component": "cart"})
    assert "Flagger refuses it" in offered(SERVICE, workload=odd).why_not
    assert offered(SERVICE, workload=replace(CART, selects={"app.kubernetes.io/name": "cart"})).why_not == ""


def test_services_that_could_not_be_read_are_not_said_to_be_missing() -> None:
    (one,) = offers([CART], [], [], services_read=False)
    assert one.why_not == "Which Services lead to its pods could not be read."
    assert "service" not in said(read={"eu": Offers((one,))})


def test_neither_blue_nor_what_carries_rollouts_is_offered() -> None:
    blue = replace(CART, name="cart-primary", of_a_rollout=True)
    assert offers([blue, replace(CART, namespace="istio-system")], [], []) == ()


def test_its_autoscaler_is_found_by_its_kind_too() -> None:
    scaler = FoundAutoscaler("shop", "cart-hpa", "Deployment", "cart")
    assert offers([CART], [SERVICE], [scaler])[0].autoscaler == "cart-hpa"
    assert offers([CART], [SERVICE], [replace(scaler, kind="StatefulSet")])[0].autoscaler == ""


def test_what_fits_in_most_clusters_comes_first_and_what_has_a_canary_last() -> None:
    other = replace(OFFER, name="basket")
    third = replace(OFFER, name="about")
    read = {"eu": Offers((other, OFFER, third)), "us": Offers((OFFER, replace(other, service=False), third))}
    found = choices(read, [("us", "shop", "about")])
    assert [(one.name, one.fits, one.taken) for one in found] == [
        ("cart", ("eu", "us"), ()),
        ("basket", ("eu",), ()),
        ("about", ("eu", "us"), ("us",)),
    ]
    assert found[1].found == 2
    assert found[1].reasons == ("No Service of its name leads to its pods.",)


def test_the_ports_that_are_everywhere_come_first() -> None:
    read = {"eu": Offers((replace(OFFER, ports=(80, 8080)),)), "us": Offers((OFFER,))}
    assert choices(read, [])[0].ports == (8080, 80)


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
@pytest.mark.parametrize("provider", ["istio", "kuma"])
def test_the_first_policy_works_as_it_stands(provider: str, kind: str) -> None:
    policy = creating.blue_green(replace(TARGET, provider=provider, kind=kind))
    assert [one for one in judged(policy) if one.wrong] == []


def test_for_nginx_only_the_host_and_the_address_of_prometheus_may_be_wanting() -> None:
    policy = creating.blue_green(replace(TARGET, provider="nginx"))
    assert {one.field for one in judged(policy) if one.wrong} == {"host", "metrics-0-address"}
    named = creating.blue_green(replace(TARGET, provider="nginx"), "eu-west")
    assert {one.field for one in judged(named) if one.wrong} == {"host"}
    assert "{{ target }}" in named.metrics[0].query


def test_the_form_makes_the_very_policy_of_the_guide() -> None:
    texts = {**shown(creating.blue_green(replace(TARGET, name="checkout"))), STRATEGY: "blue-green"}
    edit = edited({}, texts)
    made = applied({}, write({}, edit.before, edit.after))
    wanted = read(POLICY)
    assert edit.wrong == ()
    assert replace(read(made), gateways=wanted.gateways, hosts=wanted.hosts) == wanted
    assert set(made) == set(POLICY)


def said(policy_name: str = "cart", port: int = 8080, **around: object) -> dict[str, str]:
    policy = creating.blue_green(replace(TARGET, name=policy_name, port=port))
    given: dict[str, object] = {"read": {"eu": Offers((OFFER,))}, "unready": {}, "canaries": {}, **around}
    found = list(creating.findings(policy, Around(**given)))  # type: ignore[arg-type]
    assert not any(one.wrong for one in found)
    return {one.field: one.said for one in found}


def test_nothing_is_said_of_what_fits() -> None:
    assert said() == {}


def test_a_cluster_without_the_workload_is_told() -> None:
    assert said("basket")["workload"].startswith("Not found in eu. Kurator stops at the first cluster")


def test_a_cluster_that_was_not_read_says_nothing() -> None:
    assert said("basket", read={}) == {}


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"service": False, "ports": ()}, "service", "In eu no Service of this name leads to the pods"),
        ({"ports": (80, 81)}, "port", "In eu the Service has 80 and 81."),
        ({"label": ""}, "workload", "Flagger refuses it"),
        ({"autoscaler": "cart-hpa"}, "workload", "Autoscaler cart-hpa scales it in eu."),
        ({"kustomization": "default/cart-0"}, "workload", "Kustomization default/cart-0 applies it in eu, not this"),
    ],
)
def test_what_the_clusters_say_to_it_is_told(changed: dict[str, object], field: str, words: str) -> None:
    offer = replace(OFFER, **changed)  # type: ignore[arg-type]
    assert words in said(read={"eu": Offers((offer,))})[field]


def test_its_own_kustomization_is_told_from_another() -> None:
    read_there = {"eu": Offers((replace(OFFER, kustomization="default/cart-0"),))}
    assert (
        "This policy's own Kustomization applies it in eu."
        in said(read=read_there, own=frozenset({"default/cart-0"}))["workload"]
    )


def test_a_canary_that_is_there_and_a_plugin_that_is_missing_are_told() -> None:
    found = said(canaries={"eu": "flux apps", "us": "flux apps"}, unready={"us": "Fleet f has no rollout plugin."})
    assert found["workload"].startswith("A Canary of this name is in eu and us already, kept by flux apps:")
    assert found["provider"] == "us: Fleet f has no rollout plugin."


def test_what_happens_to_workload_and_service_is_said() -> None:
    green, service = creating.consequences(creating.blue_green(TARGET))
    assert "scales cart to no pods once blue is ready" in green
    assert "takes Service shop/cart over" in service
    assert "port 8080" in service
