"""The way from a cluster to a Canary that is made: the choice, the form, what the cluster says, and the click."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.policies.offering import FoundIngress, LeadingService
from rollouts.models import ChangeState, Cluster, Covers, Inventory, NewCanary, Role
from rollouts.web.views.canary_new import MOST
from tests.support.bare import make_inventory
from tests.support.builders import make_cluster, make_rollout
from tests.support.new_canaries import CART, TARGET, TEXTS, make_new_canary
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]
PICKED = {"kind": "Deployment", "namespace": "shop", "workload": "cart", "service": "cart", "port": "8080"}


@pytest.fixture
def cluster(asked: Asked) -> Cluster:
    made = make_cluster("edge", mesh_provider="istio", flagger_version="1.44.0")
    make_inventory("edge", CART)
    return made


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def choose(client: Client, cluster: Cluster, **given: str) -> Any:
    return client.get(f"/clusters/{cluster.pk}/canaries/choose/", given)


def begin(client: Client, cluster: Cluster, **given: str) -> Any:
    return client.get(f"/clusters/{cluster.pk}/canaries/new/", {**PICKED, **given})


def send(client: Client, cluster: Cluster, **texts: str) -> Any:
    address = f"/clusters/{cluster.pk}/canaries/new/?kind=Deployment&namespace=shop&workload=cart&service=cart"
    return client.post(address, {**TEXTS, "base": "", "policy": "", "go": "review", **texts})


def read_besides(inventory: Inventory, **more: Any) -> None:
    wider = replace(memory.load_offers(inventory.offers), **more)
    Inventory.objects.filter(pk=inventory.pk).update(offers=memory.dump(wider))


class TestTheWayToIt:
    @pytest.mark.parametrize("page", ["/clusters/", "/clusters/{}/readiness/", "/applications/set-up/"])
    def test_it_is_reached_by_who_may_edit(self, editor: Client, cluster: Cluster, page: str) -> None:
        link = f'href="/clusters/{cluster.pk}/canaries/choose/"'
        assert link in editor.get(page.format(cluster.pk)).content.decode()

    @pytest.mark.parametrize("page", ["/clusters/", "/clusters/{}/readiness/", "/applications/set-up/"])
    def test_nobody_else_is_led_there(self, operator: Client, cluster: Cluster, page: str) -> None:
        assert "/canaries/choose/" not in operator.get(page.format(cluster.pk)).content.decode()

    def test_a_fleet_without_rollouts_leads_there(self, editor: Client, cluster: Cluster) -> None:
        assert 'href="/applications/set-up/"' in editor.get("/").content.decode()

    def test_a_hub_without_flagger_is_not_offered(self, editor: Client, cluster: Cluster) -> None:
        hub = make_cluster("hub", is_hub=True)
        html = editor.get("/applications/set-up/").content.decode()
        assert f"/clusters/{hub.pk}/canaries/choose/" not in html


class TestTheChoice:
    def test_it_offers_workloads_by_the_ports_of_their_services(self, editor: Client, cluster: Cluster) -> None:
        html = choose(editor, cluster).content.decode()
        assert "shop/cart" in html
        assert "&amp;namespace=shop&amp;workload=cart&amp;service=cart&amp;port=8080" in html

    def test_another_service_its_target_port_and_the_autoscaler_stand_in_the_form(
        self, editor: Client, asked: Asked
    ) -> None:
        cluster = make_cluster("far")
        leading = (LeadingService("front", (80,), {"80": "http"}),)
        make_inventory("far", replace(CART, service=False, ports=(), leading=leading, autoscaler="cart-hpa"))
        assert "workload=cart&amp;service=front&amp;port=80" in choose(editor, cluster).content.decode()
        html = begin(editor, cluster, service="front", port="80").content.decode()
        assert re.search(r'id="f-target_port"[^>]*value="http"', html)
        assert re.search(r'id="f-scaler"[^>]*value="cart-hpa"', html)

    def test_a_worker_is_asked_to_read_the_cluster(self, editor: Client, asked: Asked) -> None:
        cluster = make_cluster("unread")
        assert "The cluster is being read." in words(choose(editor, cluster))
        assert ("rollouts.tasks.read_inventory", {"cluster": cluster.pk}) in asked

    def test_what_has_a_canary_is_not_offered(self, editor: Client, cluster: Cluster) -> None:
        make_rollout(cluster, name="cart", namespace="shop")
        html = words(choose(editor, cluster))
        assert "Not offered: 1" in html

    def test_who_may_edit_one_namespace_is_offered_that_alone(self, client: Client, asked: Asked) -> None:
        cluster = make_cluster("both")
        make_inventory("both", CART, replace(CART, namespace="bank", name="vault"), notes=("May not list x.",))
        person = make_person("half")
        grant(person, edits_policies=True, covers=Covers.NAMESPACE, namespace="shop", cluster=cluster)
        client.force_login(person)
        html = words(choose(client, cluster))
        assert ("shop/cart" in html, "vault" in html, "May not list" in html) == (True, False, False)
        assert begin(client, cluster).status_code == 200
        assert begin(client, cluster, namespace="bank", workload="vault").status_code == 403

    @pytest.mark.parametrize("covers", [Covers.APPLICATION, Covers.CLUSTER])
    def test_a_right_elsewhere_or_on_one_application_is_not_enough(
        self, client: Client, cluster: Cluster, covers: Covers
    ) -> None:
        other = make_rollout(cluster, name="checkout")
        person = make_person("one", Role.VIEWER)
        thing = {"application": other.application} if covers == Covers.APPLICATION else {"cluster": make_cluster("x")}
        grant(person, edits_policies=True, covers=covers, **thing)
        client.force_login(person)
        assert choose(client, cluster).status_code == 403
        assert send(client, cluster).status_code == 403
        assert not NewCanary.objects.exists()

    def test_a_cluster_that_the_person_does_not_see_is_not_there(self, client: Client, cluster: Cluster) -> None:
        person = make_person("elsewhere")
        grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster=make_cluster("x"))
        client.force_login(person)
        assert choose(client, cluster).status_code == 404

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"namespace": "Shop"}, "“Shop” is no name of a namespace"),
            ({"workload": "<b>"}, "“&lt;b&gt;” is no name of a Deployment"),
            ({"service": "a.b"}, "“a.b” is no name of a Service"),
        ],
    )
    def test_what_is_typed_wrong_is_said_and_kept(
        self, editor: Client, cluster: Cluster, typed: dict[str, str], said: str
    ) -> None:
        answer = begin(editor, cluster, **typed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'value="8080"' in answer.content.decode()


class TestTheForm:
    def test_it_is_filled_with_a_policy_that_works(self, editor: Client, cluster: Cluster) -> None:
        answer = begin(editor, cluster)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert re.search(r'id="f-interval"[^>]*value="90"', html)
        assert re.search(r'id="f-port"[^>]*value="8080"', html)
        assert "field must be corrected" not in html

    def test_it_says_what_becomes_of_workload_and_service(self, editor: Client, cluster: Cluster) -> None:
        html = words(begin(editor, cluster))
        assert "scales cart to no pods once blue is ready" in html
        assert "takes Service shop/cart over" in html
        assert "No load tester was found" in html

    def test_it_offers_the_ingresses_that_lead_to_the_service(self, editor: Client, asked: Asked) -> None:
        cluster = make_cluster("inner", mesh_provider="nginx")
        leading = [FoundIngress("shop", name, ("cart",)) for name in ("front", "inside")]
        others = [FoundIngress("shop", "tills", ("till",)), FoundIngress("bank", "vault", ("cart",))]
        read_besides(make_inventory("inner", CART), ingresses=(*leading, *others))
        html = begin(editor, cluster).content.decode()
        assert re.findall(r'<option value="([^"]+)"></option>', html) == ["front", "inside"]
        assert re.search(r'id="f-ingress"[^>]*list="found-ingress"', html)
        assert "Found in the cluster: front , inside ." in words(begin(editor, cluster))

    def test_it_names_the_only_one(self, editor: Client, asked: Asked) -> None:
        cluster = make_cluster("inner", mesh_provider="nginx")
        read_besides(make_inventory("inner", CART), ingresses=(FoundIngress("shop", "front", ("cart",)),))
        assert re.search(r'id="f-ingress"[^>]*value="front"', begin(editor, cluster).content.decode())

    def test_it_offers_gateways_of_other_namespaces_to_who_sees_them(
        self, client: Client, editor: Client, cluster: Cluster
    ) -> None:
        read_besides(cluster.inventory, gateways=("istio-system/<public>", "shop/own"))
        assert "Found in the cluster: istio-system/&lt;public&gt; , shop/own ." in words(begin(editor, cluster))
        person = make_person("half")
        grant(person, edits_policies=True, covers=Covers.NAMESPACE, namespace="shop", cluster=cluster)
        client.force_login(person)
        assert "Found in the cluster: shop/own ." in words(begin(client, cluster))

    def test_it_says_how_old_is_what_is_known_around_it(self, editor: Client, cluster: Cluster) -> None:
        assert "What is around it was read" in words(begin(editor, cluster))

    def test_it_says_what_is_not_known_of_a_workload_that_was_typed(self, editor: Client, cluster: Cluster) -> None:
        said = words(begin(editor, cluster, workload="typed", service="typed"))
        assert "typed is not among the workloads that were read" in said

    def test_it_says_that_the_cluster_was_not_read(self, editor: Client, cluster: Cluster) -> None:
        Inventory.objects.filter(cluster=cluster).update(problem="It gave no answer in 10 s.")
        said = words(begin(editor, cluster))
        assert "more than is said here may be around it" in said
        assert "What is around it was read" not in said

    def test_while_somebody_types_it_is_judged(self, editor: Client, cluster: Cluster) -> None:
        headers = {"HX-Request": "true", "HX-Target": "policy-says"}
        address = f"/clusters/{cluster.pk}/canaries/new/?namespace=shop&workload=cart"
        answer = editor.post(address, {**TEXTS, "interval": "soon"}, headers=headers)
        assert "“soon” is no whole number." in answer.content.decode()

    def test_a_webhook_can_be_added_and_taken_away(self, editor: Client, cluster: Cluster) -> None:
        html = send(editor, cluster, go="", more="hooks").content.decode()
        assert 'id="f-hooks-0-name"' in html
        html = send(editor, cluster, go="", less="metrics-0").content.decode()
        assert ('id="f-metrics-0-name"' in html, 'id="f-metrics-1-name"' in html) == (True, False)

    def test_what_is_wrong_is_not_tried_out_and_nothing_is_lost(self, editor: Client, cluster: Cluster) -> None:
        answer = send(editor, cluster, interval="soon", failures="7")
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "1 field must be corrected" in words(answer)
        assert re.search(r'id="f-failures"[^>]*value="7"', html)
        assert not NewCanary.objects.exists()

    def test_what_is_good_is_tried_out_by_a_worker(self, editor: Client, cluster: Cluster, asked: Asked) -> None:
        answer = send(editor, cluster, failures="7")
        row = NewCanary.objects.get()
        assert answer.headers["Location"] == f"/new-canaries/{row.pk}/"
        assert (row.namespace, row.name, row.state) == ("shop", "cart", ChangeState.LOOKING)
        assert row.base == TARGET.base
        assert row.texts["failures"] == "7"
        assert ("rollouts.tasks.go_on_with_new_canary", {"canary": row.pk}) in asked

    def test_a_workload_that_has_a_canary_by_now_is_told_and_nothing_is_lost(
        self, editor: Client, cluster: Cluster
    ) -> None:
        make_rollout(cluster, name="cart", namespace="shop")
        answer = send(editor, cluster, failures="7")
        assert answer.status_code == 409
        assert "Canary cart governs it already" in words(answer)
        assert re.search(r'id="f-failures"[^>]*value="7"', answer.content.decode())
        assert not NewCanary.objects.exists()

    def test_a_secret_that_cannot_be_kept_is_said(self, editor: Client, cluster: Cluster, settings: Any) -> None:
        settings.SECRET_KEYS = []
        hook = {"hooks-0-name": "gate", "hooks-0-url": "http://gate.shop/", "hooks-0-metadata": "token: opensesame"}
        answer = send(editor, cluster, **hook)
        assert answer.status_code == 422
        assert "KURATOR_UI_SECRET_KEYS" in words(answer)

    def test_nonsense_is_no_error_of_ours(self, editor: Client, cluster: Cluster) -> None:
        assert begin(editor, cluster, port="x" * 50, kind="Pod", **{"from": "9" * 40}).status_code == 200
        assert send(editor, cluster, **{"metrics-0-name": "\0"}).status_code == 422
        assert editor.get(f"/clusters/{cluster.pk}/canaries/new/").status_code == 302
        assert choose(editor, cluster, named="\0" + "ß" * 5000).status_code == 200
        for workload in ("\0", "größe", "c" * 5000, "../cart", "cart\n"):
            expected = 302 if workload == "\0" else 200 if workload == "cart\n" else 422
            assert begin(editor, cluster, workload=workload).status_code == expected, ascii(workload)[:40]
        assert not NewCanary.objects.exists()

    @pytest.mark.parametrize(
        ("port", "shown"),
        [
            *(("8080", "8080"), ("2147483647", "2147483647"), ("0", "0")),
            *((one, "") for one in ("", "2147483648", "99999999999", "-1", "٨٠", "8e3", " 80", "http")),
        ],
    )
    def test_a_port_in_the_address_stands_in_the_form_where_it_is_a_number(
        self, editor: Client, cluster: Cluster, port: str, shown: str
    ) -> None:
        html = begin(editor, cluster, port=port).content.decode()
        assert re.findall(r'id="f-port"[^>]*? value="([^"]*)"', html) == [shown]
        assert ("Say a port of the Service" in html) == (shown != "8080")

    def test_what_was_entered_before_stands_in_the_form_of_the_same_workload_and_person_alone(
        self, editor: Client, ed: User, cluster: Cluster
    ) -> None:
        own = make_new_canary(cluster, ed, texts={"failures": "7"})
        others = make_new_canary(cluster, make_person("other"), texts={"failures": "8"})
        elsewhere = make_new_canary(make_cluster("west"), ed, texts={"failures": "9"})

        def failures(number: str, **given: str) -> list[str]:
            html = begin(editor, cluster, **given, **{"from": number}).content.decode()
            return re.findall(r'id="f-failures"[^>]*? value="([^"]*)"', html)

        assert failures(str(own.pk)) == ["7"]
        first = failures("")
        assert first not in (["7"], ["8"], ["9"])
        for number in (str(others.pk), str(elsewhere.pk), "0", "-1", "x", "٢", "9" * 15, f"{own.pk} ", "\0"):
            assert failures(number) == first, ascii(number)
        assert failures(str(own.pk), workload="till", service="till") == first

    def test_a_page_has_at_most_a_hundred_workloads_and_says_so(self, editor: Client, asked: Asked) -> None:
        cluster = make_cluster("large")
        names = [f"cart-{number:03}" for number in range(MOST + 1)]
        make_inventory("large", *(replace(CART, name=one, leading=(LeadingService(one, (80,)),)) for one in names))
        html = choose(editor, cluster).content.decode()
        assert (html.count("Set up shop/cart-"), "There are more than are shown" in words(choose(editor, cluster))) == (
            MOST, True,
        )  # fmt: skip
        named = choose(editor, cluster, named=" cart-100 ")
        assert re.findall(r"Set up (shop/\S+)", named.content.decode()) == ["shop/cart-100"]
        assert "There are more" not in words(named)
