"""A Canary whose policy has no rollout any more keeps its name, works on, and is edited and removed as a plain one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, left_by_kurator, made_by_kurator, read_by_a_task
from tests.web.dialogs import becomes, button, page
from tests.web.test_a_canary_can_be_edited import address, answered, applied, review, words
from tests.web.test_a_canary_can_be_removed import click

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    read_by_a_task(made, SPEC)
    left_by_kurator(made)
    return made


def test_what_kurator_has_let_go_of_is_edited_like_any_other(editor: Client, one: Rollout) -> None:
    shown = words(editor.get(f"/rollouts/{one.pk}/"))
    assert "made by policy checkout-prod of Kurator, which has let go of it" in shown
    assert "policy-form" in editor.get(address(one)).content.decode()
    review(editor, one, interval="60")
    row = answered()
    said = words(editor.get(f"/rollouts/{one.pk}/policy/drafts/{row.pk}/"))
    assert "Policy checkout-prod of Kurator has made it, and no Application that is known here" in said
    assert applied(editor, row).status_code == 302


def test_one_that_kurator_has_let_go_of_is_removed_like_any_other(editor: Client, one: Rollout) -> None:
    assert f"/rollouts/{one.pk}/remove/" in page(editor, f"/rollouts/{one.pk}/")
    html = page(editor, f"/rollouts/{one.pk}/remove/")
    assert "Policy checkout-prod of Kurator has made it, and no Application that is known here" in html
    assert click(editor, one, html).status_code == 204


def test_its_buttons_are_those_of_any_other(operator: Client, one: Rollout) -> None:
    becomes(one, phase=Phase.PROGRESSING, iterations=1, policy="checkout-prod", interval=60, interval_text="60s")
    left_by_kurator(one)
    html = page(operator, f"/rollouts/{one.pk}/")
    for act in ("pause", "promote-now"):
        assert "disabled" not in button(html, act), act
    shown = page(operator, f"/rollouts/{one.pk}/acts/pause/")
    assert "Policy checkout-prod of Kurator has made it, and no Application that is known here" in shown
    assert 'id="choice-tick"' in page(operator, f"/rollouts/{one.pk}/acts/roll-back/")


def test_one_that_a_policy_makes_is_paused_there(operator: Client, one: Rollout) -> None:
    becomes(one, phase=Phase.PROGRESSING, iterations=1, policy="checkout-prod", interval=60, interval_text="60s")
    made_by_kurator(one)
    assert "disabled" in button(page(operator, f"/rollouts/{one.pk}/"), "pause")
    assert "kept by policy checkout-prod" in page(operator, f"/rollouts/{one.pk}/acts/pause/")
    assert 'id="choice-tick"' not in page(operator, f"/rollouts/{one.pk}/acts/roll-back/")


def test_in_several_clusters_it_is_paused_with_the_others(operator: Client, one: Rollout) -> None:
    becomes(one, phase=Phase.PROGRESSING, iterations=1, policy="checkout-prod", interval=60, interval_text="60s")
    left_by_kurator(one)
    one.refresh_from_db()
    html = page(operator, f"/applications/{one.application_id}/")
    assert "disabled" not in button(html, "pause")
    shown = page(operator, f"/applications/{one.application_id}/acts/pause/")
    assert "Left out" not in shown
    assert "Policy checkout-prod of Kurator has made it" in shown
