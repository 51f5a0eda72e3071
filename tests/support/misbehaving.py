"""A Kubernetes API server on loopback that behaves, until a test tells it not to.

    with FakeCluster() as cluster:
        cluster.set(canary("shop", "checkout", phase="Progressing"))       # creates or replaces, and tells watches
        cluster.faults.append(Reset(after_bytes=100, when=watching(Kind.CANARY)))
        connection = KubernetesConnection(cluster.credential())
        ...
        cluster.wait_until(lambda: cluster.watching(Kind.CANARY) == 1)     # never sleep and hope
        cluster.delete(Kind.CANARY, "shop", "checkout")

It speaks HTTPS with a certificate of a CA of its own (`tls=False`: plain), lists with limit, continue and selectors,
watches with bookmarks, tokens (`tokens`), rights (`denied`), discovery (`served`), Secrets, the namespace kube-system
(its `uid`), `/version` and SelfSubjectAccessReviews. Faults are in `faults.py`, objects in `objects.py`, certificates
in `certificates.py`. Beyond faults: `compact()` forgets history (410), `restore(7)` is an etcd put back to resource
version 7, `drop_connections()` is a restart, `mute` accepts connections and says nothing at all (not even TLS),
`clock_offset` is a clock that is wrong, `bookmark_every=None` a server without bookmarks. `metrics` answers for a
Prometheus behind it, and for gates. `requests` holds what was asked. Several may run at once; each has a port of its
own.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self, cast

from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.domain.observations import Kind
from rollouts.domain.ports import Credential
from tests.support import certificates
from tests.support.certificates import Certificate
from tests.support.exchange import Ended, Exchange, Request
from tests.support.faults import Fault, close
from tests.support.objects import Object
from tests.support.serving import Change, answer

PLURALS = {
    "Canary": "canaries", "Event": "events", "VirtualService": "virtualservices", "Ingress": "ingresses",
    "TrafficRoute": "trafficroutes", "HTTPRoute": "httproutes", "Deployment": "deployments", "DaemonSet": "daemonsets",
    "Application": "applications", "Fleet": "fleets", "AttachedCluster": "attachedclusters", "Cluster": "clusters",
    "Pod": "pods", "Secret": "secrets", "MetricTemplate": "metrictemplates", "Namespace": "namespaces",
    "Service": "services", "Gateway": "gateways", "CustomResourceDefinition": "customresourcedefinitions",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
}  # fmt: skip
TOKEN = "token-of-the-tests"
NOTHING = {"status": "success", "data": {"resultType": "vector", "result": []}}


class FakeCluster:
    def __init__(
        self, *, tls: bool = True, certificate: Certificate = Certificate.GOOD, name: str = "",
        wants_client_certificate: bool = False, clock_offset: float = 0, bookmark_every: float | None = 60,
    ) -> None:  # fmt: skip
        self.uid = str(uuid.uuid4())
        self.clock_offset = clock_offset
        self.bookmark_every = bookmark_every
        self.wants_client_certificate = wants_client_certificate
        self.tokens = {TOKEN}
        self.denied: set[tuple[str, str]] = set()
        """(verb, plural): answered with 403, and denied by access reviews; verb `*` is any."""
        self.served: dict[str, tuple[str, ...]] = {str(kind): PLACES[kind].versions[:1] for kind in Kind}
        """Versions in which a kind is served; remove one to have no such CRD."""
        self.metrics: Callable[[Request], tuple[int, Any]] = lambda request: (200, NOTHING)
        """Answers a Prometheus' questions, directly and through the service proxy: a code and what is sent as JSON."""
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.mute = False
        self.stopping = threading.Event()
        self.changed = threading.Condition(threading.RLock())
        self.objects: dict[str, dict[tuple[str, str], Object]] = {}
        self.history: list[Change] = []
        self.version = 1000
        self.compacted = 0
        self._watches: Counter[str] = Counter()
        self._tls = certificates.server_context(
            certificates.issued(certificate, name), wants_client=wants_client_certificate
        ) if tls else None  # fmt: skip
        self._server = _Server(("127.0.0.1", 0), cast("Any", self._serve), bind_and_activate=False)
        self._server.server_bind()
        self.open_connections: set[socket.socket] = set()
        self.port: int = self._server.server_address[1]
        self.set({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": self.uid}})

    def __enter__(self) -> Self:
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with self.changed:
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self.drop_connections()

    # What tests do to it

    def set(self, found: Object) -> Object:
        """Creates or replaces an object. Its uid stays over changes; one deleted and made again has another."""
        plural, meta = PLURALS[found["kind"]], found["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        with self.changed:
            known = self.objects.setdefault(plural, {}).get(key)
            born = datetime.fromtimestamp(time.time() + self.clock_offset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            kept = {k: known["metadata"][k] for k in ("uid", "creationTimestamp")} if known else {}
            self.version += 1
            own = {"uid": str(uuid.uuid4()), "creationTimestamp": born, **kept, "resourceVersion": str(self.version)}
            stored = {**found, "metadata": {**own, **meta, "resourceVersion": str(self.version)}}
            self.objects[plural][key] = stored
            self._tell(Change(self.version, plural, "MODIFIED" if known else "ADDED", stored))
        return stored

    def delete(self, kind: Kind | str, namespace: str, name: str) -> None:
        with self.changed:
            found = self.objects[str(kind)].pop((namespace, name))
            self.version += 1
            found = {**found, "metadata": {**found["metadata"], "resourceVersion": str(self.version)}}
            self._tell(Change(self.version, str(kind), "DELETED", found))

    def compact(self) -> None:
        """Forgets everything before now: older watches and continue tokens are answered with 410."""
        with self.changed:
            self.compacted = self.version
            self.history.clear()

    def restore(self, version: int) -> None:
        """etcd was put back: resource versions start again at a lower number."""
        with self.changed:
            self.version = version
            self.history.clear()

    def drop_connections(self) -> None:
        for connection in list(self.open_connections):
            close(connection)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("the condition did not come true in time")
            time.sleep(0.005)

    # What tests ask of it

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def credential(self, **changed: Any) -> Credential:
        given = {"server": self.url, "ca_data": certificates.authority().pem if self._tls else "", "token": TOKEN}
        return Credential(**{**given, **changed})

    def kubeconfig(self, token: str = TOKEN) -> str:
        ca = base64.b64encode(certificates.authority().pem.encode()).decode()
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": self.url, "certificate-authority-data": ca}}],
            "users": [{"name": "it", "user": {"token": token}}],
        }  # fmt: skip
        return json.dumps(config)

    def watching(self, kind: Kind) -> int:
        """How many watches of the kind are open."""
        with self.changed:
            return self._watches[str(kind)]

    def asked(self, kind: Kind, *, watch: bool = False) -> list[Request]:
        return [one for one in self.requests if one.plural == kind and one.watch is watch]

    # What its own parts use

    @contextlib.contextmanager
    def watched(self, plural: str) -> Any:
        with self.changed:
            self._watches[plural] += 1
        try:
            yield
        finally:
            with self.changed:
                self._watches[plural] -= 1

    def forbids(self, verb: str, plural: str) -> bool:
        return bool(self.denied & {(verb, plural), ("*", plural)})

    def _tell(self, change: Change) -> None:
        self.history.append(change)
        self.changed.notify_all()

    def _fault(self, request: Request) -> Fault | None:
        with self.changed:
            for fault in self.faults:
                if fault.times != 0 and fault.when(request):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def _serve(self, request: Any, address: Any, server: Any) -> None:
        """In place of a handler class: TLS is agreed on in the connection's own thread; a mute server never does."""
        plain = request
        self.open_connections.add(plain)
        try:
            if self.mute:
                self.stopping.wait()
                return
            if self._tls is not None:
                request = self._tls.wrap_socket(plain, server_side=True)
                self.open_connections.add(request)
                self.open_connections.discard(plain)
            handler = type("Handler", (_Handler,), {"cluster": self})
            handler(request, address, server)
        except OSError:
            pass  # the client did not like us, or has gone
        finally:
            with contextlib.suppress(OSError):
                request.close()
            self.open_connections -= {plain, request}  # last: tests wait for it to see that all is closed

    def exchange(self, connection: socket.socket, request: Request) -> None:
        self.requests.append(request)
        exchange = Exchange(connection, self, request)
        fault = self._fault(request)
        if fault is not None:
            fault.apply(exchange)
        if not exchange.done:
            answer(exchange)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: that a client leaves is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: FakeCluster

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request.of(self.command, self.path, self.headers.items(), body)
        try:
            self.cluster.exchange(self.connection, request)
        except Ended as ended:
            self.close_connection = not ended.whole

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _do

    def log_message(self, *_: object) -> None:
        """Quiet."""
