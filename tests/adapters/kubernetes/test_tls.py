"""TLS as it goes wrong in practice; every sentence says what to check."""

from __future__ import annotations

import gc
import re
import socket
import ssl
import struct
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.tls import context_for
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.errors import CredentialError, Unreachable
from rollouts.domain.ports import Credential, Permission
from tests.support import certificates
from tests.support.certificates import Certificate
from tests.support.misbehaving import FakeCluster

DESCRIPTORS = Path("/proc/self/fd")


def test_a_good_certificate_of_the_clusters_ca_is_accepted(cluster: FakeCluster) -> None:
    assert KubernetesConnection(cluster.credential()).uid() == cluster.uid


@pytest.mark.parametrize(
    ("certificate", "hint"),
    [
        (Certificate.EXPIRED, "the certificate has expired"),
        (Certificate.NOT_YET_VALID, "the certificate is not valid yet; check the clocks"),
        (Certificate.OTHER_CA, "check certificate-authority-data"),
        (Certificate.OTHER_NAME, "is for another address; check `server`, or give tls-server-name"),
    ],
)
def test_a_wrong_certificate_is_refused_with_what_to_check(certificate: Certificate, hint: str) -> None:
    with FakeCluster(certificate=certificate) as cluster:
        connection = KubernetesConnection(cluster.credential())
        with pytest.raises(Unreachable, match=re.escape(hint)):
            connection.uid()
        with pytest.raises(Unreachable, match=re.escape(hint)):
            connection.allowed(Permission("patch", "flagger.app", "canaries"))
        assert cluster.requests == []


def test_no_token_is_sent_before_the_certificate_is_found_good() -> None:
    with FakeCluster(certificate=Certificate.OTHER_CA) as cluster:
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential()).uid()
        assert KubernetesConnection(cluster.credential(insecure=True, ca_data="")).uid() == cluster.uid
        assert len(cluster.requests) == 1


def test_the_name_to_expect_can_be_given() -> None:
    with FakeCluster(name="api.example") as cluster:
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential()).uid()
        assert KubernetesConnection(cluster.credential(tls_server_name="api.example")).uid() == cluster.uid
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential(tls_server_name="other.example")).uid()


def test_a_server_without_tls_is_recognised() -> None:
    with FakeCluster(tls=False) as cluster:
        credential = cluster.credential(server=cluster.url.replace("http:", "https:"))
        with pytest.raises(Unreachable, match="does not speak TLS; check scheme and port"):
            KubernetesConnection(credential, Limits(read=2)).uid()


def test_a_handshake_that_never_ends_has_a_time_limit() -> None:
    with FakeCluster() as cluster:
        cluster.mute = True
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential(), Limits(connect=0.3, whole=5)).uid()


def test_a_handshake_that_drips_has_a_time_limit_as_a_whole() -> None:
    stopping = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 KiB is about to come
            while not stopping.wait(0.05):
                connection.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        credential = Credential(f"https://127.0.0.1:{server.getsockname()[1]}", ca_data=certificates.authority().pem)
        with pytest.raises(Unreachable, match=r"had not finished after 0\.5 s"):
            KubernetesConnection(credential, Limits(connect=30, whole=0.5)).uid()
        stopping.set()
        thread.join(10)


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="counts descriptors where Linux shows them")
def test_no_descriptor_is_left_behind_by_connections_that_fail() -> None:
    with FakeCluster(certificate=Certificate.OTHER_CA) as cluster:
        connection = KubernetesConnection(cluster.credential())

        def left_behind() -> int:
            with pytest.raises(Unreachable):
                connection.uid()
            cluster.wait_until(lambda: not cluster.open_connections)
            gc.collect()
            return len(list(DESCRIPTORS.iterdir()))

        first = left_behind()
        assert [left_behind() for _ in range(5)] == [first] * 5


def test_a_client_certificate_stands_for_a_token() -> None:
    pair = certificates.issued(name="the-client")
    with FakeCluster(wants_client_certificate=True) as cluster:
        given = {"token": "", "client_certificate": pair.pem, "client_key": pair.key_pem}
        assert KubernetesConnection(cluster.credential(**given)).uid() == cluster.uid
        assert cluster.requests[0].header("Authorization") == ""
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential(token="")).uid()


def test_a_key_that_is_not_of_the_certificate_is_told_at_once() -> None:
    pair, other = certificates.issued(name="the-client"), certificates.issued(name="another")
    with FakeCluster() as cluster, pytest.raises(CredentialError, match="do not belong together"):
        KubernetesConnection(cluster.credential(client_certificate=pair.pem, client_key=other.key_pem))


def test_an_encrypted_key_is_refused_and_no_password_is_asked_for() -> None:
    pair = certificates.issued(name="the-client")
    encrypted = pair.encrypted_key_pem
    with FakeCluster() as cluster, pytest.raises(CredentialError):
        KubernetesConnection(cluster.credential(client_certificate=pair.pem, client_key=encrypted))


def test_old_versions_of_tls_are_not_spoken(connection: KubernetesConnection) -> None:
    context = connection._http._pool._manager.connection_pool_kw["ssl_context"]
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("server_side", [False, True])
def test_a_connection_reset_before_tls_begins_leaves_no_socket_behind(server_side: bool) -> None:
    here, there = _connected()
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    there.close()
    if server_side:
        context = certificates.server_context(certificates.issued(Certificate.GOOD))
    else:
        context = context_for(Credential("https://127.0.0.1", ca_data=certificates.authority().pem))
    with pytest.raises(ConnectionResetError):
        context.wrap_socket(here, server_side=server_side, server_hostname=None if server_side else "127.0.0.1")
    gc.collect()  # an open one would be reported here, and warnings are errors


def _connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = socket.create_connection(listener.getsockname())
        here, _ = listener.accept()
    return here, there
