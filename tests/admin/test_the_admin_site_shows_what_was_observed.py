"""Lists and details of what was observed: readable, searchable, unchangeable, quick, and clean under the strict CSP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.models import Application, Cluster, ClusterSource, EventSeen, Release, Rollout, Transition

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE: dict[str, Callable[[], Any]] = {
    "cluster": Cluster.objects.get,
    "application": Application.objects.get,
    "rollout": Rollout.objects.get,
    "release": Release.objects.get,
    "transition": Transition.objects.get,
    "eventseen": EventSeen.objects.get,
}
KINDS = list(ONE)
OBSERVED = KINDS[1:]


def make(number: int) -> None:
    cluster = Cluster.objects.create(name=f"cluster-{number}", source=ClusterSource.FILE)
    application = Application.objects.create(
        namespace="shop", name=f"cart-{number}", workload_namespace="shop", workload=f"cart-{number}"
    )
    rollout = Rollout.objects.create(
        cluster=cluster,
        application=application,
        namespace="shop",
        name=f"cart-{number}",
        phase="Progressing",
        state={"memory": "<script>alert(1)</script>"},
        first_seen_at=NOW,
    )
    Release.objects.create(rollout=rollout, number=1, started_at=NOW)
    Transition.objects.create(
        rollout=rollout, number=1, at=NOW, seen_at=NOW, iterations=0, failed_checks=0, suspended=False
    )
    EventSeen.objects.create(rollout=rollout, uid="u", type="Normal", message="<b onclick='x()'>New revision</b>")


class Unsafe(HTMLParser):
    """Collects what a strict Content-Security-Policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        self.found += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.found.append(tag)


def unsafe(page: str) -> list[str]:
    parser = Unsafe()
    parser.feed(page)
    return parser.found


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as context:
        assert client.get(address).status_code == 200
    return len(context)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_and_details_are_clean_under_the_strict_policy(kind: str, client: Client) -> None:
    make(1)
    listed = client.get(f"/admin/rollouts/{kind}/?q=cart-1")
    assert listed.status_code == 200
    assert unsafe(listed.content.decode()) == []
    details = client.get(f"/admin/rollouts/{kind}/{ONE[kind]().pk}/change/")
    assert details.status_code == 200
    assert unsafe(details.content.decode()) == []


def test_the_form_for_a_new_cluster_is_clean_too(client: Client) -> None:
    assert unsafe(client.get("/admin/rollouts/cluster/add/").content.decode()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_list_takes_no_more_queries(kind: str, client: Client) -> None:
    make(0)
    address = f"/admin/rollouts/{kind}/"
    few = queries(client, address)
    for number in range(1, 10):
        make(number)
    assert queries(client, address) == few


@pytest.mark.parametrize("kind", OBSERVED)
def test_what_was_observed_can_be_neither_added_nor_changed_nor_deleted(kind: str, client: Client) -> None:
    make(1)
    found = ONE[kind]()
    address = f"/admin/rollouts/{kind}/"
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}{found.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"{address}{found.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("kind", OBSERVED)
def test_rows_are_found_by_the_name_of_what_they_belong_to(kind: str, client: Client) -> None:
    make(1)
    make(2)
    page = client.get(f"/admin/rollouts/{kind}/?q=cart-2").content.decode()
    assert "cart-2" in page
    assert "cart-1" not in page


def test_the_look_for_what_is_unsafe_finds_it() -> None:
    page = '<p style="x"></p><b onclick="x()"></b><style></style><script>1</script><script src="/a.js"></script>'
    assert unsafe(page) == ["p style", "b onclick", "style", "script"]


def test_filters_answer(client: Client) -> None:
    make(1)
    for query in ("phase=Progressing", "deleted_at__isempty=1", "rank__exact=2", "unreadable__isempty=1"):
        assert "cart-1" in client.get(f"/admin/rollouts/rollout/?{query}").content.decode()


def test_the_site_calls_things_by_their_names(client: Client) -> None:
    make(1)
    Cluster.objects.update(fleets=["default/shops"], labels={"region": "eu"})
    index = client.get("/admin/").content.decode()
    assert "Event seens" not in index
    assert ">Events<" in index
    assert "Django" not in index
    assert "mark.svg" in index
    cluster = Cluster.objects.get()
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)
    Cluster.objects.filter(pk=cluster.pk).update(hub=hub)
    page = client.get(f"/admin/rollouts/cluster/{cluster.pk}/change/").content.decode()
    assert "default/shops" in page
    assert "region=eu" in page
    assert "[&quot;" not in page


def test_a_release_leads_to_its_report(client: Client) -> None:
    make(1)
    address = f"/releases/{Release.objects.get().pk}/"
    assert f'<a href="{address}">report</a>' in client.get("/admin/rollouts/release/").content.decode()
    one = client.get(f"/admin/rollouts/release/{Release.objects.get().pk}/change/").content.decode()
    assert f'href="{address}"' in one
