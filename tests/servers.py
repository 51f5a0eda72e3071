"""Runs a command beside a PostgreSQL and a Redis of its own: `python -m tests.servers pytest …`.

Where one of them is not installed, nothing is run and the reason is printed; with `CI=true` that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kurator_ui.run.backing import start_postgres, start_redis
from kurator_ui.run.children import Child, stop_all
from kurator_ui.run.programs import find_program


def main(command: list[str]) -> int:
    missing = [name for name in ("postgres", "initdb", "redis-server") if find_program(name) is None]
    if missing:
        print(f"Skipped on PostgreSQL and Redis: {', '.join(missing)} not installed.", file=sys.stderr)
        return int(os.environ.get("CI") == "true")
    folder = Path(tempfile.mkdtemp(prefix="kurator-ui-servers-"))
    folder.chmod(0o711)  # PostgreSQL's own account passes through it
    servers: list[Child] = []
    try:
        postgres, database_url = start_postgres(folder / "postgres", password="of-the-tests")
        servers.append(postgres)
        redis, redis_url = start_redis(folder / "redis", password="of-the-tests")
        servers.append(redis)
        urls = {"KURATOR_UI_TEST_DATABASE_URL": database_url, "KURATOR_UI_TEST_REDIS_URL": redis_url}
        return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode
    finally:
        stop_all(servers, seconds=10)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
