"""Adding clusters: what is kept, what is recognised, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollouts.domain.errors import CredentialError, InvalidInput
from rollouts.models import AuditEntry, Cluster, ClusterSource, Rollout
from rollouts.services import clusters
from rollouts.services.clusters import MetricsGiven, Ways
from tests.support.builders import make_cluster, make_command, make_reversal, make_rollout
from tests.support.governed import make_policy, make_policy_command, make_policy_reversal
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


def file_of(server: FakeCluster, folder: Path, name: str = "one.yaml") -> Path:
    path = folder / name
    path.write_text(server.kubeconfig())
    return path


def test_a_file_below_the_folder_is_referred_to_and_not_copied(server: FakeCluster, ways: Ways) -> None:
    path = file_of(server, ways.folder)
    added = clusters.add(name="prod", ways=ways, kubeconfig=path)
    assert (added.cluster.source, added.cluster.path, added.cluster.secret) == (ClusterSource.FILE, str(path), "")
    assert added.cluster.uid == server.uid
    assert not added.warning


def test_a_file_elsewhere_is_refused_with_what_to_do(server: FakeCluster, ways: Ways, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--store"):
        clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, tmp_path))
    assert not Cluster.objects.exists()


def test_a_link_out_of_the_folder_is_refused(server: FakeCluster, ways: Ways, tmp_path: Path) -> None:
    link = ways.folder / "link.yaml"
    link.symlink_to(file_of(server, tmp_path))
    with pytest.raises(InvalidInput, match="not below"):
        clusters.add(name="prod", ways=ways, kubeconfig=link)


def test_a_link_that_is_turned_out_of_the_folder_later_is_not_followed(
    server: FakeCluster, ways: Ways, tmp_path: Path
) -> None:
    path = file_of(server, ways.folder)
    cluster = clusters.add(name="prod", ways=ways, kubeconfig=path).cluster
    path.unlink()
    path.symlink_to(file_of(server, tmp_path))
    with pytest.raises(CredentialError, match="not below"):
        ways.credential(cluster)


def test_a_mounted_secret_whose_files_are_links_is_read_through_its_present_version(
    server: FakeCluster, ways: Ways
) -> None:
    version = ways.folder / "..2026_01"
    version.mkdir()
    file_of(server, version)
    (ways.folder / "..data").symlink_to("..2026_01")
    (ways.folder / "one.yaml").symlink_to("..data/one.yaml")
    cluster = clusters.add(name="prod", ways=ways, kubeconfig=ways.folder / "one.yaml").cluster
    assert cluster.path == str(ways.folder / "one.yaml")
    assert ways.credential(cluster).token == TOKEN


def test_what_is_stored_is_encrypted_and_holds_the_chosen_context_only(
    server: FakeCluster, ways: Ways, tmp_path: Path
) -> None:
    config = json.loads(server.kubeconfig())
    config["users"].append({"name": "other", "user": {"token": "token-of-somebody-else"}})
    path = tmp_path / "all.yaml"
    path.write_text(json.dumps(config))
    cluster = clusters.add(name="prod", ways=ways, kubeconfig=path, store=True).cluster
    assert (cluster.source, cluster.path) == (ClusterSource.STORED, "")
    assert TOKEN not in cluster.secret
    stored = ways.cipher.decrypt(cluster.secret).decode()
    assert TOKEN in stored
    assert "token-of-somebody-else" not in stored
    assert ways.credential(cluster) == server.credential()


def test_nothing_is_stored_without_keys(server: FakeCluster, tmp_path: Path) -> None:
    ways = ways_into(tmp_path / "kubeconfigs", keys=[])
    with pytest.raises(InvalidInput, match="KURATOR_UI_SECRET_KEYS"):
        clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode())


def test_the_same_cluster_under_another_name_is_recognised_and_nothing_is_changed(
    server: FakeCluster, ways: Ways
) -> None:
    first = clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, ways.folder)).cluster
    with pytest.raises(InvalidInput, match="the cluster prod"):
        clusters.add(name="again", ways=ways, kubeconfig=file_of(server, ways.folder, "two.yaml"))
    assert [cluster.pk for cluster in Cluster.objects.all()] == [first.pk]


def test_the_same_cluster_under_its_own_name_gets_the_new_kubeconfig_and_keeps_its_rollouts(
    server: FakeCluster, ways: Ways
) -> None:
    first = clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, ways.folder)).cluster
    rollout = Rollout.objects.create(cluster=first, namespace="shop", name="cart", first_seen_at=first.created_at)
    path = file_of(server, ways.folder, "renewed.yaml")
    Cluster.objects.update(namespaces=["shop"])
    again = clusters.add(name="prod", ways=ways, kubeconfig=path, metrics=MetricsGiven("http://prometheus:9090"))
    assert again.replaced
    assert (again.cluster.pk, again.cluster.path) == (first.pk, str(path))
    assert (again.cluster.prometheus_url, again.cluster.namespaces) == ("http://prometheus:9090", ["shop"])
    assert Rollout.objects.filter(pk=rollout.pk, cluster=first).exists()


def test_a_name_that_another_cluster_has_is_refused(server: FakeCluster, ways: Ways) -> None:
    clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, ways.folder))
    with FakeCluster() as other, pytest.raises(InvalidInput, match="another cluster named prod"):
        clusters.add(name="prod", ways=ways, kubeconfig=file_of(other, ways.folder, "other.yaml"))


def test_a_cluster_that_cannot_be_reached_now_is_added_with_a_warning(ways: Ways) -> None:
    with FakeCluster() as server:
        path = file_of(server, ways.folder)
    added = clusters.add(name="prod", ways=ways, kubeconfig=path)
    assert added.cluster.uid is None
    assert "nothing listens there" in added.warning


def test_a_kubeconfig_that_can_never_be_used_adds_nothing(server: FakeCluster, ways: Ways) -> None:
    config = json.loads(server.kubeconfig())
    config["users"][0]["user"] = {"exec": {"command": "aws"}}
    with pytest.raises(CredentialError, match="ServiceAccount"):
        clusters.add(name="prod", ways=ways, kubeconfig=json.dumps(config).encode())
    assert not Cluster.objects.exists()


@pytest.mark.parametrize("name", ["", "-x", "a/b", "a b", "x" * 254, "<b>", "a\nb"])
def test_names_that_would_not_fit_everywhere_are_refused(name: str, ways: Ways) -> None:
    with pytest.raises(InvalidInput, match="name"):
        clusters.add(name=name, ways=ways, kubeconfig=None)


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://user:pw@host:9090", "http://[", "host:9090"])
def test_an_address_of_prometheus_that_is_none_is_refused(address: str, ways: Ways) -> None:
    with pytest.raises(InvalidInput, match="Prometheus"):
        clusters.add(name="prod", ways=ways, kubeconfig=None, metrics=MetricsGiven(address))


def test_outside_of_a_pod_the_account_of_the_pod_is_refused(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(CredentialError, match="does not run in a pod"):
        clusters.add(name="here", ways=ways, kubeconfig=None)


def test_another_kubeconfig_must_lead_to_the_same_cluster(server: FakeCluster, ways: Ways) -> None:
    cluster = clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, ways.folder)).cluster
    with FakeCluster() as other, pytest.raises(InvalidInput, match="another cluster than prod"):
        clusters.replace_kubeconfig(cluster=cluster, ways=ways, kubeconfig=other.kubeconfig().encode())
    cluster.refresh_from_db()
    assert cluster.source == ClusterSource.FILE


def test_removing_a_cluster_tells_how_many_rollouts_went_with_it(server: FakeCluster, ways: Ways) -> None:
    cluster = clusters.add(name="prod", ways=ways, kubeconfig=file_of(server, ways.folder)).cluster
    for name in ("cart", "pay"):
        Rollout.objects.create(cluster=cluster, namespace="shop", name=name, first_seen_at=cluster.created_at)
    assert clusters.remove(cluster=cluster) == 2
    assert not Cluster.objects.exists()


def test_what_nobody_will_put_back_is_told_when_a_cluster_is_removed() -> None:
    command = make_command(make_rollout(make_cluster("prod")), act="promote-now", state="accepted")
    make_reversal(command)
    make_reversal(make_command(make_rollout(Cluster.objects.get(), name="cart"), act="pause"), state="done")
    clusters.remove(cluster=Cluster.objects.get())
    told = json.loads(AuditEntry.objects.get(act="remove").patch)
    assert told["not_put_back"] == ["skipAnalysis of shop/checkout in prod"]


def test_of_a_hub_also_what_is_on_in_a_policy_is_told() -> None:
    make_policy_reversal(make_policy_command(make_policy("eu-west")))
    clusters.remove(cluster=Cluster.objects.get(name="hub"))
    told = json.loads(AuditEntry.objects.get(act="remove").patch)
    assert told["not_put_back"] == ["suspend of policy checkout-prod of shop/checkout in hub"]


def test_a_present_member_of_a_hub_is_not_removed_here() -> None:
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)
    member = Cluster.objects.create(name="m", source=ClusterSource.HUB, hub=hub, hub_kind="attachedclusters")
    with pytest.raises(InvalidInput, match="Fleet"):
        clusters.remove(cluster=member)


def test_removing_a_hub_leaves_members_that_were_registered_by_themselves() -> None:
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, is_hub=True)
    Cluster.objects.create(name="m1", source=ClusterSource.HUB, hub=hub, hub_kind="attachedclusters", hub_name="m1")
    Cluster.objects.create(name="own", source=ClusterSource.FILE, hub=hub, hub_kind="attachedclusters", hub_name="m2")
    clusters.remove(cluster=hub)
    assert [(cluster.name, cluster.hub) for cluster in Cluster.objects.all()] == [("own", None)]
