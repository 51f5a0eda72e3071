"""A simulated fleet of the promised size, and the program observing it, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    """The fleet's process; `kubeconfigs` of its plain clusters."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def kubeconfigs(self) -> list[Path]:
        return sorted((self.folder / "clusters").glob("*.kubeconfig"))


@contextmanager
def load(
    folder: Path, *, clusters: int, rollouts: int, changes: float, running: int = 0, interval: int = 10
) -> Iterator[Load]:
    """Serves when the block begins."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {"state": folder, "port": free_port(), "clusters": clusters, "rollouts": rollouts, "changes": changes}
    options |= {"running": running, "interval": interval}
    command = [sys.executable, "manage.py", "demo", *[f"--{name}={value}" for name, value in options.items()]]
    environment = clean_environment() | {"KURATOR_UI_STATE": str(folder / "of-manage")}
    with (folder / "load.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: b"ready" in (folder / "load.log").read_bytes(), 180, process)
        yield Load(folder, process)
    finally:
        end(process)


@dataclass
class Program:
    """The program as one embedded process; `Stack` is it as in production."""

    state: Path
    kind: str = "own"
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment() | {
            "KURATOR_UI_STATE": str(self.state),
            "KURATOR_UI_PORT": str(self.port),
            "KURATOR_UI_KUBECONFIG_DIR": str(self.state.parent),
            "KURATOR_UI_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "kurator_ui.settings",
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[int]:
        """The process id."""
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "program.log").open("ab") as log:
            command = [sys.executable, "-m", "kurator_ui.run", self.kind]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        try:
            wait_until(self._answers, 120, self.process)
            yield self.process.pid
        finally:
            end(self.process)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def password(self) -> str:
        return str(json.loads((self.state / "people.json").read_text())["admin"])

    def register(self, kubeconfigs: list[Path]) -> None:
        """Before or while it runs; one process for all, since each start of Django takes a second."""
        code = (
            "import sys, django; django.setup()\n"
            "from django.core.management import call_command\n"
            "call_command('migrate', verbosity=0)\n"
            "from pathlib import Path\n"
            "for file in map(Path, sys.argv[1:]):\n"
            "    call_command('clusters', 'add', file.stem, '--kubeconfig', str(file), stdout=open('/dev/null', 'w'))\n"
        )
        command = [sys.executable, "-c", code, *map(str, kubeconfigs)]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.state / "kurator-ui.sqlite3", timeout=20)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("KURATOR_UI_", "DJANGO_"))}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def wait_until(ask: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes] | None = None) -> float:
    """The seconds it took. Raises TimeoutError, also when the process has ended meanwhile."""
    begun = time.monotonic()
    while not ask():
        if time.monotonic() - begun > seconds or (process is not None and process.poll() is not None):
            raise TimeoutError(f"it did not happen within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - begun


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *[one for child in children for one in family(child)]]


def memory_mb(pid: int) -> float:
    """Proportional set size of the process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel does not tell the memory of this process")
