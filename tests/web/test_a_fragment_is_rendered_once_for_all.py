from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from rollouts.models import Cluster, Rank, Rollout
from rollouts.web.fragments import FragmentCache
from rollouts.web.views import clusters
from tests.support.builders import make_cluster, make_rollout

HTMX = {"HX-Request": "true"}


def version_in(html: str) -> str:
    found = re.search(r"hx-vals='\{\"v\": \"([^\"]+)\"\}'", html)
    assert found, "the live element names its version"
    return found[1]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["fleet", "rollout", "application", "clusters"])
def test_who_has_the_newest_version_gets_nothing(visitor: Client, page: str) -> None:
    rollout = make_rollout()
    address = {
        "fleet": "/",
        "clusters": "/clusters/",
        "rollout": f"/rollouts/{rollout.pk}/",
        "application": f"/applications/{rollout.application_id}/",
    }[page]
    with time_machine.travel(timezone.now(), tick=False):
        version = version_in(visitor.get(address).content.decode())
        response = visitor.get(f"{address}?v={version}", headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.django_db
def test_a_change_in_any_cluster_makes_a_new_version_of_the_fleet(visitor: Client) -> None:
    rollout = make_rollout(make_cluster("one"))
    make_cluster("another")
    with time_machine.travel(timezone.now(), tick=False):
        version = version_in(visitor.get("/").content.decode())
        Rollout.objects.filter(pk=rollout.pk).update(phase="Progressing")
        Cluster.objects.filter(name="one").update(version=F("version") + 1)
        response = visitor.get(f"/?v={version}", headers=HTMX)
    assert response.status_code == 200
    assert "Progressing" in response.content.decode()


@pytest.mark.django_db
def test_a_cluster_that_falls_silent_makes_a_new_version_of_the_fleet(visitor: Client) -> None:
    make_rollout(make_cluster("one"))
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        version = version_in(visitor.get("/").content.decode())
        Cluster.objects.update(fresh_at=now - timedelta(minutes=5))
        response = visitor.get(f"/?v={version}", headers=HTMX)
    assert response.status_code == 200
    assert "silent" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"version": F("version") + 1, "flagger_version": "1.42.0"}, "Flagger 1.42.0"),
        ({"state": "unreachable", "reason": "connection refused"}, "connection refused"),
        ({"fleets": ["team/retail"]}, "fleet team/retail"),
        ({"fresh_at": datetime(2026, 11, 1, tzinfo=UTC)}, "Silent"),
    ],
    ids=["probed", "unreachable", "fleets", "silent"],
)
def test_what_is_known_of_a_cluster_makes_a_new_version_of_the_clusters(
    visitor: Client, changes: dict[str, object], shown: str
) -> None:
    hub = make_cluster("hub", is_hub=True)
    make_cluster("one", hub=hub, hub_name="one", server_version="v1.34.1")
    with time_machine.travel(timezone.now(), tick=False):
        version = version_in(visitor.get("/clusters/").content.decode())
        Cluster.objects.filter(name="one").update(**changes)
        response = visitor.get(f"/clusters/?v={version}", headers=HTMX)
    assert response.status_code == 200
    assert shown in response.content.decode()


@pytest.mark.django_db
def test_the_counts_of_a_cluster_make_a_new_version_of_the_clusters(visitor: Client) -> None:
    rollout = make_rollout(make_cluster("one"))
    with time_machine.travel(timezone.now(), tick=False):
        version = version_in(visitor.get("/clusters/").content.decode())
        Rollout.objects.filter(pk=rollout.pk).update(rank=Rank.NEEDS_A_PERSON)
        Cluster.objects.update(version=F("version") + 1)
        response = visitor.get(f"/clusters/?v={version}", headers=HTMX)
    assert "1 needs a person" in response.content.decode()


@pytest.mark.django_db
def test_the_age_of_the_data_of_clusters_follows_the_clock(visitor: Client) -> None:
    make_cluster("one")
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        version = version_in(visitor.get("/clusters/").content.decode())
    with time_machine.travel(now + timedelta(seconds=clusters.STEP), tick=False):
        assert visitor.get(f"/clusters/?v={version}", headers=HTMX).status_code == 200


@pytest.mark.django_db
def test_the_clusters_are_counted_once_for_all_who_look_on(
    visitor: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_rollout(make_cluster("one"))
    with time_machine.travel(timezone.now(), tick=False):
        visitor.get("/clusters/")
        with django_assert_num_queries(4) as captured:
            visitor.get("/clusters/", headers=HTMX)
    assert not any("rollouts_rollout" in query["sql"] for query in captured.captured_queries)


@pytest.mark.django_db
def test_different_filters_do_not_share_a_fragment(visitor: Client) -> None:
    cluster = make_cluster()
    make_rollout(cluster, name="checkout")
    make_rollout(cluster, name="payments")
    assert "payments" in visitor.get("/?q=payments").content.decode()
    assert "payments</a>" not in visitor.get("/?q=checkout").content.decode()


def test_a_version_is_rendered_once_though_many_ask_at_the_same_moment() -> None:
    cache, asking = FragmentCache(), 8
    begin, rendered, answers = threading.Barrier(asking), [], []

    def render() -> str:
        rendered.append(1)
        return "fragment"

    def ask() -> None:
        begin.wait(10)
        answers.append(cache.get("fleet", "7", render))

    threads = [threading.Thread(target=ask) for _ in range(asking)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == ["fragment"] * asking
    assert len(rendered) == 1


def test_a_new_version_is_rendered_anew() -> None:
    cache = FragmentCache()
    assert cache.get("fleet", "7", lambda: "old") == "old"
    assert cache.get("fleet", "8", lambda: "new") == "new"


def test_a_fragment_that_could_not_be_rendered_is_tried_again() -> None:
    cache = FragmentCache()

    def fail() -> str:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        cache.get("fleet", "7", fail)
    assert cache.get("fleet", "7", lambda: "whole") == "whole"


def test_only_the_fragments_used_last_are_kept() -> None:
    cache = FragmentCache(kept=2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, "1", lambda: "first")
    assert cache.get("a", "1", lambda: "second") == "first"
    assert cache.get("b", "1", lambda: "second") == "second"
