"""What observing costs: the first list of a large cluster, an idle fleet, and how fresh pages are under load."""

from __future__ import annotations

import json
import ssl
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import yaml

from bench.fleet import Load, Program, cpu_seconds, family, load, memory_mb, wait_until
from bench.freshness import freshness
from bench.report import Finding

CLUSTERS, ROLLOUTS, CHANGES = 100, 10_000, 50.0
SETTLE_SECONDS, IDLE_SECONDS = 45.0, 60.0


def measure() -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as folder:
        return [*first_list(Path(folder, "one")), *idle(Path(folder, "idle")), *under_load(Path(folder, "load"))]


def first_list(folder: Path) -> list[Finding]:
    """One cluster with all the rollouts. The floor: what msgspec needs to decode the answers alone."""
    with load(folder / "fleet", clusters=1, rollouts=ROLLOUTS, changes=0) as fleet:
        decoding, converting = _decode(fleet)
        program = Program(folder / "fleet" / "state")
        with program.running():
            program.register(fleet.kubeconfigs)
            wait_until(lambda: _count(program) > 0, 60)
            stored = wait_until(lambda: _count(program) == ROLLOUTS, 120)
    return [
        Finding(
            f"list of {ROLLOUTS} rollouts → observations", "ms", converting * 1000, decoding * 10_000, decoding * 1000
        ),
        Finding(f"first list of {ROLLOUTS} rollouts, first to last row stored (SQLite)", "s", stored, 10),
    ]


def _decode(fleet: Load) -> tuple[float, float]:
    """Seconds to decode all pages into plain Python objects, and to make observations of them."""
    from rollouts.adapters.kubernetes.decode import observation  # noqa: PLC0415
    from rollouts.domain.observations import Kind  # noqa: PLC0415

    bodies, following = [], ""
    while True:
        body = _get(fleet, f"/apis/flagger.app/v1beta1/canaries?limit=500&continue={following}")
        bodies.append(body)
        following = json.loads(body)["metadata"].get("continue", "")
        if not following:
            break
    begun = time.perf_counter()
    for body in bodies:
        msgspec.json.decode(body)
    decoding = time.perf_counter() - begun
    raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
    items = [item for body in bodies for item in msgspec.json.decode(raw.decode(body)["items"], type=list[msgspec.Raw])]
    begun = time.perf_counter()
    for item in items:
        observation(Kind.CANARY, bytes(item))
    return decoding, time.perf_counter() - begun


def _get(fleet: Load, path: str) -> bytes:
    config = _kubeconfig(fleet)
    request = urllib.request.Request(config["server"] + path, headers={"Authorization": f"Bearer {config['token']}"})
    with urllib.request.urlopen(request, timeout=60, context=ssl._create_unverified_context()) as answer:
        return bytes(answer.read())


def _kubeconfig(fleet: Load) -> dict[str, str]:
    found = yaml.safe_load(fleet.kubeconfigs[0].read_text())
    server = found["clusters"][0]["cluster"]["server"]
    assert urlsplit(server).hostname == "127.0.0.1"
    return {"server": server, "token": found["users"][0]["user"]["token"]}


def _count(program: Program) -> int:
    return int(program.query("select count(*) from rollouts_rollout")[0][0])


def idle(folder: Path) -> list[Finding]:
    with load(folder / "fleet", clusters=CLUSTERS, rollouts=ROLLOUTS, changes=0) as fleet:
        program = Program(folder / "fleet" / "state")
        program.register(fleet.kubeconfigs)
        with program.running() as pid:
            wait_until(lambda: _count(program) == ROLLOUTS, 180)
            time.sleep(SETTLE_SECONDS)
            processes = family(pid)
            before, begun = sum(map(cpu_seconds, processes)), time.monotonic()
            time.sleep(IDLE_SECONDS)
            spent, passed = sum(map(cpu_seconds, processes)) - before, time.monotonic() - begun
            memory = sum(map(memory_mb, processes))
    return [
        Finding(f"idle, {CLUSTERS} clusters, {ROLLOUTS} rollouts: share of one core", "%", spent / passed * 100, 5),
        Finding("idle, embedded: memory of all its processes", "MB", memory, 400),
    ]


def under_load(folder: Path) -> list[Finding]:
    with load(folder / "fleet", clusters=CLUSTERS, rollouts=ROLLOUTS, changes=CHANGES) as fleet:
        program = Program(folder / "fleet" / "state")
        program.register(fleet.kubeconfigs)
        with program.running():
            wait_until(lambda: _count(program) == ROLLOUTS, 180)
            time.sleep(SETTLE_SECONDS)
            return freshness(fleet, program)
