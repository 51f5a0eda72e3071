"""The program as in production: `make stack` on PostgreSQL, Redis and nginx of Debian's packages."""

from __future__ import annotations

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from bench.fleet import Program, family, memory_mb

PROCESSES = {
    "web": "kurator_ui.wsgi:application",
    "stream": "kurator_ui.run serve",
    "observe": "--queues observe",
    "short": "--queues short",
    "commands": "--queues commands",
    "beat": "beat --pidfile",
}
"""What tells each process by its command line."""


@dataclass
class Stack(Program):
    kind: str = "stack"

    @property
    def folder(self) -> Path:
        return self.state / "stack"

    @property
    def environment(self) -> dict[str, str]:
        """Once it runs, with the addresses of its servers: for management commands beside it."""
        file = self.folder / "environment"
        written = shlex.split(file.read_text()) if file.exists() else []
        return super().environment | dict(line.split("=", 1) for line in written)

    def password(self) -> str:
        return str(json.loads((self.folder / "people.json").read_text())["admin"])

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.replace("?", "%s").encode(), values).fetchall()

    @cached_property
    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        """One for all: a probe asks a hundred times a second, and each new one would be a process more to start."""
        return psycopg.connect(self.environment["KURATOR_UI_DATABASE_URL"], autocommit=True)

    def memory(self) -> dict[str, float]:
        """Megabytes of each process; of one that has children the largest of them."""
        assert self.process is not None
        found: dict[str, float] = {}
        for pid in family(self.process.pid):
            with suppress(FileNotFoundError, ProcessLookupError):  # one that has ended since
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                for name, words in PROCESSES.items():
                    if words in command:
                        found[name] = max(found.get(name, 0.0), memory_mb(pid))
        return found
