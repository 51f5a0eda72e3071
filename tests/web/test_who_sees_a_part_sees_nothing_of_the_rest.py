from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Cluster, Covers, Grant, Release, Role, Rollout
from tests.support.builders import CHECKS, make_application, make_cluster, make_release, make_rollout
from tests.support.measured import make_measured
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
OF_A_ROLLOUT = (
    "/rollouts/{rollout}/",
    "/rollouts/{rollout}/?release=1",
    "/rollouts/{rollout}/charts/",
    "/rollouts/{rollout}/check.csv?check=request-duration",
    "/rollouts/{rollout}/steps.csv",
    "/rollouts/{rollout}/object/canaries/{name}/",
    "/releases/{release}/",
    "/releases/{release}.json",
    "/releases/{release}.csv",
    "/releases/{release}/transitions.csv",
    "/releases/{release}/compare/{second}/",
    "/history/?rollout={rollout}",
    "/history.csv?rollout={rollout}",
)
OF_AN_APPLICATION = (
    "/applications/{application}/",
    "/applications/{application}/charts/",
    "/applications/{application}/steps.csv",
    "/applications/{application}/check.csv?check=request-duration",
    "/history/?application={application}",
    "/history.csv?application={application}",
)


def fill(cluster: Cluster, namespace: str, name: str, **state: Any) -> dict[str, Any]:
    rollout = make_rollout(cluster, namespace=namespace, name=name, checks=CHECKS, **state)
    release = make_measured(rollout)
    return {
        "rollout": rollout.pk,
        "name": name,
        "application": rollout.application_id,
        "release": release.pk,
        "second": make_release(rollout, 2, outcome="failed", ended_at=timezone.now()).pk,
    }


@pytest.fixture
def person(client: Client) -> User:
    person = make_person()
    client.force_login(person)
    return person


@pytest.fixture
def mine(person: User) -> dict[str, Any]:
    cluster = make_cluster("mine")
    grant(person, covers=Covers.CLUSTER, cluster=cluster)
    return fill(cluster, "shop", "cart", phase=Phase.FAILED)


@pytest.fixture
def hidden(mine: dict[str, Any]) -> dict[str, Any]:
    cluster = make_cluster("hidden-cluster")
    fill(cluster, "shop", "cart", phase=Phase.FAILED)
    return fill(cluster, "hidden-space", "hidden-loans", phase=Phase.WAITING_PROMOTION)


@pytest.mark.parametrize("address", [*OF_A_ROLLOUT, *OF_AN_APPLICATION])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "live part"])
def test_addresses_of_the_rest_are_not_found(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any], address: str, headers: dict[str, str]
) -> None:
    assert client.get(address.format(**mine), headers=headers).status_code in {200, 302}
    assert client.get(address.format(**hidden), headers=headers).status_code == 404


def test_a_release_of_the_rest_is_not_found_beside_one_of_mine(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert client.get(f"/releases/{mine['release']}/compare/{hidden['release']}/").status_code == 404
    assert client.get(f"/releases/{hidden['release']}/compare/{mine['release']}/").status_code == 404


LISTS = (
    "/",
    "/?view=applications",
    "/?part=needs",
    "/?q=hidden",
    "/?cluster=hidden-cluster",
    "/?namespace=hidden-space&view=applications",
    "/?sort=cluster",
    "/clusters/",
    "/history/",
    "/history/?cluster=hidden-cluster",
    "/history.csv",
)


@pytest.mark.parametrize("address", LISTS)
def test_no_list_names_or_counts_the_rest(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any], address: str
) -> None:
    with_rest = client.get(address).content.decode()
    for name in ("hidden-loans", f"/rollouts/{hidden['rollout']}/", f"/applications/{hidden['application']}/"):
        assert name not in with_rest
    for chosen in ("hidden-cluster", "hidden-space"):
        assert chosen in address or chosen not in with_rest


