"""The fleet as a process of its own: serves until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from asyncio import sslproto
from dataclasses import dataclass
from pathlib import Path

from kurator_ui.demo.clock import LoopClock
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.load import LoadGenerator, Size
from kurator_ui.demo.serve import HOST, MEMBER_NAMES, PLAIN_NAMES, close, listen, names
from kurator_ui.demo.story import Story
from kurator_ui.demo.warmup import warm_up

SEED = 8
"""Chosen: its first quarter of an hour leaves a failed, a waiting, a suspended, a stuck and some running releases."""
TLS_BUFFER = 32 * 1024
REFILL_SECONDS = 15.0
"""Of the Events' budget: the demo's releases follow each other faster than real ones, so its budget grows faster."""


@dataclass(frozen=True, slots=True)
class Options:
    state: Path
    port: int = 0
    """0: the one of the last time, or a free one."""
    members: int = 4
    clusters: int = 0
    """More than 0: no story, but a load over so many plain clusters."""
    rollouts: int = 10_000
    changes: float = 50.0
    """Status changes per second, over all clusters."""
    running: int = 0
    """Releases on their way at once; 0: those that change within ten seconds."""
    interval: int = 10
    """Seconds between two checks of a policy."""
    seed: int = SEED


def run(options: Options) -> int:
    """The exit code; one line says where the fleet is, or why it is not."""
    try:
        return asyncio.run(_serve(options))
    except OSError as error:
        print(f"the demo fleet cannot start: {error}", file=sys.stderr)
        return 1


async def _serve(options: Options) -> int:
    # Each TLS connection keeps a buffer of this size; the default, 256 kB, costs 130 MB for 500 open watches.
    sslproto.SSLProtocol.max_size = TLS_BUFFER
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    port = _port(options)
    fleet = _fleet(options, LoopClock(loop))
    if not options.clusters and not (options.state / "objects").exists():
        warm_up(options.state, fleet.members, fleet.plain, REFILL_SECONDS, options.seed)
    fleet.prepare(f"https://{HOST}:{port}")
    if options.clusters:
        size = Size(options.rollouts, options.changes, options.running, options.interval)
        LoadGenerator(fleet, size, options.seed).begin()
        fleet.save(orderly=False)
    else:
        Story(fleet, options.seed).begin()
    # Last, so that whoever finds the port open finds everything else in place too.
    server = await listen(fleet, port)
    print(f"demo fleet ready at https://{HOST}:{port} (kubeconfigs in {options.state})", flush=True)
    await stopping.wait()
    await close(fleet, server)
    return 0


def _fleet(options: Options, clock: LoopClock) -> Fleet:
    if options.clusters:
        plain = tuple(f"cluster-{index + 1:03}" for index in range(options.clusters))
        return Fleet(options.state, clock, members=(), plain=plain, controllers=False)
    members = names(options.members, MEMBER_NAMES, "member")
    return Fleet(options.state, clock, members=members, plain=PLAIN_NAMES, refill_seconds=REFILL_SECONDS)


def _port(options: Options) -> int:
    """The one asked for, the one of the last time or a free one. Raises OSError before any work when it is taken."""
    options.state.mkdir(parents=True, exist_ok=True)
    remembered = options.state / "port"
    if options.port:
        return _free(options.port)
    try:
        return _free(int(remembered.read_text()))
    except (OSError, ValueError):
        port = _free(0)
    remembered.write_text(str(port))
    return port


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return int(probe.getsockname()[1])
