"""The page of a new Canary: what its cluster says, the click, and how far it is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.models import ChangeState, Cluster, Covers, Inventory, NewCanary, Role
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


def send(client: Client, cluster: Cluster, target: str = "", **texts: str) -> Any:
    address = f"/clusters/{cluster.pk}/canaries/new/?kind=Deployment&namespace=shop&workload=cart&service=cart{target}"
    return client.post(address, {**TEXTS, "base": "", "policy": "", "go": "review", **texts})


def click(client: Client, row: NewCanary, **given: str) -> Any:
    return client.post(f"/new-canaries/{row.pk}/", {"do": "confirm", "digest": row.digest, **given})


class TestWhatTheClusterSays:
    def test_it_is_shown_with_all_that_it_reaches(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed)
        html = words(editor.get(f"/new-canaries/{row.pk}/"))
        assert "edge would take it as it is" in html
        assert "Deployment shop/cart with 3 pods now, and everybody who is served by Service cart" in html
        assert "scales cart to no pods once blue is ready" in html
        assert "kind: Canary" in html

    def test_what_is_not_known_is_said_with_it(self, editor: Client, ed: User, cluster: Cluster) -> None:
        Inventory.objects.filter(cluster=cluster).delete()
        row = make_new_canary(cluster, ed)
        assert "cart is not among the workloads that were read" in words(editor.get(f"/new-canaries/{row.pk}/"))

    def test_whom_else_its_service_leads_to_is_said(self, editor: Client, ed: User, cluster: Cluster) -> None:
        Inventory.objects.all().delete()
        make_inventory("edge", CART, replace(CART, name="till", service=False))
        row = make_new_canary(cluster, ed)
        assert "Service cart leads to till too" in words(editor.get(f"/new-canaries/{row.pk}/"))

    def test_who_writes_the_service_anew_is_said_in_the_form_and_before_the_click(
        self, editor: Client, ed: User, cluster: Cluster
    ) -> None:
        Inventory.objects.all().delete()
        (own,) = CART.leading
        by = Owner(OwnerKind.ARGO_CD, "<shop>")
        make_inventory("edge", replace(CART, keeper=by, leading=(replace(own, keeper=by),)))
        for page in (begin(editor, cluster), editor.get(f"/new-canaries/{make_new_canary(cluster, ed).pk}/")):
            each = "Each sync of Argo CD (&lt;shop&gt;)"
            assert f"{each} writes cart anew" in words(page)
            assert f"{each} writes Service cart anew, and leads its users away" in words(page)

    def test_how_old_is_what_is_known_is_said_with_it(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed)
        assert "What is around it was read" in words(editor.get(f"/new-canaries/{row.pk}/"))

    def test_what_it_refuses_cannot_be_created(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, seen={"refused": "it refuses: <no>", "pods": None})
        html = editor.get(f"/new-canaries/{row.pk}/").content.decode()
        assert "it refuses: &lt;no&gt;" in html
        assert ">Create<" not in html
        assert click(editor, row).status_code == 409

    def test_it_can_be_changed_with_all_that_was_entered(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, texts={"failures": "7"})
        html = editor.get(f"/new-canaries/{row.pk}/").content.decode()
        again = re.search(r'href="(/clusters/[^"]*from=\d+)"', html)
        assert again is not None
        form = editor.get(again[1].replace("&amp;", "&")).content.decode()
        assert re.search(r'id="f-failures"[^>]*value="7"', form)

    def test_what_others_have_entered_is_not_shown(self, editor: Client, cluster: Cluster) -> None:
        row = make_new_canary(cluster, make_person("other"), texts={"failures": "7"})
        assert editor.get(f"/new-canaries/{row.pk}/").status_code == 404
        assert click(editor, row).status_code == 404
        form = begin(editor, cluster, **{"from": str(row.pk)}).content.decode()
        assert not re.search(r'id="f-failures"[^>]*value="7"', form)

    def test_nor_once_it_has_ended_before_anybody_asked(self, editor: Client, cluster: Cluster) -> None:
        row = make_new_canary(cluster, make_person("other"), state="failed", ended_at=timezone.now())
        assert editor.get(f"/new-canaries/{row.pk}/").status_code == 404

    def test_that_a_workload_without_pods_gets_one_is_said(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, seen={"refused": "", "pods": 0})
        assert "cart has no pods now, and Flagger makes blue with one" in words(editor.get(f"/new-canaries/{row.pk}/"))

    def test_what_was_asked_for_is_shown_to_who_sees_the_namespace(self, client: Client, cluster: Cluster) -> None:
        row = make_new_canary(cluster, make_person("other"), state="open", asked_at=timezone.now())
        for name, namespace, status in (("in", "shop", 200), ("out", "bank", 404)):
            person = make_person(name)
            grant(person, covers=Covers.NAMESPACE, namespace=namespace, cluster=cluster)
            client.force_login(person)
            assert client.get(f"/new-canaries/{row.pk}/").status_code == status

    def test_what_may_be_a_secret_is_hidden(self, editor: Client, cluster: Cluster) -> None:
        hook = {"hooks-0-name": "gate", "hooks-0-url": "http://gate.shop/", "hooks-0-metadata": "token: opensesame"}
        send(editor, cluster, **hook)
        NewCanary.objects.update(state=ChangeState.LOOKED, seen={"refused": "", "pods": 3}, digest="d" * 64)
        html = editor.get(f"/new-canaries/{NewCanary.objects.get().pk}/").content.decode()
        assert ("opensesame" in html, "http://gate.shop/" in html) == (False, True)

    def test_what_cannot_be_opened_any_more_is_said(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, sealed="gAAAAA-not-of-this-key")
        assert "Enter it again" in words(editor.get(f"/new-canaries/{row.pk}/"))
        assert click(editor, row).status_code == 409


class TestTheClick:
    def test_it_is_asked_for_and_followed(self, editor: Client, ed: User, cluster: Cluster, asked: Asked) -> None:
        row = make_new_canary(cluster, ed)
        assert click(editor, row, reason="checked first").status_code == 302
        row.refresh_from_db()
        assert (row.state, row.reason) == (ChangeState.OPEN, "checked first")
        assert ("rollouts.tasks.go_on_with_new_canary", {"canary": row.pk}) in asked
        html = words(editor.get(f"/new-canaries/{row.pk}/"))
        assert "Flagger has made blue" in html
        assert "Going on" in html
        assert "shop/cart" in words(choose(editor, cluster))

    def test_it_holds_for_what_was_shown(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed)
        answer = click(editor, row, digest="0" * 64, reason="because")
        assert answer.status_code == 409
        assert 'value="because"' in answer.content.decode()

    def test_the_name_is_typed_where_nothing_would_be_checked(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, texts={"skips": "on"})
        assert "Type cart to confirm" in words(editor.get(f"/new-canaries/{row.pk}/"))
        assert click(editor, row, typed="crat").status_code == 422
        assert click(editor, row, typed="cart").status_code == 302

    def test_who_has_lost_the_right_asks_for_nothing(self, client: Client, cluster: Cluster) -> None:
        person = make_person("late", Role.VIEWER)
        row = make_new_canary(cluster, person)
        client.force_login(person)
        html = words(client.get(f"/new-canaries/{row.pk}/"))
        assert ("Create " in html, "You may not do this any more." in html) == (False, True)
        assert click(client, row).status_code == 403
        row.refresh_from_db()
        assert row.state == ChangeState.LOOKED

    def test_it_can_be_stopped(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, state="open", asked_at=timezone.now())
        assert editor.post(f"/new-canaries/{row.pk}/", {"do": "stop"}).status_code == 302
        row.refresh_from_db()
        assert row.sentence == "Stopped. The cluster was not asked to do anything."
        assert editor.post(f"/new-canaries/{row.pk}/", {"do": "stop"}).status_code == 409

    @pytest.mark.parametrize("do", ["", "delete"])
    def test_what_nobody_understands_stops_nothing(self, editor: Client, ed: User, cluster: Cluster, do: str) -> None:
        row = make_new_canary(cluster, ed, state="open", asked_at=timezone.now())
        assert editor.post(f"/new-canaries/{row.pk}/", {"do": do}).status_code == 400
        row.refresh_from_db()
        assert row.state == ChangeState.OPEN

    def test_one_that_was_made_leads_to_its_rollout(self, editor: Client, ed: User, cluster: Cluster) -> None:
        now = timezone.now()
        times = {"asked_at": now, "sent_at": now, "written_at": now, "arrived_at": now, "ended_at": now}
        row = make_new_canary(cluster, ed, TARGET, state="done", sentence="The Canary says it.", **times)
        rollout = make_rollout(cluster, name=TARGET.name, namespace=TARGET.namespace)
        assert f'href="/rollouts/{rollout.pk}/"' in editor.get(f"/new-canaries/{row.pk}/").content.decode()

    def test_an_open_page_gets_nothing_while_nothing_changes(self, editor: Client, ed: User, cluster: Cluster) -> None:
        row = make_new_canary(cluster, ed, state="open", asked_at=timezone.now())
        address, live = f"/new-canaries/{row.pk}/", {"HX-Request": "true"}
        version = re.search(r'"v": "([^"]+)"', editor.get(address).content.decode())
        assert version is not None
        assert editor.get(address, {"v": version[1]}, headers=live).status_code == 204
        NewCanary.objects.update(sentence="Flagger has not made blue yet.")
        assert "Flagger has not made blue yet." in editor.get(address, {"v": version[1]}, headers=live).content.decode()