def counted(client: Client) -> tuple[str, ...]:
    html = client.get("/").content.decode()
    return tuple(piece.partition("<")[0] for piece in html.partition("Parts of the fleet")[2].split("<b>")[1:5])


def test_counters_are_of_what_is_seen(client: Client, mine: dict[str, Any], hidden: dict[str, Any]) -> None:
    assert counted(client) == ("1", "1", "0", "0")


def test_an_application_shows_its_clusters_that_are_seen(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert Rollout.objects.filter(application=mine["application"]).count() == 2
    page = client.get(f"/applications/{mine['application']}/").content.decode()
    assert "mine" in page
    for part in (page, client.get(f"/applications/{mine['application']}/steps.csv").content.decode()):
        assert "hidden-cluster" not in part


def test_the_history_counts_what_is_seen(client: Client, mine: dict[str, Any], hidden: dict[str, Any]) -> None:
    def failed() -> int:
        lines = [line.split(",") for line in client.get("/history.csv").content.decode().splitlines()]
        return sum(int(line[lines[0].index("failed")] or 0) for line in lines[1:])

    assert Release.objects.filter(outcome="failed").count() == 3
    assert failed() == 1
    Grant.objects.update(covers=Covers.NAMESPACE, namespace="shop", cluster=None)
    assert failed() == 2


def test_of_a_cluster_seen_in_part_nothing_is_said_of_other_namespaces(client: Client, person: User) -> None:
    cluster = make_cluster(
        "shared", namespaces=["shop", "hidden-space"], missing_permissions=["list pods in hidden-space"]
    )
    make_rollout(cluster, namespace="shop", name="cart")
    make_rollout(cluster, namespace="hidden-space", name="hidden-loans")
    grant(person, covers=Covers.NAMESPACE, namespace="shop")
    html = client.get("/clusters/").content.decode()
    assert "of which you may see a part" in html
    assert "hidden-space" not in html
    assert "hidden-loans" not in html
    assert '<td class="c-counts">1<' in html


def test_who_may_see_something_that_is_empty_is_not_asked_to_add_clusters(client: Client, person: User) -> None:
    grant(person, covers=Covers.NAMESPACE, namespace="moon")
    for address in ("/", "/clusters/"):
        html = client.get(address).content.decode()
        assert "Nothing here yet" in html
        assert "clusters add" not in html


def test_people_who_see_different_parts_share_no_fragment(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any]
) -> None:
    everybody = Client()
    everybody.force_login(make_person("boss", Role.VIEWER))
    assert "hidden-loans" in everybody.get("/").content.decode()
    assert "hidden-loans" not in client.get("/").content.decode()
    assert "hidden-loans" in everybody.get("/").content.decode()


def test_a_revoked_grant_is_felt_by_the_next_request(client: Client, mine: dict[str, Any], person: User) -> None:
    page = f"/rollouts/{mine['rollout']}/"
    assert client.get(page).status_code == 200
    grant(person, covers=Covers.NAMESPACE, namespace="elsewhere")
    Grant.objects.filter(covers=Covers.CLUSTER).delete()
    assert client.get(page).status_code == 404
    assert client.get(page, headers=HTMX).status_code == 404
    Grant.objects.all().delete()
    assert client.get(page).status_code == 403


def test_leaving_a_group_is_felt_by_the_next_request(client: Client, person: User) -> None:
    group = Group.objects.create(name="team")
    grant(group)
    person.groups.add(group)
    assert client.get("/").status_code == 200
    person.groups.clear()
    assert client.get("/").status_code == 403


def test_the_words_of_another_application_are_not_found_by_its_name(
    client: Client, mine: dict[str, Any], hidden: dict[str, Any]
) -> None:
    assert make_application("hidden-loans", "hidden-space").pk == hidden["application"]
    html = client.get("/?application=hidden-space/hidden-loans").content.decode()
    assert f"/rollouts/{hidden['rollout']}/" not in html
