"""The whole simulated world: a hub, its members, plain clusters, one address for all of them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import Clock
from kurator_ui.demo.cluster import HISTORY, Cluster, unknown
from kurator_ui.demo.control import Control
from kurator_ui.demo.furniture import furnish
from kurator_ui.demo.http import Answer, Connection, Request, Response
from kurator_ui.demo.identity import Identity, write_private
from kurator_ui.demo.kurator import Kurator
from kurator_ui.demo.kustomize import Flux
from kurator_ui.demo.recorder import REFILL_SECONDS
from kurator_ui.demo.resources import ATTACHED_CLUSTERS, FLEETS, SECRETS
from kurator_ui.demo.saved import load, save

HUB = "hub"
FLEET_NAMESPACE = "default"
FLEET_NAME = "demo"
SAVE_SECONDS = 15.0
STAGGER_SECONDS = 1.7
LOAD_HISTORY = 100
"""Without controllers there may be a hundred clusters; their history is kept short for memory's sake."""


class Fleet:
    """Everything here runs on one thread, the event loop's (or the test's, with a virtual clock)."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        members: tuple[str, ...],
        plain: tuple[str, ...] = (),
        refill_seconds: float = REFILL_SECONDS,
        controllers: bool = True,
    ) -> None:
        self.folder, self.clock = folder, clock
        self.members, self.plain = members, plain
        self.identity = Identity(folder)
        self.clusters = {HUB: Cluster(HUB, clock, hub=True)} if members else {}
        for name in (*members, *plain):
            history = HISTORY if controllers else LOAD_HISTORY
            self.clusters[name] = Cluster(
                name, clock, refill_seconds=refill_seconds, controllers=controllers, history=history
            )
        self.connections: set[Connection] = set()
        self.control = Control(self.clusters, self.connections, self.identity)
        self.fresh = True
        """Nothing was there to continue from."""
        self.kurator = Kurator(self.clusters[HUB], self.clusters, clock) if members else None
        self.flux = Flux(self.clusters[HUB], self.clusters, clock) if members else None
        self.address = ""
        self.background_saves = controllers

    def prepare(self, address: str, first_loop_in: float = 1.0, stagger: float = STAGGER_SECONDS) -> None:
        """Read what was saved, fill what is missing, write the kubeconfigs, start the controllers.

        Without an address nobody can call, and no kubeconfigs are written.
        """
        self.address = address
        for name, cluster in self.clusters.items():
            cluster.know(self.identity.tokens(name), self._readable_secrets(cluster))
            if load(cluster.store, self._file(name)):
                self.fresh = False
            furnish(cluster)
        if self.members:
            self._attach_members()
        if address:
            self.write_kubeconfigs()
        for index, cluster in enumerate(self.clusters.values()):
            # Controllers of different clusters do not tick in step.
            cluster.start(first_loop_in + index * stagger)
        if self.kurator:
            self.kurator.start()
        if self.flux:
            self.flux.start()
        self.save(orderly=False)
        self.clock.call_later(SAVE_SECONDS, self._save_again)

    def server(self, name: str) -> str:
        return f"{self.address}/clusters/{name}"

    def answer(self, request: Request, connection: Connection) -> Answer:
        _, kind, *rest = request.path.split("/", 3)
        if kind == "control":
            return self.control.answer(request)
        if kind == "" and request.method == "GET":
            return Response(body=msgspec.json.encode({"clusters": sorted(self.clusters)}))
        if kind == "clusters" and rest:
            cluster, path = self.clusters.get(rest[0]), "/" + "/".join(rest[1:])
        else:
            # `kubectl get --raw` leaves out the path of its server; the token says which cluster is meant.
            cluster, path = self._known_by(request), request.path
        if cluster is None:
            return unknown(request.path)
        connection.label = cluster.name
        return cluster.answer(path, request)

    def _known_by(self, request: Request) -> Cluster | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return next((cluster for cluster in self.clusters.values() if token in cluster.tokens.values()), None)

    def kubeconfig(self, name: str, user: str = "admin") -> Path:
        return self.folder / (f"{name}.kubeconfig" if user == "admin" else f"{name}-{user}.kubeconfig")

    def write_kubeconfigs(self) -> None:
        for name in self.clusters:
            for user in ("admin", "viewer"):
                write_private(self.kubeconfig(name, user), self.identity.kubeconfig(name, self.server(name), user))

    def renew_token(self, name: str) -> None:
        """The old tokens are refused from now on; the member's Secret on the hub and the files hold the new ones."""
        self.clusters[name].know(self.identity.renew(name), self._readable_secrets(self.clusters[name]))
        self.write_kubeconfigs()
        if name in self.members:
            self._write_secret(name)

    def save(self, *, orderly: bool) -> None:
        for name, cluster in self.clusters.items():
            if orderly or cluster.store.dirty:
                save(cluster.store, self._file(name), orderly=orderly)

    def _save_again(self) -> None:
        self.clock.call_later(SAVE_SECONDS, self._save_again)
        if self.background_saves:
            self.save(orderly=False)

    def _readable_secrets(self, cluster: Cluster) -> frozenset[str]:
        """On the hub a viewer may read the members' kubeconfigs, one by one, or it would find no member."""
        return frozenset(f"{name}-kubeconfig" for name in self.members) if cluster.hub else frozenset()

    def _file(self, name: str) -> Path:
        return self.folder / "objects" / f"{name}.json"

    def _attach_members(self) -> None:
        hub = self.clusters[HUB].store
        for index, name in enumerate(self.members):
            self._write_secret(name)
            if hub.find(ATTACHED_CLUSTERS, FLEET_NAMESPACE, name) is None:
                tier = "edge" if index % 2 else "core"
                hub.create(ATTACHED_CLUSTERS, seeds.attached_cluster(FLEET_NAMESPACE, name, {"tier": tier}))
        if hub.find(FLEETS, FLEET_NAMESPACE, FLEET_NAME) is None:
            hub.create(FLEETS, seeds.fleet(FLEET_NAMESPACE, FLEET_NAME, list(self.members)))

    def _write_secret(self, name: str) -> None:
        hub = self.clusters[HUB].store
        wanted = seeds.secret(
            FLEET_NAMESPACE, f"{name}-kubeconfig", {f"{name}.config": self.identity.kubeconfig(name, self.server(name))}
        )
        found = hub.find(SECRETS, FLEET_NAMESPACE, f"{name}-kubeconfig")
        if found is None:
            hub.create(SECRETS, wanted)
        else:
            hub.update(SECRETS, {**found, "data": wanted["data"]})
