"""Adding, changing, testing and removing clusters in the admin site."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from rollouts.models import Cluster, ClusterSource, Rollout
from rollouts.services.clusters import Ways
from tests.support.misbehaving import TOKEN, FakeCluster

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADD, LIST = "/admin/rollouts/cluster/add/", "/admin/rollouts/cluster/"
PLAIN = {"name": "prod", "prometheus_url": "", "namespaces": "", "observed": "on"}


def post(client: Client, address: str, **fields: Any) -> Any:
    return client.post(address, {**PLAIN, **fields})


def page_of(cluster: Cluster) -> str:
    return f"{LIST}{cluster.pk}/change/"


def errors(answer: Any) -> str:
    """What the form complains of; empty when it was accepted."""
    return " ".join(answer.context["adminform"].form.errors.as_text().split()) if answer.context else ""


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_a_pasted_kubeconfig_is_stored_encrypted_and_never_shown_again(
    client: Client, server: FakeCluster, ways: Ways
) -> None:
    answer = post(client, ADD, paste=server.kubeconfig(), namespaces="shop, billing")
    assert answer.status_code == 302
    cluster = Cluster.objects.get()
    assert (cluster.source, cluster.uid, cluster.namespaces) == (ClusterSource.STORED, server.uid, ["shop", "billing"])
    assert ways.credential(cluster).token == TOKEN
    shown = client.get(page_of(cluster)).content.decode()
    assert TOKEN not in shown
    assert cluster.secret not in shown


def test_what_was_pasted_does_not_come_back_with_an_error(client: Client, server: FakeCluster) -> None:
    answer = post(client, ADD, paste=server.kubeconfig(), name="not a name")
    assert "name has letters" in errors(answer)
    assert TOKEN not in answer.content.decode()
    assert not Cluster.objects.exists()


def test_an_uploaded_kubeconfig_is_stored(client: Client, server: FakeCluster) -> None:
    post(client, ADD, upload=BytesIO(server.kubeconfig().encode()))
    assert Cluster.objects.get().source == ClusterSource.STORED


def test_a_file_below_the_folder_is_referred_to(client: Client, server: FakeCluster, ways: Ways) -> None:
    path = ways.folder / "prod.yaml"
    path.write_text(server.kubeconfig())
    post(client, ADD, file=str(path))
    assert Cluster.objects.get().path == str(path)
    assert "not below" in errors(post(client, ADD, name="two", file="/etc/passwd"))


def test_no_kubeconfig_and_two_of_them_are_refused(client: Client, server: FakeCluster) -> None:
    assert "Give a kubeconfig" in errors(post(client, ADD))
    assert "Give one kubeconfig" in errors(post(client, ADD, paste=server.kubeconfig(), file="x"))


def test_what_the_service_refuses_is_an_error_of_the_form(client: Client, server: FakeCluster) -> None:
    post(client, ADD, paste=server.kubeconfig())
    assert "the cluster prod" in errors(post(client, ADD, name="again", paste=server.kubeconfig()))
    assert Cluster.objects.count() == 1


def test_a_change_writes_what_was_typed_and_nothing_an_observer_writes(client: Client, server: FakeCluster) -> None:
    post(client, ADD, paste=server.kubeconfig())
    cluster = Cluster.objects.get()
    Cluster.objects.update(lease=7, state="reachable", version=42)
    post(client, page_of(cluster), prometheus_url="http://prometheus:9090")
    cluster.refresh_from_db()
    assert (cluster.prometheus_url, cluster.lease, cluster.state, cluster.version) == (
        "http://prometheus:9090",
        7,
        "reachable",
        42,
    )
    assert cluster.source == ClusterSource.STORED


def test_where_metrics_are_is_kept_and_the_password_never_shown(
    client: Client, server: FakeCluster, ways: Ways
) -> None:
    given = {"prometheus_url": "https://prometheus.example", "prometheus_user": "me", "prometheus_password": "hunter2"}
    post(client, ADD, paste=server.kubeconfig(), metrics_allowed="https://other.example, http://third:9090", **given)
    cluster = Cluster.objects.get()
    assert ways.cipher.decrypt(cluster.prometheus_secret) == b"hunter2"
    assert cluster.metrics_allowed == ["https://other.example:443", "http://third:9090"]
    shown = client.get(page_of(cluster)).content.decode()
    assert "https://prometheus.example, directly" in shown
    assert "stored (encrypted)" in shown
    assert "hunter2" not in shown
    assert cluster.prometheus_secret not in shown
    refused = post(client, page_of(cluster), **{**given, "prometheus_url": "nonsense"})
    assert "looks like http://host:9090" in errors(refused)
    assert "hunter2" not in refused.content.decode()


def test_a_password_stays_until_the_address_changes(client: Client, server: FakeCluster, ways: Ways) -> None:
    given = {"prometheus_url": "https://prometheus.example", "prometheus_password": "hunter2"}
    post(client, ADD, paste=server.kubeconfig(), **given)
    cluster = Cluster.objects.get()
    post(client, page_of(cluster), prometheus_url="https://prometheus.example/select", metrics_allowed="http://x:9090")
    cluster.refresh_from_db()
    assert ways.cipher.decrypt(cluster.prometheus_secret) == b"hunter2"
    assert (cluster.prometheus_url, cluster.metrics_allowed) == (
        "https://prometheus.example/select",
        ["http://x:9090"],
    )
    post(client, page_of(cluster), prometheus_url="https://elsewhere.example")
    cluster.refresh_from_db()
    assert (cluster.prometheus_secret, cluster.metrics_allowed) == ("", [])


def test_another_kubeconfig_must_lead_to_the_same_cluster(client: Client, server: FakeCluster, ways: Ways) -> None:
    post(client, ADD, paste=server.kubeconfig())
    cluster = Cluster.objects.get()
    server.tokens.add("renewed")
    assert post(client, page_of(cluster), paste=server.kubeconfig("renewed")).status_code == 302
    cluster.refresh_from_db()
    assert ways.credential(cluster).token == "renewed"
    with FakeCluster() as other:
        assert "another cluster" in errors(post(client, page_of(cluster), paste=other.kubeconfig()))


def test_a_cluster_that_is_away_is_added_with_a_warning(client: Client) -> None:
    with FakeCluster() as server:
        kubeconfig = server.kubeconfig()
    assert "cannot be reached now" in said(post(client, ADD, paste=kubeconfig))
    assert Cluster.objects.get().uid is None


def test_selected_clusters_are_tested(client: Client, server: FakeCluster) -> None:
    post(client, ADD, paste=server.kubeconfig())
    cluster = Cluster.objects.get()
    act = {"action": "test_now", "_selected_action": [cluster.pk]}
    answer = said(client.post(LIST, act))
    assert "no permission is missing" in answer
    assert "No value of a check can be read from prod. http://prometheus:9090 is meant from Flagger's own" in answer
    server.denied.add(("list", "events"))
    assert "list events" in said(client.post(LIST, act))
    server.tokens.clear()
    assert "does not accept the credential" in said(client.post(LIST, act))


def test_removing_names_the_number_of_rollouts_and_not_every_row(client: Client, server: FakeCluster) -> None:
    post(client, ADD, paste=server.kubeconfig())
    cluster = Cluster.objects.get()
    Rollout.objects.create(cluster=cluster, namespace="shop", name="cart-of-the-shop", first_seen_at=NOW)
    asked = client.get(f"{LIST}{cluster.pk}/delete/").content.decode()
    assert "rollouts with their history: 1" in asked.lower()
    assert "cart-of-the-shop" not in asked
    assert client.post(f"{LIST}{cluster.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Cluster.objects.exists()


def test_a_present_member_of_a_hub_cannot_be_removed(client: Client) -> None:
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)
    member = Cluster.objects.create(name="m1", source=ClusterSource.HUB, hub=hub, hub_name="m1")
    assert client.post(f"{LIST}{member.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [member.pk], "post": "yes"}
    client.post(LIST, chosen)
    assert Cluster.objects.filter(pk=member.pk).exists()
