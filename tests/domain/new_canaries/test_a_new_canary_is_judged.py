"""For which workloads a Canary can be made, what stands in its form at first, and what has to be known before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.new_canaries.choosing import (
    LED,
    OF_THIS_NAME,
    TAKEN,
    Governing,
    Way,
    choices,
    leads_to,
    led,
    taken,
)
from rollouts.domain.new_canaries.judging import Near, consequences, warnings
from rollouts.domain.new_canaries.making import Target, begun, creation, manifest, spec_of
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.offering import (
    FoundAutoscaler,
    FoundService,
    FoundWorkload,
    LeadingService,
    Offer,
    Offers,
    load_testers,
    offers,
)
from rollouts.domain.policies.rules import judged
from rollouts.domain.whole.making import mark_of

TARGET = Target("Deployment", "shop", "cart", "cart")
OWN = LeadingService("cart", (8080,))
CART = Offer("Deployment", "shop", "cart", service=True, ports=(8080,), leading=(OWN,), label="app")
TESTER = "http://flagger-loadtester.test/"
NEAR = Near(CART, (TESTER,), testers_read=True, provider="istio")


def everywhere(_: str) -> bool:
    return True


def spec(target: Target = TARGET, port: int | None = 8080, near: Near = NEAR, **texts: str) -> dict[str, object]:
    first = {**shown(begun(target, port, near)), "strategy": "blue-green", **texts}
    return spec_of(Draft(target.base, first, PLAIN))


class TestWhatCanBeChosen:
    def test_each_port_of_each_service_that_leads_to_the_pods_is_a_way(self) -> None:
        app = {"app": "cart"}
        workload = FoundWorkload("Deployment", "shop", "cart", app, app)
        services = [
            FoundService("shop", "basket", app, (80, 9000), {"80": "http"}),
            FoundService("shop", "cart", app, (8080,)),
            FoundService("shop", "other", {"app": "other"}, (80,)),
        ]
        (one,) = choices(Offers(offers([workload], services, ())), (), everywhere)
        assert one.fits
        assert one.ways == (Way("cart", 8080), Way("basket", 80), Way("basket", 9000))

    @pytest.mark.parametrize(
        ("offer", "why"),
        [
            (replace(CART, leading=()), "No Service leads to its pods."),
            (replace(CART, leading=(LeadingService("cart"),)), "Its Service has no port."),
            (replace(CART, services_read=False, leading=()), "Which Services lead to its pods could not be read."),
            (replace(CART, label=""), "Flagger refuses it."),
        ],
    )
    def test_what_does_not_fit_says_why(self, offer: Offer, why: str) -> None:
        (one,) = choices(Offers((offer,)), (), everywhere)
        assert not one.fits
        assert why in one.why_not

    def test_nothing_is_listed_of_a_namespace_in_which_the_person_may_not(self) -> None:
        found = choices(Offers((CART, replace(CART, namespace="bank"))), (), lambda namespace: namespace == "shop")
        assert [one.offer.namespace for one in found] == ["shop"]

    @pytest.mark.parametrize(
        ("there", "why"),
        [
            (Governing("shop", "cart", "Deployment", "cart"), TAKEN.format("cart")),
            (Governing("shop", "elsewhere", "Deployment", "cart"), TAKEN.format("elsewhere")),
            (Governing("shop", "cart", "DaemonSet", "cart"), OF_THIS_NAME),
            (Governing("shop", "cart", "Deployment", "other"), OF_THIS_NAME),
            (Governing("bank", "cart", "Deployment", "cart"), ""),
            (Governing("shop", "other", "DaemonSet", "cart"), ""),
        ],
    )
    def test_a_canary_of_the_name_or_for_the_workload_is_in_the_way(self, there: Governing, why: str) -> None:
        assert taken("Deployment", "shop", "cart", [there]) == why


class TestAService:
    @pytest.mark.parametrize("service", ["web", "web-primary", "web-canary"])
    def test_that_a_canary_leads_or_flagger_has_made_beside_it_is_not_free(self, service: str) -> None:
        there = Governing("shop", "cart", "Deployment", "cart", "web")
        assert led("shop", service, [there]) == LED.format("cart", service)
        assert led("bank", service, [there]) == ""

    def test_beside_which_flagger_would_make_one_that_a_canary_leads_is_not_free(self) -> None:
        there = Governing("shop", "cart", "Deployment", "cart", "web-canary")
        assert led("shop", "web", [there]) == LED.format("cart", "web-canary")

    def test_of_a_canary_of_which_it_is_not_known_is_free(self) -> None:
        assert led("shop", "", [Governing("shop", "cart", "Deployment", "cart")]) == ""

    @pytest.mark.parametrize(
        ("selector", "leads"),
        [
            ({"app": "cart"}, True),
            ({"app": "cart", "tier": "web"}, True),
            ({"app": "cart-primary"}, True),
            ({"app": "cart-primary", "tier": "web"}, False),
            ({"app": "payments"}, False),
            ({"tier": "web-primary"}, False),
            ({}, False),
        ],
    )
    def test_leads_to_pods_with_all_that_it_selects_or_to_their_blue(
        self, selector: dict[str, str], leads: bool
    ) -> None:
        assert leads_to(selector, {"app": "cart", "tier": "web", "track": "x"}) == leads


class TestWhatTheFormSaysAtFirst:
    def test_nothing_of_it_is_wrong(self) -> None:
        assert [one.said for one in judged(begun(TARGET, 8080, NEAR), PLAIN) if one.wrong] == []

    def test_it_has_the_values_of_the_guide_and_a_load_test_against_green(self) -> None:
        assert spec() == {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"},
            "service": {"name": "cart", "port": 8080},
            "provider": "istio",
            "analysis": {
                "iterations": 3,
                "interval": "90s",
                "threshold": 3,
                "metrics": [
                    {"name": "request-success-rate", "interval": "90s", "thresholdRange": {"min": 99}},
                    {"name": "request-duration", "interval": "90s", "thresholdRange": {"max": 500}},
                ],
                "webhooks": [
                    {
                        "name": "load-test",
                        "type": "rollout",
                        "url": TESTER,
                        "timeout": "5s",
                        "metadata": {"type": "cmd", "cmd": "hey -z 1m -q 10 -c 2 http://cart-canary.shop:8080/"},
                    }
                ],
            },
            "progressDeadlineSeconds": 600,
            "revertOnDeletion": True,
        }

    def test_the_port_keeps_its_name_and_protocol(self) -> None:
        """By which an Ingress knows it, and a mesh how to speak to it: Flagger writes the port anew."""
        leading = (LeadingService("cart", (8080,), {}, {"8080": "grpc"}, {"8080": "kubernetes.io/h2c"}),)
        near = replace(NEAR, offer=replace(CART, leading=leading))
        policy = begun(TARGET, 8080, near)
        assert (policy.port_name, policy.app_protocol) == ("grpc", "kubernetes.io/h2c")
        assert warnings(policy, near) == ()
        name, protocol = warnings(replace(policy, port_name="", app_protocol=""), near)
        assert "Port 8080 of Service cart is called grpc, and becomes http:" in name
        assert "says appProtocol kubernetes.io/h2c, and will say none:" in protocol

    def test_a_name_that_flagger_gives_anyhow_is_left_to_it(self) -> None:
        near = replace(NEAR, offer=replace(CART, leading=(LeadingService("cart", (8080,), {}, {"8080": "http"}),)))
        policy = begun(TARGET, 8080, near)
        assert (policy.port_name, warnings(policy, near)) == ("", ())

    def test_the_load_tester_of_the_namespace_comes_first(self) -> None:
        own = "http://tester.shop:8080/"
        policy = begun(TARGET, 8080, replace(NEAR, load_testers=(TESTER, own)))
        assert policy.hooks[0].url == own

    def test_for_nginx_no_check_is_set_that_could_only_fail(self) -> None:
        assert begun(TARGET, 8080, replace(NEAR, provider="nginx")).metrics == ()

    @pytest.mark.parametrize("provider", ["", "a-mesh-that-nobody-knows"])
    def test_a_provider_that_is_not_known_is_left_to_flagger(self, provider: str) -> None:
        assert begun(TARGET, 8080, replace(NEAR, provider=provider)).provider == ""

    def test_a_service_of_several_ports_keeps_them(self) -> None:
        several = replace(CART, leading=(LeadingService("cart", (80, 8080)),))
        assert begun(TARGET, 80, replace(NEAR, offer=several)).port_discovery

    @pytest.mark.parametrize(("said", "written"), [("http", "http"), ("9898", 9898)])
    def test_pods_that_listen_on_another_port_than_the_service_go_on_being_reached(
        self, said: str, written: object
    ) -> None:
        """Flagger takes the port of the Service else, where nobody listens."""
        other = replace(CART, leading=(LeadingService("cart", (80,), {"80": said}),))
        found = spec(port=80, near=replace(NEAR, offer=other))
        assert found["service"] == {"name": "cart", "port": 80, "targetPort": written}

    def test_an_autoscaler_is_named(self) -> None:
        found = spec(near=replace(NEAR, offer=replace(CART, autoscaler="cart-hpa")))
        assert found["autoscalerRef"] == {
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": "cart-hpa",
        }  # fmt: skip

    def test_what_it_is_for_is_read_from_what_was_kept(self) -> None:
        assert Target.of("shop", TARGET.base) == TARGET


class TestWhatHasToBeKnown:
    def test_what_becomes_of_workload_and_service(self) -> None:
        said = " ".join(consequences(begun(replace(TARGET, service="front"), 8080, NEAR), "shop"))
        assert "scales cart to no pods once blue is ready" in said
        assert "takes Service shop/front over: its selector leads to blue, and of its ports it keeps 8080 alone" in said

    def test_nothing_where_nothing_is_to_be_said(self) -> None:
        assert warnings(begun(TARGET, 8080, NEAR), NEAR) == ()

    @pytest.mark.parametrize(
        ("near", "scaler", "said"),
        [
            (replace(NEAR, offer=replace(CART, autoscaler="hpa")), "", "the Canary does not name it (autoscalerRef)"),
            (replace(NEAR, offer=replace(CART, autoscaler="hpa")), "hpa", "copies autoscaler hpa to hpa-primary"),
            (replace(NEAR, offer=replace(CART, kustomization="flux/apps")), "", "Kustomization flux/apps applies cart"),
            (
                replace(NEAR, offer=replace(CART, kustomization="flux/apps")),
                "",
                "Flux applies nothing to it",
            ),
            (replace(NEAR, sharing=("till",)), "", "Service cart leads to till too: once Flagger has taken it over"),
            (replace(NEAR, load_testers=()), "", "No load tester was found"),
            (replace(NEAR, hub="hub-1"), "", "is a member of hub-1"),
            (replace(NEAR, unready="Flagger is not ready."), "", "Flagger is not ready."),
        ],
    )
    def test_each_is_one_sentence(self, near: Near, scaler: str, said: str) -> None:
        (one,) = warnings(replace(begun(TARGET, 8080, near), scaler=scaler), near)
        assert said in one

    def test_what_is_not_known_of_the_workload_is_said(self) -> None:
        near = replace(NEAR, offer=None)
        (one,) = warnings(begun(TARGET, 8080, near), near)
        assert "cart is not among the workloads that were read" in one
        assert "whether an autoscaler scales it" in one

    def test_what_could_not_be_read_of_the_cluster_is_said(self) -> None:
        near = replace(NEAR, testers_read=False, in_part=True)
        (one,) = warnings(begun(TARGET, 8080, near), near)
        assert "more than is said here may be around it" in one

    def test_without_flaggers_own_metrics_no_load_tester_is_missed(self) -> None:
        near = replace(NEAR, load_testers=())
        assert warnings(replace(begun(TARGET, 8080, near), metrics=()), near) == ()

    def test_whether_there_is_a_load_tester_is_not_said_where_it_was_not_read(self) -> None:
        near = replace(NEAR, load_testers=(), testers_read=False)
        assert warnings(begun(TARGET, 8080, near), near) == ()


def test_the_object_is_a_creation_and_known_by_its_mark() -> None:
    made = manifest(TARGET, spec(), "m" * 32)
    patch = creation(made)
    assert (patch.form, patch.namespace, patch.name, patch.body) == ("application/json", "shop", "cart", made)
    assert mark_of(made) == "m" * 32


def test_load_testers_are_found_by_what_runs_in_them_and_named_as_a_webhook_names_them() -> None:
    app, tester = {"app": "cart"}, {"app": "tester"}
    workloads = [
        FoundWorkload("Deployment", "shop", "cart", app, app),
        FoundWorkload("Deployment", "test", "tester", tester, tester, of_a_rollout=True, load_tester=True),
    ]
    services = [
        FoundService("shop", "cart", app, (80,)),
        FoundService("test", "tester", tester, (80,)),
        FoundService("test", "tester-too", tester, (8080,)),
        FoundService("shop", "tester", tester, (80,)),
    ]
    assert load_testers(workloads, services) == ("http://tester-too.test:8080/", "http://tester.test/")


def test_an_autoscaler_is_found_with_its_workload() -> None:
    app = {"app": "cart"}
    workload, service = FoundWorkload("Deployment", "shop", "cart", app, app), FoundService("shop", "cart", app, (80,))
    found = offers([workload], [service], [FoundAutoscaler("shop", "cart-hpa", "Deployment", "cart")])
    assert choices(Offers(found), (), everywhere)[0].offer.autoscaler == "cart-hpa"
