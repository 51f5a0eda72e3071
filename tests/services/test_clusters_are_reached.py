"""The credential comes from where it is kept, each time anew; its errors say what to do."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from rollouts.domain.errors import CredentialError, InvalidInput, Unreachable
from rollouts.models import Cluster, ClusterSource
from rollouts.services.clusters import Ways
from rollouts.services.secrets import Cipher
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


@pytest.fixture
def servers() -> Iterator[tuple[FakeCluster, FakeCluster]]:
    """A hub, and a member whose kubeconfig is in a Secret of the hub."""
    with FakeCluster() as hub, FakeCluster() as member:
        put_secret(hub, member.kubeconfig())
        yield hub, member


def put_secret(hub: FakeCluster, kubeconfig: str) -> None:
    data = {"m1.config": base64.b64encode(kubeconfig.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "default", "name": "m1"}, "data": data}
    hub.set(secret)


def registered(ways: Ways, server: FakeCluster) -> Cluster:
    """The hub from a file, with one member."""
    file = ways.folder / "hub.yaml"
    file.write_text(server.kubeconfig())
    hub = Cluster.objects.create(name="hub", source=ClusterSource.FILE, path=str(file), is_hub=True)
    return Cluster.objects.create(
        name="m1",
        source=ClusterSource.HUB,
        hub=hub,
        hub_kind="attachedclusters",
        hub_namespace="default",
        hub_name="m1",
        secret_name="m1",
        secret_key="m1.config",
    )


def test_a_member_is_reached_with_the_secret_of_its_hub(servers: tuple[FakeCluster, FakeCluster], ways: Ways) -> None:
    hub, member = servers
    connection = ways.connect(registered(ways, hub))
    assert connection.uid() == member.uid
    connection.close()


def test_a_renewed_secret_is_used_at_the_next_connection(servers: tuple[FakeCluster, FakeCluster], ways: Ways) -> None:
    hub, member = servers
    cluster = registered(ways, hub)
    assert ways.credential(cluster).token == TOKEN
    put_secret(hub, member.kubeconfig("renewed"))
    assert ways.credential(cluster).token == "renewed"


def test_a_renewed_file_is_used_at_the_next_connection(servers: tuple[FakeCluster, FakeCluster], ways: Ways) -> None:
    hub = registered(ways, servers[0]).hub
    assert hub is not None
    Path(hub.path).write_text(servers[0].kubeconfig("renewed"))
    assert ways.credential(hub).token == "renewed"


def test_a_hub_that_is_away_makes_its_members_unreachable_and_says_so(ways: Ways) -> None:
    with FakeCluster() as hub:
        cluster = registered(ways, hub)
    with pytest.raises(Unreachable, match="Hub hub could not be asked"):
        ways.credential(cluster)


def test_a_secret_that_is_missing_or_may_not_be_read_is_told(
    servers: tuple[FakeCluster, FakeCluster], ways: Ways
) -> None:
    hub, _ = servers
    cluster = registered(ways, hub)
    hub.denied.add(("get", "secrets"))
    with pytest.raises(CredentialError, match="does not give the kubeconfig"):
        ways.credential(cluster)
    hub.denied.clear()
    hub.delete("secrets", "default", "m1")
    with pytest.raises(CredentialError, match="does not give the kubeconfig"):
        ways.credential(cluster)


def test_a_member_whose_secret_the_hub_does_not_name_yet_is_told(
    servers: tuple[FakeCluster, FakeCluster], ways: Ways
) -> None:
    cluster = registered(ways, servers[0])
    cluster.secret_name = ""
    with pytest.raises(CredentialError, match="names no Secret"):
        ways.credential(cluster)


def test_certificates_that_are_not_checked_need_the_consent_of_the_cluster_or_its_hub(
    servers: tuple[FakeCluster, FakeCluster], ways: Ways
) -> None:
    hub, member = servers
    unchecked = member.kubeconfig().replace('"certificate-authority-data"', '"insecure-skip-tls-verify": true, "x"')
    put_secret(hub, unchecked)
    cluster = registered(ways, hub)
    with pytest.raises(CredentialError, match="insecure-skip-tls-verify"):
        ways.credential(cluster)
    assert cluster.hub is not None
    cluster.hub.allow_insecure = True
    assert ways.credential(cluster).insecure
    cluster.hub.allow_insecure, cluster.allow_insecure = False, True
    assert ways.credential(cluster).insecure


def test_a_file_that_is_gone_is_told(servers: tuple[FakeCluster, FakeCluster], ways: Ways) -> None:
    hub = registered(ways, servers[0]).hub
    assert hub is not None
    Path(hub.path).unlink()
    with pytest.raises(CredentialError, match="cannot be read: No such file"):
        ways.credential(hub)


def test_what_the_first_key_encrypts_all_keys_decrypt() -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    stored = Cipher([old]).encrypt(b"secret")
    assert Cipher([new, old]).decrypt(stored) == b"secret"
    with pytest.raises(CredentialError, match="KURATOR_UI_SECRET_KEYS"):
        Cipher([old]).decrypt(Cipher([new, old]).encrypt(b"secret"))


def test_a_key_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidInput) as caught:
        Cipher(["not-a-key"])
    assert "not-a-key" not in str(caught.value)
    assert "not-a-key" not in repr(Cipher([Fernet.generate_key().decode()]))


def test_what_was_tampered_with_is_not_decrypted() -> None:
    cipher = Cipher([Fernet.generate_key().decode()])
    with pytest.raises(CredentialError):
        cipher.decrypt(cipher.encrypt(b"secret")[:-4] + "AAA=")
    with pytest.raises(CredentialError):
        Cipher([]).decrypt("anything")
