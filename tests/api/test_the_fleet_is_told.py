"""Lists and single things: what they say, how they are narrowed, and that they come in pieces."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Covers, Role, Rollout
from tests.api.asking import every, get, names
from tests.support.builders import (
    CHECKS,
    GREEN,
    make_application,
    make_cluster,
    make_release,
    make_rollout,
)
from tests.support.measured import make_measured
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db


def fill(clusters: int, applications: int) -> None:
    made = [make_cluster(f"c-{number}") for number in range(clusters)]
    for place in range(applications):
        for cluster in made:
            make_rollout(cluster, name=f"app-{place}", phase=Phase.PROGRESSING, iterations=1)


class TestClusters:
    def test_each_says_how_it_is_and_what_runs_there(self, visitor: Client) -> None:
        away = make_cluster("away", state="unreachable", state_since=timezone.now() - timedelta(minutes=4))
        make_rollout(make_cluster("eu-west"), phase=Phase.PROGRESSING)
        found = get(visitor, "/clusters")["items"]
        assert [(one["name"], one["trouble"], one["rollouts"]["running"]) for one in found] == [
            ("away", "unreachable", 0),
            ("eu-west", "", 1),
        ]
        assert found[0]["old_since"] is not None
        assert get(visitor, f"/clusters/{away.pk}") == found[0]

    def test_one_that_is_not_there_is_not_found(self, visitor: Client) -> None:
        assert get(visitor, "/clusters/99", 404)["error"]["code"] == "not-found"


class TestRollouts:
    def test_one_says_where_it_stands_and_what_may_be_asked(self, operator: Client, running: Rollout) -> None:
        found = get(operator, f"/rollouts/{running.pk}")
        assert (found["phase"], found["progress"]) == (
            "Progressing",
            {"unit": "iterations", "done": 1, "wanted": 3},
        )
        assert found["cluster"] == {"id": running.cluster_id, "name": "eu-west"}
        assert found["green"] == {"version": "6.6.0", "images": [GREEN]}
        why_not = {one["act"]: one["why_not"] for one in found["acts"]}
        assert (why_not["roll-back"], why_not["resume"]) == ("", "It is not suspended.")
        assert found["may_not"] == ""

    def test_who_may_only_look_is_told_so(self, visitor: Client, running: Rollout) -> None:
        found = get(visitor, f"/rollouts/{running.pk}")
        assert "Ask somebody who administers eu-west." in found["may_not"]
        assert {one["why_not"] for one in found["acts"]} == {""}

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ({"cluster": "eu-west"}, ["cart"]),
            ({"cluster": ["eu-west", "us-east"]}, ["cart", "search"]),
            ({"phase": "Failed"}, ["search"]),
            ({"part": "running"}, ["cart"]),
            ({"namespace": "shop", "q": "sea"}, ["search"]),
            ({"application": "shop/cart"}, ["cart"]),
            ({"phase": "none"}, []),
        ],
    )
    def test_they_are_narrowed_as_on_the_page(self, visitor: Client, query: dict[str, Any], wanted: list[str]) -> None:
        make_rollout(make_cluster("eu-west"), name="cart", phase=Phase.PROGRESSING)
        make_rollout(make_cluster("us-east"), name="search", phase=Phase.FAILED)
        assert names(get(visitor, "/rollouts", **query)) == wanted

    def test_those_of_an_application_are_found_by_its_number(self, visitor: Client) -> None:
        fill(clusters=2, applications=2)
        wanted = make_application("app-1").pk
        assert [one["application"] for one in every(visitor, "/rollouts", application_id=wanted)] == [wanted, wanted]

    def test_pieces_neither_miss_nor_repeat_anything_that_moves_meanwhile(self, visitor: Client) -> None:
        fill(clusters=1, applications=7)
        first = get(visitor, "/rollouts", limit=3)
        Rollout.objects.filter(name="app-0").update(rank=0, severity=9, changed_at=timezone.now())
        rest = get(visitor, "/rollouts", limit=200, cursor=first["next"])
        assert names(first) + names(rest) == [f"app-{number}" for number in range(7)]
        assert rest["next"] is None

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"phase": "Succeded"}, "There is no phase 'Succeded'. Known are Initializing,"),
            ({"phas": "Failed"}, "There is no parameter 'phas' here."),
            ({"limit": "201"}, "query.limit: Input should be less than or equal to 200"),
            ({"part": "all"}, "query.part: Input should be 'needs', 'running' or 'quiet'"),
            ({"q": "a\0b"}, "query.q: String should match pattern"),
            ({"cursor": str(2**70)}, "query.cursor: Input should be less than or equal to"),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_a_sentence(
        self, visitor: Client, query: dict[str, str], said: str
    ) -> None:
        error = get(visitor, "/rollouts", 422, **query)["error"]
        assert error["code"] == "invalid"
        assert error["message"].startswith(said)

    def test_a_number_beyond_all_numbers_is_not_found(self, visitor: Client) -> None:
        for thing in ("rollouts", "clusters", "releases", "applications"):
            assert get(visitor, f"/{thing}/{10**30}", 404)["error"]["code"] == "not-found"


class TestApplications:
    def test_each_counts_its_rollouts_and_shows_the_furthest(self, visitor: Client) -> None:
        fill(clusters=3, applications=2)
        make_rollout(make_cluster("c-9"), name="app-1", phase=Phase.FAILED)
        found = every(visitor, "/applications", limit=1)
        assert [(one["name"], one["rollouts"], one["furthest"]["phase"]) for one in found] == [
            ("app-0", 3, "Progressing"),
            ("app-1", 4, "Failed"),
        ]
        assert get(visitor, f"/applications/{found[1]['id']}") == found[1]


class TestReleases:
    def test_the_newest_come_first_and_are_narrowed(self, visitor: Client, running: Rollout) -> None:
        make_release(running, 1, outcome="failed", ended_at=timezone.now(), why="It was too slow.")
        make_release(running, 2)
        other = make_release(make_rollout(name="cart"), 1)
        assert get(visitor, "/releases", limit=1)["items"][0]["id"] == other.pk
        found = every(visitor, "/releases", rollout=running.pk, limit=1)
        assert [(one["number"], one["outcome"], one["why"]) for one in found] == [
            (2, "running", ""),
            (1, "failed", "It was too slow."),
        ]
        assert every(visitor, "/releases", outcome="failed", cluster=running.cluster_id) == [found[1]]
        assert get(visitor, f"/releases/{found[0]['id']}") == found[0]

    def test_the_report_is_the_one_of_the_page(self, visitor: Client) -> None:
        release = make_measured(make_rollout(make_cluster(), checks=CHECKS))
        page = visitor.get(f"/releases/{release.pk}.json").json()
        assert get(visitor, f"/releases/{release.pk}/report") == page


BUDGET = {"/clusters": 5, "/rollouts": 6, "/applications": 8, "/releases": 4, "/audit": 4}


@pytest.mark.parametrize("address", BUDGET)
def test_a_list_needs_no_more_queries_for_more_rows(
    client: Client, address: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    fill(clusters=3, applications=5)
    for one in Rollout.objects.all():
        make_release(one)
    client.force_login(make_person("admin", Role.ADMIN))
    with django_assert_max_num_queries(BUDGET[address]):
        assert len(get(client, address)["items"]) >= 1


def test_one_rollout_needs_few_queries(
    operator: Client, running: Rollout, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(1, 6):
        make_release(running, number)
    with django_assert_max_num_queries(6):
        get(operator, f"/rollouts/{running.pk}")


class TestWhoSeesAPart:
    @pytest.fixture
    def partly(self, client: Client) -> Client:
        """Sees the rollouts of one namespace, and nothing of the rest."""
        person = make_person("ann")
        cluster = make_cluster("eu-west", missing_permissions=["patch canaries"], namespaces=["shop", "bank"])
        make_release(make_rollout(cluster, namespace="shop", name="cart"))
        make_release(make_rollout(cluster, namespace="bank", name="vault"))
        make_rollout(make_cluster("secret"), namespace="bank", name="vault")
        grant(person, Role.VIEWER, Covers.NAMESPACE, namespace="shop")
        client.force_login(person)
        return client

    @pytest.mark.parametrize("address", ["/rollouts", "/applications"])
    def test_lists_show_that_part(self, partly: Client, address: str) -> None:
        assert names(get(partly, address)) == ["cart"]

    def test_releases_too(self, partly: Client) -> None:
        seen = [one["rollout"] for one in every(partly, "/releases")]
        assert seen == [Rollout.objects.get(name="cart").pk]

    def test_a_cluster_says_nothing_of_the_rest(self, partly: Client) -> None:
        (one,) = every(partly, "/clusters")
        assert (one["name"], one["in_part"], one["rollouts"]["total"]) == ("eu-west", True, 1)
        assert (one["namespaces"], one["missing_permissions"]) == ([], [])

    def test_the_rest_does_not_exist(self, partly: Client) -> None:
        hidden = Rollout.objects.get(cluster__name="secret")
        for address in (
            f"/rollouts/{hidden.pk}",
            f"/clusters/{hidden.cluster_id}",
            f"/applications/{hidden.application_id}",
            f"/releases/{make_release(hidden).pk}",
            f"/releases/{make_release(hidden, 2).pk}/report",
        ):
            assert get(partly, address, 404)["error"]["code"] == "not-found"
