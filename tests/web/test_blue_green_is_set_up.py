"""From a policy without a rollout to the policy to commit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.kurator import Policy
from rollouts.domain.policies.creating import Target, blue_green
from rollouts.domain.policies.entering import shown
from rollouts.domain.readiness import Finding, Point, Prerequisite, dump
from rollouts.domain.readiness import Light as Lit
from rollouts.models import Application, Cluster, Covers, Inventory, Readiness, Role
from rollouts.web.views.setting_up import MOST
from tests.support.bare import NAME, OFFER, make_bare, make_inventory
from tests.support.builders import make_application, make_rollout
from tests.support.people import grant, make_person
from tests.support.policies import policy

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def one(asked: Asked) -> Application:
    return make_bare("eu-west", "us-east")


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def choose(client: Client, one: Application, **given: str) -> Any:
    return client.get(f"/applications/{one.pk}/policy/set-up/", {"policy": NAME, **given})


def begin(client: Client, one: Application, **given: str) -> Any:
    picked = {"kind": "Deployment", "namespace": "shop", "workload": "cart", "port": "8080", **given}
    return client.get(f"/applications/{one.pk}/policy/edit/", {"policy": NAME, **picked})


def send(client: Client, one: Application, **texts: str) -> Any:
    first = shown(blue_green(Target("Deployment", "shop", "cart", 8080)))
    given = {**first, "policy": NAME, "base": "null", "strategy": "blue-green", "go": "review", **texts}
    return client.post(f"/applications/{one.pk}/policy/edit/", given)


def patch_of(response: Any) -> str:
    found = re.search(r'aria-label="Patch to commit">([^<]*)<', response.content.decode())
    assert found is not None
    return found[1]


def test_a_cluster_that_is_not_watched_is_not_read_and_that_is_told(
    editor: Client, one: Application, asked: Asked
) -> None:
    Cluster.objects.filter(name="eu-west").update(observed=False)
    assert "eu-west : This cluster is not watched at the moment" in words(choose(editor, one))
    assert len(asked) == 1


def test_opening_the_page_asks_a_worker_for_each_cluster_once(editor: Client, one: Application, asked: Asked) -> None:
    for _ in range(2):
        response = choose(editor, one)
        assert response.status_code == 200
        assert "The clusters are being read." in words(response)
        assert 'hx-trigger="every 2s"' in response.content.decode()
    clusters = Cluster.objects.filter(hub__isnull=False).order_by("name")
    assert asked == [("rollouts.tasks.read_inventory", {"cluster": one.pk}) for one in clusters]


def test_who_gave_no_answer_is_asked_again(editor: Client, one: Application, asked: Asked) -> None:
    choose(editor, one)
    Inventory.objects.update(requested_at=timezone.now() - timedelta(seconds=30))
    asked.clear()
    choose(editor, one)
    assert len(asked) == 2


def test_what_fits_is_offered_with_where_it_was_found(editor: Client, one: Application) -> None:
    make_inventory("eu-west", OFFER, replace(OFFER, name="<b>odd</b>", label=""))
    make_inventory("us-east", replace(OFFER, service=False), problem="us-east gave no answer.")
    response = choose(editor, one)
    html, said = response.content.decode(), words(response)
    assert "hx-trigger" not in html
    assert "shop/cart Deployment in 1 of 2 clusters No Service of its name leads to its pods." in said
    assert f'policy={NAME}&amp;kind=Deployment&amp;namespace=shop&amp;workload=cart&amp;port=8080"' in html
    assert "us-east : us-east gave no answer." in said
    assert "&lt;b&gt;odd&lt;/b&gt;" in html
    assert "Flagger refuses it" in said


def test_what_has_a_canary_is_not_offered(editor: Client, one: Application) -> None:
    make_inventory("eu-west", OFFER)
    make_inventory("us-east", OFFER)
    make_rollout(Cluster.objects.get(name="us-east"), name="cart", namespace="shop")
    response = choose(editor, one)
    assert "It has a Canary already, in us-east." in words(response)
    assert "port=8080" not in response.content.decode()


def test_a_right_that_is_missing_is_named(editor: Client, one: Application) -> None:
    make_inventory("eu-west", notes=("This account may not list services.",))
    assert "This account may not list services." in words(choose(editor, one))


def test_a_name_narrows_what_is_shown(editor: Client, one: Application) -> None:
    make_inventory("eu-west", OFFER, replace(OFFER, name="basket"))
    make_inventory("us-east")
    said = words(choose(editor, one, named="bask"))
    assert "shop/basket" in said
    assert "shop/cart Deployment" not in said


def test_nothing_is_listed_of_a_cluster_that_the_person_sees_in_part(client: Client, one: Application) -> None:
    person = make_person("editor")
    grant(person, Role.VIEWER, Covers.APPLICATION, application=one, edits_policies=True)
    client.force_login(person)
    make_inventory("eu-west", OFFER, notes=("This account may not list services.",))
    make_inventory("us-east", OFFER)
    said = words(choose(client, one))
    assert "eu-west : You may see a part of it: type what is there." in said
    assert "shop/cart Deployment" not in said
    assert "may not list" not in said


def test_without_a_workload_the_form_sends_to_the_choice(editor: Client, one: Application) -> None:
    response = begin(editor, one, workload="")
    assert response.status_code == 302
    assert response.headers["Location"] == f"/applications/{one.pk}/policy/set-up/?policy={NAME}"


def test_the_form_is_filled_with_a_policy_that_works(editor: Client, one: Application) -> None:
    make_inventory("eu-west", replace(OFFER, autoscaler="cart-hpa"))
    response = begin(editor, one)
    said = words(response)
    assert "Set up blue/green for cart-prod" in said
    assert "A good release takes (3 + 4) × 90 s = 10½ min." in said
    assert "must be corrected" not in said
    assert "Autoscaler cart-hpa scales it in eu-west." in said
    assert 'name="base" value="null"' in response.content.decode()


def test_the_policy_to_commit_is_one_whole(editor: Client, one: Application) -> None:
    response = send(editor, one)
    said, patch = words(response), patch_of(response)
    assert response.status_code == 200
    assert patch.startswith(
        "- op: test\n  path: /spec/syncPolicies/1/name\n  value: cart-prod\n"
        "- op: add\n  path: /spec/syncPolicies/1/rollout\n  value:\n    workload:\n"
    )
    assert patch.count("op: ") == 2
    assert "serviceName: cart" in patch
    assert "scales cart to no pods once blue is ready" in said
    assert "Flagger takes Service shop/cart over" in said
    assert "clock anew" not in said
    assert "Every cluster is being asked what it says of the change. Nothing is written yet." in said
    assert "Kurator makes a Canary in all 2 clusters" in said


def test_what_is_wrong_keeps_it_from_being_shown(editor: Client, one: Application) -> None:
    response = send(editor, one, service="basket")
    assert response.status_code == 422
    assert "It has to be the name of the workload" in words(response)


def test_what_readiness_lacks_is_told(editor: Client, one: Application) -> None:
    make_inventory("eu-west", OFFER)
    found = (
        Finding(Prerequisite.PLUGIN, (Point(Lit.LACKING, "Fleet shop/prod has no rollout plugin.", "Give it one."),)),
    )
    now = timezone.now()
    Readiness.objects.create(cluster=Cluster.objects.get(name="eu-west"), requested_at=now, findings=dump(found))
    assert "eu-west: Fleet shop/prod has no rollout plugin. Give it one." in words(begin(editor, one))


def test_the_provider_is_the_one_that_the_clusters_have(editor: Client, one: Application) -> None:
    Cluster.objects.update(mesh_provider="nginx")
    response = begin(editor, one)
    assert "http://ingress-nginx-flagger-eu-west-prometheus.ingress-nginx:9090" in response.content.decode()
    assert "1 field must be corrected first." in words(response)


def test_one_that_somebody_else_has_set_up_meanwhile_is_shown_beside(editor: Client, one: Application) -> None:
    made = make_application("cart", "shop", one.hub)
    since = Policy(1, NAME, "shop", "cart", "cart", "prod", named=True, rollout=policy(port=9090))
    Application.objects.filter(pk=made.pk).update(policies=[memory.dump(since)])
    Application.objects.filter(pk=one.pk).update(policies=[], deleted_at=timezone.now())
    response = send(editor, one, interval="60")
    assert response.status_code in (409, 422)
    assert "Somebody has changed this policy since you began." in words(response)
    assert choose(editor, one).headers["Location"].startswith(f"/applications/{one.pk}/policy/edit/")


def test_right_after_it_the_page_leads_to_where_the_rollouts_appear_and_says_who_is_not_read_yet(
    editor: Client, one: Application
) -> None:
    Application.objects.filter(pk=one.pk).update(policies=[], deleted_at=timezone.now())
    assert "with the workload" not in words(editor.get(f"/applications/{one.pk}/"))
    made = make_application("cart", "shop", one.hub)
    page = editor.get(f"/applications/{one.pk}/")
    assert f'<a href="/applications/{made.pk}/">with the workload cart</a>' in page.content.decode()
    Cluster.objects.filter(name="eu-west").update(state="new", fresh_at=None)
    there = words(editor.get(f"/applications/{made.pk}/"))
    assert "The clusters are watched: as soon as one of them has it, it appears here." in there
    assert "Not read yet: eu-west." in there
    assert "Not read yet: eu-west." in words(editor.get(f"/applications/{one.pk}/"))


def test_an_application_tells_who_may_set_it_up(editor: Client, one: Application, client: Client) -> None:
    beside = make_application("cart", "shop", one.hub)
    for page in (f"/applications/{one.pk}/", f"/applications/{beside.pk}/", "/applications/set-up/"):
        assert f"/applications/{one.pk}/policy/set-up/?policy={NAME}" in editor.get(page).content.decode()
    client.force_login(make_person("viewer", Role.VIEWER))
    for page in (f"/applications/{one.pk}/", f"/applications/{beside.pk}/", "/applications/set-up/"):
        assert "/policy/set-up/" not in client.get(page).content.decode()


def test_of_many_the_first_are_listed_with_as_many_statements_as_of_one(editor: Client, one: Application) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert editor.get("/applications/set-up/").status_code == 200
        return len(counted)

    of_one = statements()
    for row in range(MOST):
        Application.objects.create(hub=one.hub, namespace="shop", name=f"more-{row}", policies=one.policies)
    assert statements() == of_one
    response = editor.get("/applications/set-up/")
    assert response.content.decode().count(f"Set up blue/green for {NAME}") == MOST
    assert f"The first {MOST} are shown." in words(response)


def test_nothing_is_read_of_policies_for_who_may_edit_none(client: Client, one: Application) -> None:
    client.force_login(make_person("viewer", Role.VIEWER))
    with CaptureQueriesContext(connection) as counted:
        assert "None that you may edit" in words(client.get("/applications/set-up/"))
    assert not [each for each in counted.captured_queries if 'FROM "rollouts_application"' in each["sql"]]


def test_the_right_is_wanted_in_every_cluster_that_the_policy_selects(client: Client, one: Application) -> None:
    person = make_person("editor")
    grant(person, Role.VIEWER, Covers.CLUSTER, cluster=Cluster.objects.get(name="eu-west"), edits_policies=True)
    client.force_login(person)
    assert choose(client, one).status_code == begin(client, one).status_code == send(client, one).status_code == 404
    grant(person, Role.VIEWER, Covers.CLUSTER, cluster=Cluster.objects.get(name="us-east"), edits_policies=True)
    client.force_login(person)
    assert choose(client, one).status_code == begin(client, one).status_code == send(client, one).status_code == 200


def test_who_sees_it_and_may_not_is_told_whom_to_ask(client: Client, one: Application) -> None:
    client.force_login(make_person("viewer", Role.VIEWER))
    for response in (choose(client, one), begin(client, one), send(client, one)):
        assert response.status_code == 403
    assert Inventory.objects.count() == 0


def test_nothing_that_came_by_the_address_is_trusted(editor: Client, one: Application) -> None:
    response = begin(editor, one, workload="<script>", namespace="x\0y", port="99999999999", kind="Pod")
    html = response.content.decode()
    assert response.status_code == 200
    assert "&lt;script&gt;" in html
    assert 'value="<script>' not in html
    assert "Say the name of the workload" in words(response)
    assert "Say a port of the Service" in words(response)
