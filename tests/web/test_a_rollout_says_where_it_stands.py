from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Kind, Phase, Route, Strategy
from rollouts.models import ClusterState, ObjectCopy, Rollout
from tests.support.builders import (
    CHECKS,
    Sides,
    make_cluster,
    make_event,
    make_release,
    make_rollout,
    make_transition,
)

pytestmark = pytest.mark.django_db


def page(client: Client, rollout: Rollout, query: str = "") -> str:
    """What the page says, with the markup of the words in between taken for a space."""
    response = client.get(f"/rollouts/{rollout.pk}/{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_says_that_one_more_failed_check_rolls_back_and_why_the_last_one_failed(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1, failed_checks=1, threshold=2, checks=CHECKS)
    make_release(rollout)
    make_transition(rollout, 1)
    make_transition(rollout, 2, failed_checks=1, why="success rate 65.62% < 99%", at=timezone.now())
    html = page(visitor, rollout)
    assert (
        "request-success-rate on green was 65.62%, below its limit of 99.00%. One more failed check rolls back." in html
    )


def test_it_says_what_the_next_check_will_do(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1)
    assert "Flagger checks green, iteration 2 of 3." in page(visitor, rollout)


def test_it_says_when_users_will_move(visitor: Client) -> None:
    assert "users move</span>" in page(visitor, make_rollout(phase=Phase.PROGRESSING, iterations=1))


def test_green_with_the_users_is_shown_as_live(visitor: Client) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100, through_gateway_only=True)
    html = page(visitor, make_rollout(phase=Phase.PROMOTING, iterations=4, route=route))
    assert '<span class="side green">live, 100 % of users</span>' in html
    assert "users go back to blue" in html
    assert "callers inside the mesh stay on blue" in html


def test_a_split_shows_the_share_of_each_side(visitor: Client) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 20)
    html = page(visitor, make_rollout(phase=Phase.PROGRESSING, strategy=Strategy.CANARY, weight=20, route=route))
    assert "80 % of users" in html
    assert "20 % of users" in html


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.PROGRESSING, "users move step by step"),
        (Phase.WAITING_PROMOTION, "users stay split until it is approved"),
        (Phase.PROMOTING, "once blue runs the new version"),
    ],
)
def test_a_split_by_weight_says_what_comes_next(visitor: Client, phase: Phase, said: str) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 50)
    assert said in page(visitor, make_rollout(phase=phase, strategy=Strategy.CANARY, weight=50, route=route))


def test_users_on_green_stay_there_while_it_is_suspended(visitor: Client) -> None:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100)
    html = page(visitor, make_rollout(phase=Phase.PROGRESSING, iterations=4, suspended=True, route=route))
    assert "nobody moves while it is suspended" in html
    assert "go back to blue" not in html


def test_a_side_that_was_not_read_says_so(visitor: Client) -> None:
    assert "none seen" in page(visitor, make_rollout(sides=Sides(blue=None, green=None)))


def test_a_side_that_is_gone_while_the_other_was_read_is_said_not_to_be_there(visitor: Client) -> None:
    html = page(visitor, make_rollout(sides=Sides(blue=None)))
    assert html.count("not there") == 2
    assert "none seen" not in html


def test_of_an_unreachable_cluster_nothing_is_estimated(visitor: Client) -> None:
    left = timezone.now() - timedelta(minutes=14)
    cluster = make_cluster("far", state=ClusterState.UNREACHABLE, fresh_at=left, reason="It does not answer.")
    rollout = make_rollout(cluster, phase=Phase.PROGRESSING, iterations=1)
    make_release(rollout)
    make_transition(rollout, 1)
    html = page(visitor, rollout)
    assert "far: unreachable for <time" in html
    assert "It does not answer." in html
    assert 'data-time="in"' not in html
    assert 'data-time="about"' not in html


def test_the_timeline_tells_what_changed_after_how_long_and_why(visitor: Client) -> None:
    now = timezone.now()
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=2)
    make_release(rollout)
    make_transition(rollout, 1, at=now - timedelta(seconds=180))
    make_transition(rollout, 2, at=now - timedelta(seconds=90), iterations=1, why="starting the analysis")
    make_transition(rollout, 3, at=now - timedelta(seconds=60), iterations=1, failed_checks=1, gap=True)
    make_transition(rollout, 4, at=now, iterations=4, failed_checks=1, live_side="green")
    html = page(visitor, rollout)
    for said in ("Iteration 1 of 3", "1 min 30 s", "starting the analysis", "Check failed, 1 of 2", "Users on green"):
        assert said in html
    assert "changes before it were not seen" in html


