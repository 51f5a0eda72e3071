"""The program as a user starts it, on a state folder of its own, and what is in its database."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.laboratory import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Program:
    state: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def on(cls, state: Path) -> Program:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return cls(state, probe.getsockname()[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {"KURATOR_UI_STATE": str(self.state), "KURATOR_UI_PORT": str(self.port), "KURATOR_UI_LOG_JSON": "true"}
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("KURATOR_UI_", "DJANGO_"))
        }
        return inherited | own

    def start(self) -> None:
        with (self.state / "program.log").open("ab") as log:
            command = [sys.executable, "-m", "kurator_ui.run", "own"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        wait_for(self._answers, 60, f"the program to start; see {self.state}/program.log")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def password(self) -> str:
        return str(json.loads((self.state / "people.json").read_text())["admin"])

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.state / "kurator-ui.sqlite3", timeout=20)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def rollout(self, cluster: str) -> int:
        query = (
            "select r.id from rollouts_rollout r join rollouts_cluster c on c.id = r.cluster_id"
            " where c.name = ? and r.name = 'backend'"
        )
        found = self.rows(query, cluster)
        return int(found[0][0]) if found else 0

    def timeline(self, cluster: str, after: int) -> list[dict[str, Any]]:
        """The transitions of the cluster's rollout beyond the given number."""
        columns = (
            "number",
            "phase",
            "iterations",
            "failed_checks",
            "suspended",
            "live_side",
            "weight",
            "gap",
            "why",
            "release",
        )
        query = (
            f"select {','.join(columns)} from rollouts_transition where rollout_id = ? and number > ? order by number"
        )
        return [dict(zip(columns, row, strict=True)) for row in self.rows(query, self.rollout(cluster), after)]
