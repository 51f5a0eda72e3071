"""Installs the named Debian packages that are missing, when that is possible here; else says what is missing.

Exit code 0 in any case: tests skip what cannot be had, with the reason, and programs name what they lack.
Runs before there is a virtual environment, so it uses nothing but the standard library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "nginx-light": "nginx",
    "postgresql": "postgres",
    "poppler-utils": "pdftotext",
    "kubernetes-client": "kubectl",
}
SYSTEM_FOLDERS = ["/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]


def is_there(package: str) -> bool:
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    return shutil.which(PROGRAMS[package], path=path) is not None


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # no service is started
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603, S607


def main(packages: list[str]) -> None:
    missing = [package for package in packages if not is_there(package)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"Not installed: {', '.join(missing)} (needs root and apt-get).", file=sys.stderr)
        return
    print(f"Installing {', '.join(missing)} …", flush=True)
    try:
        install(missing)
    except subprocess.CalledProcessError as error:
        print(
            f"apt-get failed with exit code {error.returncode}; still missing: {', '.join(missing)}.", file=sys.stderr
        )


if __name__ == "__main__":
    main(sys.argv[1:])