def test_an_earlier_release_can_be_looked_at(visitor: Client) -> None:
    rollout = make_rollout()
    make_release(rollout, 1, outcome="failed", ended_at=timezone.now(), start_approximate=True)
    make_transition(rollout, 1, release=1, why="of the first")
    make_release(rollout, 2, outcome="succeeded", ended_at=timezone.now())
    make_transition(rollout, 2, release=2, why="of the second")
    newest, earlier = page(visitor, rollout), page(visitor, rollout, "?release=1")
    assert "of the second" in newest
    assert "of the first" not in newest
    assert "of the first" in earlier
    assert "show the newest" in earlier
    assert "started about" in earlier


@pytest.mark.parametrize("query", ["?release=", "?release=x", "?release=-1", "?release=²"])
def test_a_release_that_is_no_number_is_the_newest(visitor: Client, query: str) -> None:
    rollout = make_rollout()
    make_release(rollout, 1)
    assert "Release 1" in page(visitor, rollout, query)


def test_a_deleted_canary_is_shown_as_such(visitor: Client) -> None:
    rollout = make_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(deleted_at=timezone.now())
    assert "This Canary was deleted" in page(visitor, rollout)


def test_an_unreadable_canary_says_why(visitor: Client) -> None:
    rollout = make_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(unreadable="spec.analysis is a list", rank=0, attention="unreadable")
    html = page(visitor, rollout)
    assert "cannot be read" in html
    assert "spec.analysis is a list" in html


def test_a_canary_that_was_never_read_has_a_page(visitor: Client) -> None:
    rollout = make_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(state={}, unreadable="no spec", blue_images=[], green_images=[])
    assert "no spec" in page(visitor, rollout)


def test_a_phase_from_the_future_is_shown_as_it_is_spelled(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.UNKNOWN, phase_text="Teleporting")
    assert "Teleporting" in page(visitor, rollout)
    assert "Teleporting" in visitor.get("/").content.decode()


def test_nothing_from_a_cluster_is_taken_for_markup(visitor: Client) -> None:
    evil = "<img src=x onerror=alert(1)>"
    rollout = make_rollout(
        make_cluster(evil),
        name="checkout",
        phase=Phase.PROGRESSING,
        message=evil,
        policy=evil,
        sides=Sides((evil,), (evil,)),
    )
    make_release(rollout, from_images=[evil], to_images=[f"{evil}2"])
    make_transition(rollout, 1, why=evil)
    make_event(rollout, evil, type=evil[:16])
    Rollout.objects.filter(pk=rollout.pk).update(unreadable=evil)
    for address in (f"/rollouts/{rollout.pk}/", "/", "/?view=applications", "/clusters/"):
        assert "<img" not in visitor.get(address).content.decode()


def test_looking_at_a_rollout_is_remembered(visitor: Client) -> None:
    rollout = make_rollout()
    visitor.get(f"/rollouts/{rollout.pk}/")
    rollout.refresh_from_db()
    assert rollout.looked_at is not None


class TestRawObjects:
    def address(self, rollout: Rollout, kind: str = "canaries", name: str = "checkout") -> str:
        return f"/rollouts/{rollout.pk}/object/{kind}/{name}/"

    def test_an_object_is_asked_for_and_the_page_says_so(self, visitor: Client) -> None:
        rollout = make_rollout(make_cluster("eu-west-1"))
        html = visitor.get(self.address(rollout)).content.decode()
        assert "Asking eu-west-1 for the object" in html
        assert ObjectCopy.objects.get().fetched_at is None

    def test_an_object_that_was_read_is_shown_as_text(self, visitor: Client) -> None:
        rollout, now = make_rollout(), timezone.now()
        copy = ObjectCopy.objects.create(
            rollout=rollout, kind="canaries", name="checkout", requested_at=now, fetched_at=now, text="<b>{}</b>"
        )
        html = visitor.get(self.address(rollout)).content.decode()
        assert "&lt;b&gt;{}&lt;/b&gt;" in html
        assert f'data-topics="object-{copy.pk}"' in html

    def test_an_object_that_could_not_be_read_says_why(self, visitor: Client) -> None:
        rollout, now = make_rollout(), timezone.now()
        ObjectCopy.objects.create(
            rollout=rollout, kind="canaries", name="checkout", requested_at=now, fetched_at=now, error="Not allowed."
        )
        assert "Not allowed." in visitor.get(self.address(rollout)).content.decode()

    @pytest.mark.parametrize(("kind", "name"), [("secrets", "checkout"), ("canaries", "payments"), ("x", "y")])
    def test_no_other_object_can_be_asked_for(self, visitor: Client, kind: str, name: str) -> None:
        assert visitor.get(self.address(make_rollout(), kind, name)).status_code == 404
        assert not ObjectCopy.objects.exists()

    def test_a_stranger_asks_for_nothing(self, client: Client) -> None:
        assert client.get(self.address(make_rollout())).status_code == 302
        assert not ObjectCopy.objects.exists()
