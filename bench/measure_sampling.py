"""What reading checks costs: many releases at once, each measured after every tick of its Flagger, on both sides.

All of it goes through the service proxies of the simulated API servers, over TLS, into one embedded process.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.fleet import Program, cpu_seconds, family, load, wait_until
from bench.report import Finding

CLUSTERS, RUNNING, INTERVAL = 100, 1000, 90
ROLLOUTS = 2 * RUNNING
SECONDS = 180.0
LOOK_SECONDS = 0.25
RUNNING_NOW = "select count(*) from rollouts_release where outcome = 'running'"
TURNS = "select id, measure_at, measured_at from rollouts_release where measured_at is not null and outcome = 'running'"


@dataclass
class Turns:
    """Watches releases have their turn: how long after it was due what was read is stored."""

    due: dict[int, datetime] = field(default_factory=dict)
    measured: dict[int, str] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)

    def look(self, rows: list[tuple[int, str, str]], now: datetime) -> None:
        for pk, due, measured in rows:
            if self.measured.get(pk) == measured:
                continue
            if pk in self.due:
                self.late.append((now - self.due[pk]).total_seconds())
            self.measured[pk] = measured
            self.due[pk] = _time(due)


def measure() -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as folder:
        fleet = Path(folder, "fleet")
        size = {"clusters": CLUSTERS, "rollouts": ROLLOUTS, "running": RUNNING, "interval": INTERVAL}
        with load(fleet, changes=RUNNING / INTERVAL, **size) as served:
            program = Program(fleet / "state")
            program.register(served.kubeconfigs)
            with program.running() as pid:
                return _watch(program, pid)


def _watch(program: Program, pid: int) -> list[Finding]:
    wait_until(lambda: int(program.query(RUNNING_NOW)[0][0]) > RUNNING * 0.9, 4 * INTERVAL)
    turns, processes = Turns(), family(pid)
    begun, before = time.monotonic(), sum(map(cpu_seconds, processes))
    while (passed := time.monotonic() - begun) < SECONDS:
        turns.look(program.query(TURNS), datetime.now(UTC))
        time.sleep(LOOK_SECONDS)
    spent = sum(map(cpu_seconds, processes)) - before
    values = int(program.query("select count(*) from rollouts_measurement where verdict = 'passed'")[0][0])
    if not turns.late or not values:
        raise RuntimeError("nothing was measured")
    late = statistics.quantiles(turns.late, n=20)[-1]
    what = f"{RUNNING} releases at once, {CLUSTERS} clusters, checks every {INTERVAL} s"
    return [
        Finding(f"{what}: from due to stored, p95 of {len(turns.late)}", "s", late, 10),
        Finding(f"{what}: share of one core, the program", "%", spent / passed * 100, 100),
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
