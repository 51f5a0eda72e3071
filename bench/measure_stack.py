"""The processes of production under load: how fresh open pages are, how soon a click is carried out, and the memory of
each process.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.clicks import clicks
from bench.fleet import load, wait_until
from bench.freshness import LOAD, PEOPLE, probes
from bench.measure_observing import CHANGES, CLUSTERS, ROLLOUTS, SETTLE_SECONDS
from bench.people import looking_on, sign_in
from bench.report import Finding
from bench.stack import PROCESSES, Stack

MOST_MEMORY = 150


def measure() -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as place:
        folder = Path(place)
        folder.chmod(0o711)  # PostgreSQL's own account passes through it
        with load(folder / "fleet", clusters=CLUSTERS, rollouts=ROLLOUTS, changes=CHANGES) as fleet:
            (folder / "fleet").chmod(0o711)
            program = Stack(folder / "fleet" / "state")
            with program.running():
                program.register(fleet.kubeconfigs)
                wait_until(lambda: program.query("select count(*) from rollouts_rollout")[0][0] == ROLLOUTS, 300)
                time.sleep(SETTLE_SECONDS)
                cookies = sign_in(program.address, "admin", program.password())
                with looking_on(program.address, cookies, PEOPLE):
                    found = probes(fleet, program, cookies, "production") + clicks(program, cookies, LOAD)
                return found + _memory(program.memory())


def _memory(of_each: dict[str, float]) -> list[Finding]:
    missing = PROCESSES.keys() - of_each.keys()
    assert not missing, f"not running: {', '.join(missing)}"
    size = f"{ROLLOUTS} rollouts under load"
    return [
        Finding(f"production, memory of {name} ({size})", "MB", memory, MOST_MEMORY) for name, memory in of_each.items()
    ]
