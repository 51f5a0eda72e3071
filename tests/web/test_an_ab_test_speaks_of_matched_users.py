"""In A/B testing only the users who match move; what is said of all users would be untrue."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Hook, Kind, Phase, Route, Strategy
from rollouts.models import Rollout
from tests.support.builders import make_rollout
from tests.web.test_a_rollout_says_where_it_stands import page

pytestmark = pytest.mark.django_db


def ab_test(matched: bool, **state: Any) -> Rollout:
    """With the routes as Flagger keeps them: everything to green, for those who match."""
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100 if matched else 0)
    return make_rollout(strategy=Strategy.AB_TESTING, threshold=2, route=route, **state)


def test_before_it_starts_the_matched_users_wait_for_approval(visitor: Client) -> None:
    html = page(visitor, ab_test(False, phase=Phase.WAITING))
    assert "matched users move after approval</span>" in html


def test_the_first_iteration_moves_the_matched_users(visitor: Client) -> None:
    html = page(visitor, ab_test(False, phase=Phase.PROGRESSING))
    assert "matched users move</span> <b><time" in html
    assert "Flagger moves matched users to green, iteration 1 of 3." in html


def test_during_the_analysis_it_says_who_is_where(visitor: Client) -> None:
    html = page(visitor, ab_test(True, phase=Phase.PROGRESSING, iterations=1))
    assert "matched users on green, all others on blue" in html
    assert "split, all others" in html
    assert "split, matched users" in html


def test_the_list_gives_no_shares_and_says_who_is_on_green(visitor: Client) -> None:
    ab_test(True, phase=Phase.PROGRESSING, iterations=1)
    html = visitor.get("/").content.decode()
    assert "<b>others</b>" in html
    assert "<b>matched</b>" in html
    assert "<small>matched users on green</small>" in html


@pytest.mark.parametrize(("failed", "said"), [(1, "at the next failed check"), (2, "the next check rolls back</span>")])
def test_the_matched_users_go_back_when_checks_fail(visitor: Client, failed: int, said: str) -> None:
    html = page(visitor, ab_test(True, phase=Phase.PROGRESSING, iterations=2, failed_checks=failed))
    assert "matched users go back to blue" in html
    assert said in html


def test_the_matched_users_stay_on_green_until_the_promotion_is_approved(visitor: Client) -> None:
    hooks = (Hook("release-board", "confirm-promotion"),)
    html = page(visitor, ab_test(True, phase=Phase.WAITING_PROMOTION, iterations=2, hooks=hooks))
    assert "matched users stay on green until it is approved" in html


def test_after_the_copying_the_matched_users_go_back(visitor: Client) -> None:
    html = page(visitor, ab_test(True, phase=Phase.PROMOTING, iterations=3))
    assert "matched users go back to blue</span> <b><time" in html
    assert "Flagger moves matched users back to blue once blue is ready." in html


def test_nobody_moves_while_it_is_suspended(visitor: Client) -> None:
    html = page(visitor, ab_test(True, phase=Phase.PROGRESSING, iterations=1, suspended=True))
    assert "nobody moves while it is suspended" in html
