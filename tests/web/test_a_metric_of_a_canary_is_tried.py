from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.models import QueryTrial, Rollout
from rollouts.services.trials.sealing import opened
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, read_by_a_task

pytestmark = pytest.mark.django_db
OWN = {"metrics-1-template": "", "metrics-1-template_namespace": "", "metrics-1-variables": ""}


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    read_by_a_task(made, SPEC)
    return made


def tried(client: Client, one: Rollout, row: str, **texts: str) -> Any:
    given = {**shown(read(SPEC, PLAIN)), "base": json.dumps(SPEC), "try": row, **texts}
    headers = {"HX-Request": "true", "HX-Target": f"tried-{row}"}
    return client.post(f"/rollouts/{one.pk}/policy/edit/", given, headers=headers)


def test_the_form_has_a_button_for_each(editor: Client, one: Rollout) -> None:
    html = editor.get(f"/rollouts/{one.pk}/policy/edit/").content.decode()
    assert 'aria-label="Try metric orders on its cluster"' in html


def test_what_is_typed_is_asked_of_its_cluster(editor: Client, one: Rollout, asked: list[Any]) -> None:
    text = "sum(orders)"
    html = tried(editor, one, "metrics-1", **OWN, **{"metrics-1-query": text}).content.decode()
    assert "edge is being asked" in html
    assert [task for task, _ in asked if "query" in task] == ["rollouts.tasks.try_query"]
    question = opened(QueryTrial.objects.get().sealed)
    assert (question.query, question.canary, question.namespace, question.template_key) == (
        text, "checkout", "shop", None,
    )  # fmt: skip


def test_what_it_refers_to_is_asked_with_its_variables(editor: Client, one: Rollout) -> None:
    tried(editor, one, "metrics-1", **{"metrics-1-interval": "75"})
    question = opened(QueryTrial.objects.get().sealed)
    assert question.template_key == ("metrics", "orders")
    assert (question.interval, question.variables) == (75, [["tier", "gold"]])


def test_what_is_wrong_or_hidden_is_not_asked(editor: Client, one: Rollout) -> None:
    wrong = tried(editor, one, "metrics-1", **{"metrics-1-interval": "soon"}).content.decode()
    assert "Correct what is said above first." in wrong
    hidden = {"metrics-1-query": "up{password='(hidden)'}"}
    assert "Correct what is said above first." in tried(editor, one, "metrics-1", **OWN, **hidden).content.decode()
    assert not QueryTrial.objects.exists()


def test_only_who_may_edit_tries(visitor: Client, one: Rollout) -> None:
    assert tried(visitor, one, "metrics-1").status_code == 403
