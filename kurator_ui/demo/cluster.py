"""One simulated cluster: its objects, its API and what runs in it."""

from __future__ import annotations

from kurator_ui.demo.access import VIEWED, Account, Accounts
from kurator_ui.demo.api import KubernetesApi
from kurator_ui.demo.canary import Canary
from kurator_ui.demo.checks import Checks
from kurator_ui.demo.clock import Clock
from kurator_ui.demo.deployments import Deployments
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.flagger import Flagger
from kurator_ui.demo.gates import Gates
from kurator_ui.demo.http import Answer, Connection, Drop, Hang, Request, Response
from kurator_ui.demo.listing import refusal
from kurator_ui.demo.prometheus import Prometheus
from kurator_ui.demo.proxy import Services
from kurator_ui.demo.recorder import REFILL_SECONDS, Recorder
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, HUB, MEMBER, NAMESPACES
from kurator_ui.demo.routing import Nginx, Routers
from kurator_ui.demo.status import StatusWriter
from kurator_ui.demo.store import Store
from kurator_ui.demo.tick import Tick
from kurator_ui.demo.traffic import Traffic
from kurator_ui.demo.workloads import Workloads

FLAGGER_VERSION = "1.44.0"
SWEEP_SECONDS = 60.0
HISTORY = 2000
"""Changes of a kind that a watch may resume from."""


class Cluster:
    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        hub: bool = False,
        refill_seconds: float = REFILL_SECONDS,
        controllers: bool = True,
        history: int = HISTORY,
    ) -> None:
        self.name, self.clock, self.hub = name, clock, hub
        self._controllers = controllers
        self.state = "up"
        """up, down (connections are closed unanswered) or hang (requests are accepted and never answered)."""
        self.tokens: dict[str, str] = {}
        self.store = Store(clock, HUB if hub else MEMBER, history)
        self.accounts = Accounts()
        self.gates = Gates()
        self.traffic = Traffic(clock, name)
        self.prometheus = Prometheus(clock, self.traffic, self, FLAGGER_VERSION, "istio")
        self.api = KubernetesApi(self.store, clock, self.accounts, Services(self.store, self.prometheus, self.gates))
        self.recorder = Recorder(self.store, clock, "flagger", refill_seconds)
        if controllers:
            self.deployments = Deployments(self.store, clock, self.traffic)
        if controllers and not hub:
            workloads, status = Workloads(self.store, clock), StatusWriter(self.store, clock)
            routers = Routers(self.store)
            checks = Checks(self.store, clock, self.traffic, self.gates, routers)
            tick = Tick(self.store, workloads, routers, checks, status, self.recorder)
            self.flagger = Flagger(self.store, clock, tick, workloads, status)

    def start(self, first_loop_in: float = 1.0) -> None:
        """Controllers begin; the store holds what an earlier run left, if any."""
        self.clock.call_later(SWEEP_SECONDS, self._sweep)
        if self._controllers:
            self.deployments.resume()
        if self._controllers and not self.hub:
            self.flagger.start(first_loop_in)

    def know(self, tokens: dict[str, str], secrets: frozenset[str] = frozenset()) -> None:
        """Tokens of the administrator and the viewer, in place of those known before; Secrets the viewer may read."""
        for token in self.tokens.values():
            self.accounts.revoke(token)
        self.tokens = tokens
        self.accounts.add(tokens["admin"], Account("system:admin", everything=True))
        self.accounts.add(
            tokens["viewer"], Account("system:serviceaccount:kurator-ui:viewer", reads=VIEWED, secrets=secrets)
        )

    def namespace(self, name: str, labels: dict[str, str] | None = None) -> None:
        if self.store.find(NAMESPACES, "", name) is None:
            labelled = {"kubernetes.io/metadata.name": name, **(labels or {})}
            self.store.create(
                NAMESPACES,
                {
                    "metadata": {"name": name, "labels": labelled},
                    "spec": {"finalizers": ["kubernetes"]},
                    "status": {"phase": "Active"},
                },
            )

    def answer(self, path: str, request: Request) -> Answer:
        """The path is the part below the cluster's own."""
        if self.state == "down":
            return Drop()
        if self.state == "hang":
            return Hang()
        if path.startswith("/prometheus/"):
            try:
                self.accounts.of(request.headers)
            except ApiError as error:
                return refusal(error)
            return self.prometheus.answer(path.removeprefix("/prometheus"), request)
        request.path = path
        return self.api.answer(request)

    def switch(self, state: str, connections: set[Connection]) -> None:
        """To up, down or hang; open connections of this cluster are cut or fall silent."""
        self.state = state
        for connection in tuple(connections):
            if connection.label == self.name and state == "hang":
                connection.mute()
            elif connection.label == self.name and (state == "down" or connection.muted):
                connection.abort()

    def workload_behind(self, namespace: str, ingress: str, green: bool) -> str | None:
        for canary in self.store.all(CANARIES, namespace):
            if (canary["spec"].get("ingressRef") or {}).get("name") == ingress:
                seen = Canary(canary)
                if green and Nginx(self.store).green(seen) == 0:
                    return None
                return seen.target if green else seen.primary
        return None

    def deployment(self, namespace: str, name: str) -> Obj:
        return self.store.get(DEPLOYMENTS, namespace, name)

    def _sweep(self) -> None:
        self.recorder.expire()
        self.clock.call_later(SWEEP_SECONDS, self._sweep)


def unknown(path: str) -> Response:
    return refusal(ApiError(404, "NotFound", f"no cluster serves {path}"))
