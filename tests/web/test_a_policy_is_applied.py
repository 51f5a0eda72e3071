"""A change of a policy from the review on: what the clusters say of it, and the click."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, Command, DraftTrial, PolicyDraft, RequiredReason
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.people import grant, make_person
from tests.support.policies import POLICY, policy

pytestmark = pytest.mark.django_db
INTERVAL = "rolloutPolicy__trafficAnalysis__checkIntervalSeconds"


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


def review(client: Client, one: Application, **texts: str) -> Any:
    given = {**shown(read(POLICY)), "policy": NAME, "base": json.dumps(POLICY), "strategy": "blue-green", **texts}
    return client.post(f"/applications/{one.pk}/policy/edit/", given | {"go": "review"})


def answered(answer: str = "accepted", said: str = "", **which: Any) -> PolicyDraft:
    DraftTrial.objects.filter(**which).update(answer=answer, said=said)
    return PolicyDraft.objects.latest("pk")


def address(row: PolicyDraft) -> str:
    return f"/applications/{row.application_id}/policy/drafts/{row.pk}/"


def apply(client: Client, row: PolicyDraft, **given: str) -> Any:
    page = client.get(address(row)).content.decode()
    hidden = dict(re.findall(r'name="(mark|digest)" value="([^"]+)"', page))
    return client.post(address(row), {**hidden, **given})


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def now_says(one: Application, **changed: Any) -> None:
    found = {**memory.dump(memory.load_policy(one.policies[0])), "rollout": policy(**changed)}
    Application.objects.filter(pk=one.pk).update(policies=[found], generation=one.generation + 1)


def test_every_cluster_is_asked_by_a_task_of_its_own_and_nothing_can_be_applied_before(
    editor: Client, one: Application, asked: list[Any]
) -> None:
    response = review(editor, one, interval="60")
    assert [task for task, _ in asked] == ["rollouts.tasks.try_draft"] * 3
    assert "Every cluster is being asked" in words(response)
    assert "Apply to all clusters" not in words(response)
    review(editor, one, interval="60")
    assert len(asked) == 3, "the same review asks nobody twice"


def test_the_page_asks_again_until_all_have_answered(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    row = answered(cluster__is_hub=True)
    waiting = editor.get(address(row), headers={"HX-Request": "true"})
    assert 'hx-trigger="load delay:1s"' in waiting.content.decode()
    answered()
    ready = editor.get(address(row), headers={"HX-Request": "true"})
    assert "hx-trigger" not in ready.content.decode()
    assert "Every cluster that answered would take it." in words(ready)
    assert "Apply to all clusters" in words(ready)


def test_the_click_is_a_command_for_exactly_this(editor: Client, one: Application, asked: list[Any]) -> None:
    review(editor, one, interval="60")
    row = answered()
    response = apply(editor, row, reason="slower")
    assert response.status_code == 302
    assert response["Location"] == f"/applications/{one.pk}/#policies"
    command = Command.objects.get()
    assert (command.act, command.policy, command.reason, command.state) == ("edit-policy", NAME, "slower", "requested")
    assert asked[-1] == ("rollouts.tasks.carry_out", {"command": command.pk})
    assert PolicyDraft.objects.get(command=command) == row
    assert "Edit" in words(editor.get(f"/applications/{one.pk}/"))
    assert editor.get(f"/applications/{one.pk}/policy/commands/{command.pk}/").status_code == 200
    assert editor.get(address(row)).status_code == 302


def test_what_a_cluster_refuses_cannot_be_applied(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    answered()
    row = answered("refused", "422: <b>should match</b>", cluster__name="us-east")
    page = editor.get(address(row))
    assert "us-east would not take it." in words(page)
    assert "422: &lt;b&gt;should match" in page.content.decode()
    assert 'aria-disabled="true" aria-describedby="refused"' in page.content.decode()
    assert editor.post(address(row), {"digest": "x"}).status_code == 409
    assert not Command.objects.exists()


def test_a_member_that_cannot_be_asked_is_a_warning(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    answered()
    row = answered("unknown", "connection refused", cluster__name="us-east")
    assert "could not be asked connection refused" in words(editor.get(address(row)))
    assert apply(editor, row).status_code == 302


def test_what_changed_since_is_shown_beside_and_asks_for_another_click(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    row = answered()
    page = editor.get(address(row)).content.decode()
    hidden = dict(re.findall(r'name="(mark|digest)" value="([^"]+)"', page))
    now_says(one, **{INTERVAL: 30})
    response = editor.post(address(row), hidden)
    assert response.status_code == 409
    assert "Somebody has changed this policy since you began." in words(response)
    assert "90 30 60" in words(response)
    assert not Command.objects.exists()


def test_a_required_reason_is_asked_for_and_the_words_stay(editor: Client, one: Application) -> None:
    RequiredReason.objects.create(act="edit-policy")
    review(editor, one, skips="on")
    row = answered()
    response = apply(editor, row, reason="", typed="chekout")
    assert response.status_code == 422
    assert "“chekout” is not the name. Type checkout." in words(response)
    response = apply(editor, row, reason="", typed="checkout")
    assert "Say why: a reason is required." in words(response)
    assert apply(editor, row, reason="now", typed="checkout").status_code == 302


def test_a_draft_is_its_authors_alone(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    row = answered()
    other = make_person("another")
    grant(other, edits_policies=True)
    editor.force_login(other)
    assert editor.get(address(row)).status_code == 404
    assert editor.post(address(row)).status_code == 404


def test_who_has_lost_the_right_applies_nothing(editor: Client, one: Application) -> None:
    review(editor, one, interval="60")
    row = answered()
    row.person.grants.all().delete()
    assert editor.post(address(row), {"digest": "x"}).status_code in (403, 404)
    assert not Command.objects.exists()


def test_an_operator_may_neither_cancel_nor_open_what_an_editor_asked_for(editor: Client, one: Application) -> None:
    person = make_person("only-operates")
    review(editor, one, interval="60")
    apply(editor, answered())
    command = Command.objects.get()
    grant(person)
    editor.force_login(person)
    assert editor.get(f"/applications/{one.pk}/policy/commands/{command.pk}/").status_code in (403, 404)
