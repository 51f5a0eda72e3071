"""Two people edit what the same plain Canary says: who comes second sees all three versions and loses nothing typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import ABSENT, SPEC, read_by_a_task, spec
from tests.web.test_a_canary_can_be_edited import review, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    read_by_a_task(made, SPEC)
    return made


def test_somebody_else_was_faster_and_nothing_typed_is_lost(editor: Client, one: Rollout) -> None:
    read_by_a_task(one, spec(analysis__threshold=7), generation=2)
    response = review(editor, one, interval="60")
    said = words(response)
    assert response.status_code == 409
    assert "Somebody has changed this policy since you began." in said
    assert "Failed checks that end it 3 7 not changed" in said
    assert "analysis.interval 90 60" in said


def test_of_the_same_field_all_three_versions_are_shown_and_the_own_one_is_kept(editor: Client, one: Rollout) -> None:
    read_by_a_task(one, spec(analysis__threshold=7, analysis__webhooks__0__timeout="9s"), generation=2)
    response = review(editor, one, failures="5", **{"hooks-0-timeout": "8s"})
    said = words(response)
    assert response.status_code == 409
    assert "When you began Now Yours" in said
    assert "Failed checks that end it 3 7 5" in said
    assert "5s 9s 8s" in said
    html = response.content.decode()
    assert 'name="failures" value="5"' in html
    assert 'name="hooks-0-timeout" value="8s"' in html


def test_what_no_field_can_be_is_kept_as_it_was_typed_also_when_somebody_else_was_faster(
    editor: Client, one: Rollout
) -> None:
    read_by_a_task(one, spec(analysis__threshold=7), generation=2)
    response = review(editor, one, interval="5m", traffic_policy="tls: {mode")
    html = response.content.decode()
    assert response.status_code == 422
    assert 'value="5m"' in html
    assert "tls: {mode</textarea>" in html


def test_what_two_people_have_made_together_is_judged_together(editor: Client, one: Rollout) -> None:
    read_by_a_task(one, spec(analysis__iterations=ABSENT, analysis__stepWeight=10), generation=2)
    response = review(editor, one, times="5")
    assert response.status_code == 422
    assert "Somebody has changed this policy since you began." in words(response)
    assert "Either iterations or steps" in words(response)
    assert 'name="times" value="5"' in response.content.decode()
