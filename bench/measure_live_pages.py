"""A thousand open pages on one process: what each costs, and how long a hint takes to reach all of them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bench.fleet import Program, load, memory_mb, wait_until
from bench.freshness import ClusterApi
from bench.people import sign_in
from bench.report import Finding

STREAMS = 1000
PATIENCE = 30.0


def measure() -> list[Finding]:
    with (
        tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as folder,
        load(Path(folder, "fleet"), clusters=1, rollouts=20, changes=0) as fleet,
    ):
        program = Program(Path(folder, "fleet", "state"))
        program.register(fleet.kubeconfigs)
        with program.running() as pid:
            wait_until(lambda: len(program.query("select 1 from rollouts_rollout")) == 20, 60)
            time.sleep(5)
            cookies = sign_in(program.address, "admin", program.password())
            cluster = ClusterApi.of(fleet.kubeconfigs[0])
            ((namespace, name),) = program.query("select namespace, name from rollouts_rollout limit 1")
            before = memory_mb(pid)
            reached, after = asyncio.run(
                _reach_all(program, pid, cookies, lambda: cluster.fail_a_check(namespace, name))
            )
    return [
        Finding(f"memory of one open page, of {STREAMS}", "kB", (after - before) * 1024 / STREAMS, 40),
        Finding(f"a hint, from the first of {STREAMS} open pages to the last", "ms", reached * 1000, 500),
    ]


async def _reach_all(program: Program, pid: int, cookies: str, change: Callable[[], None]) -> tuple[float, float]:
    """Seconds from the first page that hears of a change to the last one, and the memory with all pages open."""
    arrivals: list[float] = []
    greeted = asyncio.Semaphore(0)
    streams = [asyncio.create_task(_listen(program.port, cookies, greeted, arrivals)) for _ in range(STREAMS)]
    for _ in streams:
        await asyncio.wait_for(greeted.acquire(), PATIENCE)
    after = memory_mb(pid)
    await asyncio.to_thread(change)
    end = time.monotonic() + PATIENCE
    while len(arrivals) < STREAMS and time.monotonic() < end:
        await asyncio.sleep(0.01)
    heard = len(arrivals)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    if heard < STREAMS:
        raise TimeoutError(f"only {heard} of {STREAMS} pages heard of the change")
    return max(arrivals) - min(arrivals), after


async def _listen(port: int, cookies: str, greeted: asyncio.Semaphore, arrivals: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    host = urlsplit(f"http://127.0.0.1:{port}").netloc
    writer.write(f"GET /events/?topics=fleet HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n".encode())
    heard = False
    try:
        while line := await reader.readline():
            if b"event: hello" in line:
                greeted.release()
            elif b"event: fleet" in line and not heard:
                heard = True
                arrivals.append(time.monotonic())
    finally:
        writer.close()
