"""Who may edit the policies of one place cannot put the workload of another under them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts import tasks
from rollouts.domain.policies.creating import Target, blue_green
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, Command, Covers, DraftTrial, Grant, PolicyDraft
from tests.support.bare import NAME as BARE
from tests.support.bare import make_bare
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.people import grant, make_person
from tests.support.policies import POLICY

pytestmark = pytest.mark.django_db
ELSEWHERE = {"namespace": "payments", "workload": "api", "service": "api"}
NOT_ENOUGH = "needs the right to edit the policies of namespace {} in every cluster that it selects."


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


@pytest.fixture
def person(client: Client, one: Application) -> User:
    """Of the team that has namespace shop."""
    made = make_person("editor")
    grant(made, covers=Covers.NAMESPACE, namespace="shop", edits_policies=True)
    client.force_login(made)
    return made


def review(client: Client, one: Application, **texts: str) -> Any:
    given = {**shown(read(POLICY)), "policy": NAME, "base": json.dumps(POLICY), "strategy": "blue-green", **texts}
    return client.post(f"/applications/{one.pk}/policy/edit/", given | {"go": "review"})


def address(row: PolicyDraft) -> str:
    return f"/applications/{row.application_id}/policy/drafts/{row.pk}/"


def hidden_at(client: Client, row: PolicyDraft) -> dict[str, str]:
    page = client.get(address(row)).content.decode()
    return dict(re.findall(r'name="(mark|digest)" value="([^"]+)"', page))


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def of_payments(person: User) -> dict[str, Any]:
    return {"holder": person, "covers": Covers.NAMESPACE, "namespace": "payments", "edits_policies": True}


def test_a_workload_of_another_namespace_is_refused_at_its_field(
    client: Client, one: Application, person: User
) -> None:
    response = review(client, one, **ELSEWHERE)
    assert response.status_code == 422
    assert f"To put payments/api under this policy {NOT_ENOUGH.format('payments')}" in words(response)
    assert not PolicyDraft.objects.exists()
    assert review(client, one, interval="60").status_code == 200, "all else is the person's to change"


def test_another_workload_of_the_same_namespace_is_the_teams(client: Client, one: Application, person: User) -> None:
    assert review(client, one, workload="cart", service="cart").status_code == 200


def test_a_right_on_one_application_covers_no_other_workload(client: Client, one: Application, person: User) -> None:
    Grant.objects.all().delete()
    grant(person, covers=Covers.APPLICATION, application=one, edits_policies=True)
    response = review(client, one, workload="cart", service="cart")
    assert response.status_code == 422
    assert f"To put shop/cart under this policy {NOT_ENOUGH.format('shop')}" in words(response)
    assert review(client, one, interval="60").status_code == 200


def test_nor_is_a_rollout_set_up_by_it(client: Client, one: Application, person: User) -> None:
    bare = make_bare()
    grant(person, covers=Covers.APPLICATION, application=bare, edits_policies=True)
    first = {**shown(blue_green(Target("Deployment", "payments", "api", 8080))), "strategy": "blue-green"}
    given = {**first, "policy": BARE, "base": "null", "go": "review"}
    response = client.post(f"/applications/{bare.pk}/policy/edit/", given)
    assert response.status_code == 422
    assert NOT_ENOUGH.format("payments") in words(response)
    grant(**of_payments(person))
    assert client.post(f"/applications/{bare.pk}/policy/edit/", given).status_code == 200


def test_the_right_is_asked_for_again_at_the_click(client: Client, one: Application, person: User) -> None:
    since = grant(**of_payments(person))
    assert review(client, one, **ELSEWHERE).status_code == 200
    DraftTrial.objects.update(answer="accepted")
    row = PolicyDraft.objects.get()
    hidden = hidden_at(client, row)
    since.delete()
    assert client.get(address(row), headers={"HX-Request": "true"}).headers["HX-Redirect"] == address(row)
    response = client.post(address(row), hidden)
    assert response.status_code == 422
    assert NOT_ENOUGH.format("payments") in words(response)
    assert not Command.objects.exists()
    grant(**of_payments(person))
    assert client.post(address(row), hidden).status_code == 302


def test_and_by_the_worker(client: Client, one: Application, person: User) -> None:
    since = grant(**of_payments(person))
    review(client, one, **ELSEWHERE)
    DraftTrial.objects.update(answer="accepted")
    row = PolicyDraft.objects.get()
    hidden = hidden_at(client, row)
    client.post(address(row), hidden)
    command = Command.objects.get()
    tasks.carry_out(command.pk)
    command.refresh_from_db()
    assert "may not" not in command.sentence
    since.delete()
    Command.objects.update(state="requested", claimed_until=None, expires_at=timezone.now() + timedelta(days=1))
    tasks.carry_out(command.pk)
    command.refresh_from_db()
    assert (command.state, command.sentence) == ("refused", "editor may not do this any more.")
