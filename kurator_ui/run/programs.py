"""Where the servers of Debian's packages are."""

from __future__ import annotations

import shutil
from pathlib import Path

from kurator_ui.run.preflight import Trouble

PACKAGES = {"redis-server": "redis-server", "nginx": "nginx-light", "postgres": "postgresql", "initdb": "postgresql"}


def find_program(name: str) -> Path | None:
    if path := shutil.which(name) or shutil.which(name, path="/usr/sbin"):
        return Path(path)  # unresolved: redis-server acts by the name it is called
    # Debian keeps PostgreSQL's servers off the path, a folder for each version.
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda found: int(found.parts[4]))
    return versions[-1] if versions else None


def need_program(name: str) -> Path:
    if path := find_program(name):
        return path
    raise Trouble(f"{name} is not installed (Debian: apt-get install {PACKAGES[name]}).")
