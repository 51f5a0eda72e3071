from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kurator_ui.run.backing import start_redis
from kurator_ui.run.children import stop_all
from kurator_ui.run.preflight import free_port
from tests.support.program import listening, running, signed_in


def processes_of(folder: Path) -> list[str]:
    """Command lines of all processes that name the folder or were started with it in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if bytes(folder) in words:
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has just ended
    return found


@pytest.mark.timeout(240)
def test_all_its_processes_start_answer_through_one_address_and_end_together(
    open_folder: Path, tool: Callable[[str], str]
) -> None:
    for name in ("postgres", "initdb", "redis-server", "nginx"):
        tool(name)
    port = free_port("127.0.0.1")
    with running(open_folder, port, "stack") as (program, said):
        assert f"http://127.0.0.1:{port}/" in said
        commands = "\n".join(processes_of(open_folder))
        for part in (
            "postgres",
            "redis-server",
            "nginx",
            "granian",
            "run serve",
            "--observe",
            "--queues short",
            "beat",
        ):
            assert part in commands
        password = json.loads((open_folder / "stack" / "people.json").read_text())["admin"]
        assert password not in commands
        cookie = signed_in(port, "admin", password)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", "/", headers={"Cookie": cookie})
            assert connection.getresponse().status == 200
        with listening(port, cookie):
            program.terminate()
            assert program.wait(timeout=60) == 0
    assert processes_of(open_folder) == []


def test_no_secret_of_it_is_readable_by_others(open_folder: Path, tool: Callable[[str], str]) -> None:
    tool("redis-server")
    redis, url = start_redis(open_folder / "redis", password="hidden")
    try:
        assert "hidden" in url
        assert "hidden" not in Path(f"/proc/{redis.process.pid if redis.process else 0}/cmdline").read_text()
        assert (open_folder / "redis" / "redis.conf").stat().st_mode & 0o077 == 0
    finally:
        stop_all([redis], seconds=10)
