from __future__ import annotations

import http.client
import json
import re
import time
from contextlib import closing
from pathlib import Path

from kurator_ui.run.preflight import free_port
from tests.support.program import running, signed_in

DEADLINE_SECONDS = 60
CLUSTERS = ("eu-west", "ap-south", "staging", "warehouse")  # two members of the hub, and two plain ones


def page(port: int, path: str, cookie: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 200, body[:2000]
        return body


def shows_rollouts(port: int, cluster: str, cookie: str) -> bool:
    """Whether the fleet page, limited to one cluster, links to a rollout."""
    return re.search(r'href="/rollouts/\d+/', page(port, f"/?cluster={cluster}", cookie)) is not None


def demo_processes(folder: Path) -> list[int]:
    command = f"demo\0--state\0{folder}".encode()
    pids = [int(process.name) for process in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if _runs(pid, command)]


def _runs(pid: int, command: bytes) -> bool:
    try:
        return command in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False  # it has just ended


def test_each_of_its_three_people_sees_the_rollouts_of_hub_members_and_plain_clusters(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    with running(tmp_path, port, "demo", observe=True) as (program, _):
        people = json.loads((tmp_path / "people.json").read_text())
        assert set(people) == {"viewer", "operator", "admin"}
        cookies = [signed_in(port, name, password) for name, password in people.items()]
        deadline = time.monotonic() + DEADLINE_SECONDS
        for cookie in cookies:
            while missing := {name for name in CLUSTERS if not shows_rollouts(port, name, cookie)}:
                assert time.monotonic() < deadline, f"no rollouts of {missing}"
                time.sleep(0.2)
        assert demo_processes(tmp_path / "demo")
        program.terminate()
        assert program.wait(timeout=30) == 0
    assert demo_processes(tmp_path / "demo") == []


def test_the_demo_fleet_ends_when_the_program_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, free_port("127.0.0.1"), "demo") as (program, _):
        assert demo_processes(tmp_path / "demo")
        program.kill()
        program.wait(timeout=30)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while left := demo_processes(tmp_path / "demo"):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.1)
