from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.readiness import Finding, Light, Point, Prerequisite, dump
from rollouts.models import Cluster, Covers, Readiness, ReadinessChange
from tests.support.builders import make_cluster, make_rollout
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
FOUND = (
    Finding(Prerequisite.KUBERNETES, (Point(Light.READY, "v1.30.4; 1.27.3 is wanted."),)),
    Finding(Prerequisite.GATEWAYS, (Point(Light.LACKING, "No <b>Gateway</b> secret-team/x.", "Make one."),)),
    Finding(Prerequisite.INJECTION, (Point(Light.UNKNOWN, "Not read.", "Grant this account: get namespaces."),)),
)


def checked(cluster: Cluster, **fields: Any) -> Readiness:
    now = timezone.now()
    given = {"requested_at": now, "tried_at": now, "checked_at": now, "light": "lacking", "lacking": 1, **fields}
    return Readiness.objects.create(cluster=cluster, findings=dump(FOUND), **given)


def page(client: Client, cluster: Cluster) -> str:
    return client.get(f"/clusters/{cluster.pk}/readiness/").content.decode()


def test_each_prerequisite_has_a_word_what_was_seen_and_what_to_do(visitor: Client) -> None:
    cluster = make_cluster("eu-west")
    checked(cluster)
    html = page(visitor, cluster)
    assert "1 of 3 prerequisites lacks something, and 1 could not be read." in html
    assert html.count("<span>Lacking</span>") == 2  # the whole, and the Gateways
    assert "<span>Ready</span>" in html
    assert "<span>Unknown</span>" in html
    assert "No &lt;b&gt;Gateway&lt;/b&gt; secret-team/x." in html
    assert "Make one." in html


def test_before_the_first_check_it_says_so(visitor: Client) -> None:
    html = page(visitor, make_cluster())
    assert "It has not been checked yet" in html
    assert "Clusters are checked once a day, or when somebody asks." in html


def test_the_button_asks_a_worker_and_nothing_else(visitor: Client, asked: list[tuple[str, dict[str, Any]]]) -> None:
    cluster = make_cluster()
    for _ in range(2):
        answer = visitor.post(f"/clusters/{cluster.pk}/readiness/")
        assert answer.headers["Location"] == f"/clusters/{cluster.pk}/readiness/"
    assert asked == [("rollouts.tasks.check_readiness", {"cluster": cluster.pk})]
    assert "Checking …" in page(visitor, cluster)


def test_a_check_that_nobody_got_to_can_be_asked_for_again(visitor: Client) -> None:
    cluster = make_cluster()
    Readiness.objects.create(cluster=cluster, requested_at=timezone.now() - timedelta(minutes=3))
    assert "Check again" in page(visitor, cluster)


def test_why_the_last_check_came_to_no_end_stands_over_what_was_found_before(visitor: Client) -> None:
    cluster = make_cluster()
    checked(cluster, problem="It was asked and hung up.")
    html = page(visitor, cluster)
    assert "what stands here is older" in html
    assert "It was asked and hung up." in html


def test_changes_are_told(visitor: Client) -> None:
    cluster = make_cluster()
    checked(cluster)
    change = {"prerequisite": "prometheus", "before": "lacking", "after": "ready", "said": "Prometheus answers again"}
    ReadinessChange.objects.create(cluster=cluster, at=timezone.now(), **change)
    assert ": Prometheus answers again</li>" in page(visitor, cluster)


def test_who_holds_the_newest_gets_nothing_and_a_new_check_is_given(visitor: Client, still: None) -> None:
    cluster = make_cluster()
    row = checked(cluster)
    html = visitor.get(f"/clusters/{cluster.pk}/readiness/", headers={"HX-Request": "true"}).content.decode()
    version = html.partition('{"v": "')[2].partition('"')[0]
    address = f"/clusters/{cluster.pk}/readiness/?v={version}"
    assert visitor.get(address, headers={"HX-Request": "true"}).status_code == 204
    Readiness.objects.filter(pk=row.pk).update(version=1)
    assert visitor.get(address, headers={"HX-Request": "true"}).status_code == 200


def test_a_hub_sums_its_members_up(visitor: Client) -> None:
    hub = make_cluster("hub", is_hub=True)
    checked(make_cluster("edge-a", hub=hub, hub_name="a"))
    make_cluster("edge-b", hub=hub, hub_name="b")
    html = page(visitor, hub)
    assert html.count("<span>Not checked yet</span>") == 2  # the hub itself and edge-b
    assert '<td class="c-lacking">Gateways</td>' in html
    assert '<td class="c-unknown">Sidecars</td>' in html


def test_who_sees_a_part_is_told_of_the_cluster_and_not_of_other_namespaces(client: Client) -> None:
    cluster = make_cluster("eu-west")
    make_rollout(cluster)
    checked(cluster)
    change = {"prerequisite": "gateways", "before": "ready", "after": "lacking", "said": "secret-team/x went"}
    ReadinessChange.objects.create(cluster=cluster, at=timezone.now(), **change)
    person = make_person("ann")
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    client.force_login(person)
    html = page(client, cluster)
    assert "v1.30.4" in html
    assert "You may see a part of this cluster" in html
    assert "secret-team" not in html
    Readiness.objects.update(problem="It was asked to get Service secret-team/tester and hung up.")
    html = page(client, cluster)
    assert "came to no end" in html
    assert "secret-team" not in html
    assert "Lack" not in client.get("/clusters/").content.decode()


def test_who_does_not_see_the_cluster_finds_no_page_and_asks_for_nothing(
    client: Client, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    cluster, other = make_cluster(), make_cluster()
    person = make_person("ann")
    grant(person, covers=Covers.CLUSTER, cluster=other)
    client.force_login(person)
    address = f"/clusters/{cluster.pk}/readiness/"
    assert (client.get(address).status_code, client.post(address).status_code, asked) == (404, 404, [])


def test_the_list_of_clusters_leads_there(visitor: Client) -> None:
    cluster = make_cluster("eu-west")
    checked(cluster)
    html = visitor.get("/clusters/").content.decode()
    assert f'href="/clusters/{cluster.pk}/readiness/"' in html
    assert "<span>Lacks 1</span>" in html
