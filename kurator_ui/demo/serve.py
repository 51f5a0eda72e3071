"""The fleet as a server: in a thread of this process (tests), or as the process itself (`serve_forever`)."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import Clock, LoopClock, VirtualClock
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.http import Connection
from kurator_ui.demo.patches import merge
from kurator_ui.demo.resources import CANARIES, CONFIGMAPS, DEPLOYMENTS, SERVICES, Resource
from kurator_ui.demo.store import Address
from kurator_ui.demo.story import Story

T = TypeVar("T")
MEMBER_NAMES = ("eu-west", "eu-north", "us-east", "ap-south")
PLAIN_NAMES = ("staging", "warehouse")
HOST = "127.0.0.1"
START_SECONDS = 30.0
NOTHING: Mapping[str, Mapping[str, str]] = {}


def names(count: int, known: tuple[str, ...], prefix: str) -> tuple[str, ...]:
    return tuple(known[index] if index < len(known) else f"{prefix}-{index + 1}" for index in range(count))


async def listen(fleet: Fleet, port: int) -> asyncio.Server:
    """Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    context = fleet.identity.server_context()
    return await loop.create_server(
        lambda: Connection(fleet.answer, fleet.connections), HOST, port, ssl=context, backlog=512
    )


def port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


async def close(fleet: Fleet, server: asyncio.Server) -> None:
    """At once: open watches are cut. What the fleet holds is saved."""
    server.close()
    for connection in tuple(fleet.connections):
        connection.abort()
    fleet.save(orderly=True)
    await asyncio.sleep(0)


class DemoFleet:
    """A fleet in a background thread, with what tests want from it. Empty but for system objects, unless `story`."""

    def __init__(
        self,
        state_dir: Path,
        *,
        members: int = 4,
        plain: int = 0,
        clock: VirtualClock | None = None,
        story: bool = False,
        port: int = 0,
    ) -> None:
        self._folder, self._virtual, self._story, self._wanted_port = state_dir, clock, story, port
        self._members, self._plain = names(members, MEMBER_NAMES, "member"), names(plain, PLAIN_NAMES, "plain")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="demo-fleet", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._stopping: asyncio.Event | None = None
        self.fleet: Fleet
        self.port = 0

    def __enter__(self) -> DemoFleet:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> DemoFleet:
        """Raises what went wrong, OSError for a taken port."""
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise TimeoutError("the demo fleet did not start")
        if self._failure:
            raise self._failure
        return self

    def stop(self) -> None:
        stopping = self._stopping
        if stopping and self._thread.is_alive():
            self._loop.call_soon_threadsafe(stopping.set)
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # handed to whoever waits in start()
            self._failure = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        clock: Clock = self._virtual or LoopClock(self._loop)
        self.fleet = Fleet(self._folder, clock, members=self._members, plain=self._plain)
        server = await listen(self.fleet, self._wanted_port)
        self.port = port_of(server)
        self.fleet.prepare(f"https://{HOST}:{self.port}")
        if self._story:
            Story(self.fleet, seed=1).begin()
        self._ready.set()
        await self._stopping.wait()
        await close(self.fleet, server)

    def call(self, action: Callable[[], T]) -> T:
        """Run on the fleet's own thread, where alone its state may be touched."""

        async def run() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(START_SECONDS)

    def advance(self, seconds: float) -> None:
        """Of virtual time."""
        if self._virtual is None:
            raise ValueError("this fleet runs in real time")
        virtual = self._virtual
        self.call(lambda: virtual.advance(seconds))

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}"

    def server(self, cluster: str) -> str:
        return f"{self.address}/clusters/{cluster}"

    def token(self, cluster: str, user: str = "admin") -> str:
        return self.call(lambda: self.fleet.identity.tokens(cluster)[user])

    def kubeconfig(self, cluster: str, user: str = "admin") -> Path:
        return self.fleet.kubeconfig(cluster, user)

    def cluster(self, name: str) -> Cluster:
        """To be used inside `call` only."""
        return self.fleet.clusters[name]

    def get(self, cluster: str, resource: Resource, namespace: str, name: str) -> Obj:
        return self.call(lambda: self.cluster(cluster).store.get(resource, namespace, name))

    def create(self, cluster: str, resource: Resource, obj: Obj) -> Obj:
        return self.call(lambda: self.cluster(cluster).store.create(resource, obj))

    def delete(self, cluster: str, resource: Resource, namespace: str, name: str) -> None:
        self.call(lambda: self.cluster(cluster).store.delete(resource, namespace, name))

    def patch(
        self, cluster: str, resource: Resource, namespace: str, name: str, patch: Obj, *, status: bool = False
    ) -> Obj:
        """A merge patch."""

        def edit(obj: Obj) -> None:
            merged = merge(obj, patch)
            obj.clear()
            obj.update(merged)

        return self.call(
            lambda: self.cluster(cluster).store.change(Address(resource, namespace, name), edit, status=status)
        )

    def add_rollout(
        self,
        cluster: str,
        namespace: str,
        name: str,
        image: str,
        policy: seeds.Policy | None = None,
        provider: str = "istio",
        configs: Mapping[str, Mapping[str, str]] = NOTHING,
    ) -> None:
        """A workload with its Service and its Canary, as somebody applies them; it is initialised after two ticks. Its
        pods read `configs`: the data of ConfigMaps, by name.
        """

        def add() -> None:
            found = self.cluster(cluster)
            found.namespace(namespace)
            for config, data in configs.items():
                found.store.create(
                    CONFIGMAPS, {"metadata": {"name": config, "namespace": namespace}, "data": dict(data)}
                )
            found.store.create(DEPLOYMENTS, seeds.deployment(namespace, name, image, configs=tuple(configs)))
            found.store.create(SERVICES, seeds.service(namespace, name, 8080))
            found.store.create(CANARIES, seeds.canary(namespace, name, policy, provider=provider))

        self.call(add)

    def release(self, cluster: str, namespace: str, name: str, image: str) -> None:
        """A new image on the workload, as CI sets it."""

        def edit(obj: Obj) -> None:
            obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

        self.call(lambda: self.cluster(cluster).store.change(Address(DEPLOYMENTS, namespace, name), edit))

    def fault(self, cluster: str, namespace: str, workload: str, errors: float = 0.0, delay_ms: float = 0.0) -> None:
        self.call(lambda: self.cluster(cluster).traffic.fault(namespace, workload, errors, delay_ms))

    def switch(self, cluster: str, state: str) -> None:
        """To up, down or hang."""
        self.call(lambda: self.cluster(cluster).switch(state, self.fleet.connections))


def stop_on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
