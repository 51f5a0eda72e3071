from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application
from tests.support.definitions import ALL, hub_knows
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.policies import ANALYSIS, CUSTOM, ROUTING, policy

pytestmark = pytest.mark.django_db
BEFORE = [one for one in ALL if "customMetric" not in one and "retries" not in one]
HOLDS = policy(**{f"{ROUTING}.retries": {"attempts": 3}, f"{ANALYSIS}.metrics.0": {**CUSTOM}})


@pytest.fixture
def one() -> Application:
    made = make_policy("eu-west")
    found = {**memory.dump(memory.load_policy(made.policies[0])), "rollout": HOLDS}
    Application.objects.filter(pk=made.pk).update(policies=[found])
    return made


def page(editor: Client, one: Application) -> str:
    return editor.get(f"/applications/{one.pk}/policy/edit/", {"policy": NAME}).content.decode()


def test_while_it_is_not_known_all_fields_are_shown_and_that_is_said(editor: Client, one: Application) -> None:
    html = page(editor, one)
    assert 'name="retries"' in html
    assert "so all are shown" in html
    assert "get customresourcedefinitions.apiextensions.k8s.io applications.apps.kurator.dev" in html


def test_what_the_hub_does_not_know_has_no_field_and_is_listed_where_it_is_set(
    editor: Client, one: Application
) -> None:
    hub_knows(one, ALL)
    html = page(editor, one)
    assert "so all are shown" not in html
    assert 'name="metrics-0-query"' in html
    hub_knows(one, BEFORE)
    html = page(editor, one)
    assert 'name="retries"' not in html
    assert 'name="metrics-0-query"' not in html
    assert 'name="metrics-0-name"' in html
    assert "Attempts <small>not known to the Kurator of this hub</small></th><td>3</td>" in html
    assert "metric 1, query <small>not known to the Kurator of this hub</small>" in html


def test_what_has_no_field_stays_as_it_is(editor: Client, one: Application) -> None:
    hub_knows(one, BEFORE)
    asked = {name: said for name, said in shown(read(HOLDS)).items() if f'name="{name}"' in page(editor, one)}
    assert "retries" not in asked
    given: dict[str, Any] = {**asked, "policy": NAME, "base": json.dumps(HOLDS), "go": "review", "times": "5"}
    html = editor.post(f"/applications/{one.pk}/policy/edit/", given).content.decode()
    patch = html.split("Patch to commit")[1].split("</pre>")[0]
    assert "analysisTimes" in patch
    assert "retries" not in patch
    assert "customMetric" not in patch
