from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, Cluster, QueryTrial
from rollouts.services.trials.sealing import opened
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.people import grant, make_person
from tests.support.policies import ANALYSIS, CUSTOM, policy

pytestmark = pytest.mark.django_db
HOLDS = policy(**{f"{ANALYSIS}.metrics.1": CUSTOM})


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west")


def tried(client: Client, one: Application, row: str = "metrics-1", *, whole: bool = False, **texts: str) -> Any:
    given = {**shown(read(HOLDS)), "policy": NAME, "base": json.dumps(HOLDS), "try": row, **texts}
    headers = {} if whole else {"HX-Request": "true", "HX-Target": f"tried-{row}"}
    return client.post(f"/applications/{one.pk}/policy/edit/", given, headers=headers)


def test_it_is_asked_for_and_looked_at_again_until_it_is_answered(
    editor: Client, one: Application, asked: list[Any]
) -> None:
    html = tried(editor, one).content.decode()
    assert '<div id="tried-metrics-1"' in html
    assert "eu-west is being asked" in html
    assert "load delay:1s" in html
    assert [task for task, _ in asked] == ["rollouts.tasks.try_query"]
    assert opened(QueryTrial.objects.get().sealed).name == "orders"
    answer = {"said": "It is <b>understood</b>.", "good": True, "hint": "Short."}
    QueryTrial.objects.update(answered_at=timezone.now(), **answer)
    html = tried(editor, one).content.decode()
    assert "eu-west: It is &lt;b&gt;understood&lt;/b&gt;." in html
    assert "Short." in html
    assert "hx-trigger" not in html
    assert len(asked) == 1


def test_without_scripts_the_form_comes_with_it(editor: Client, one: Application) -> None:
    html = tried(editor, one, whole=True).content.decode()
    assert 'id="f-metrics-1-query"' in html
    assert html.count("is being asked") == 1


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"metrics-1-query": " "}, "Correct what is said above first."),
        ({"metrics-1-interval": "soon"}, "Correct what is said above first."),
        ({"metrics-1-query": "up{password='(hidden)'}"}, "Correct what is said above first."),
    ],
)
def test_what_is_wrong_is_not_asked(
    editor: Client, one: Application, asked: list[Any], texts: dict[str, Any], said: str
) -> None:
    assert said in tried(editor, one, **texts).content.decode()
    assert asked == []


@pytest.mark.parametrize("row", ["metrics-7", "metrics-", "hosts", "metrics-x"])
def test_a_row_that_is_none_shows_the_form(editor: Client, one: Application, asked: list[Any], row: str) -> None:
    assert 'id="policy-form"' in tried(editor, one, row).content.decode()
    assert asked == []


def test_a_cluster_that_does_not_answer_is_not_asked(editor: Client, one: Application, asked: list[Any]) -> None:
    Cluster.objects.filter(hub__isnull=False).update(state="unreachable", reason="It is away.")
    assert "No cluster of this policy can be asked now." in tried(editor, one).content.decode()
    assert asked == []


def test_who_may_not_edit_may_not_try_either(client: Client, one: Application, asked: list[Any]) -> None:
    person = make_person("viewer")
    grant(person)
    client.force_login(person)
    assert tried(client, one).status_code == 403
    assert asked == []
