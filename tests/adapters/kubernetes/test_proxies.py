"""A cluster behind an HTTP proxy."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import Unreachable
from tests.support.misbehaving import TOKEN, FakeCluster

LOGIN = b"Basic " + base64.b64encode(b"someone:hunter2")


class Proxy(ThreadingTCPServer):
    """Makes tunnels for whoever has the login, and notes all that it could read."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.read: list[bytes] = []


class Tunnel(StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Proxy)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline()
        self.server.read.append(head)
        verb, target, _ = head.split(b" ", 2)
        if verb != b"CONNECT" or LOGIN not in head:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host, port = target.decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.pump, args=(upstream, self.connection), daemon=True)
            back.start()
            self.pump(self.connection, upstream)

    def pump(self, source: socket.socket, target: socket.socket) -> None:
        assert isinstance(self.server, Proxy)
        with suppress(OSError):
            while piece := source.recv(65536):
                self.server.read.append(piece)
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def test_the_proxy_of_the_kubeconfig_is_used_and_reads_nothing(cluster: FakeCluster) -> None:
    with proxy() as server:
        address = f"http://someone:hunter2@127.0.0.1:{server.server_address[1]}"
        connection = KubernetesConnection(cluster.credential(proxy_url=address))
        assert connection.uid() == cluster.uid
        connection.close()
        assert server.read[0].startswith(f"CONNECT 127.0.0.1:{cluster.port} ".encode())
        assert TOKEN.encode() not in b"".join(server.read)


def test_a_proxy_that_refuses_is_told_without_its_password(cluster: FakeCluster) -> None:
    with proxy() as server:
        address = f"http://someone:wrong-password@127.0.0.1:{server.server_address[1]}"
        with pytest.raises(Unreachable, match="the proxy in between cannot be used") as caught:
            KubernetesConnection(cluster.credential(proxy_url=address)).uid()
        assert "wrong-password" not in str(caught.value)
        assert cluster.requests == []


def test_proxies_of_the_environment_are_not_used(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert KubernetesConnection(cluster.credential()).uid() == cluster.uid
