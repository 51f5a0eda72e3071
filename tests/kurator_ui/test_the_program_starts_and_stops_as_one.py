"""The program as a person starts it, in processes of its own."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kurator_ui.run.preflight import free_port
from tests.support.program import ROOT, START_SECONDS, environment, running


def refused(state: Path, port: int) -> str:
    """The one line of a start that must fail."""
    command = [sys.executable, "-m", "kurator_ui.run", "own"]
    result = subprocess.run(
        command, cwd=ROOT, env=environment(state, port), capture_output=True, text=True, timeout=START_SECONDS
    )
    assert result.returncode == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    return lines[0]


def get(port: int, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port("127.0.0.1")
    with running(tmp_path, port) as (program, said):
        assert f"http://127.0.0.1:{port}/" in said
        assert get(port, "/readyz") == (200, b"ok\n")
        # A person's browser keeps its connection open: that must not keep the program.
        with socket.create_connection(("127.0.0.1", port)):
            program.send_signal(number)
            assert program.wait(timeout=30) == 0


def test_the_next_start_continues_with_the_same_people(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    for _ in range(2):
        with running(tmp_path, port) as (program, said):
            password = json.loads((tmp_path / "people.json").read_text())["admin"]
            assert f"admin      {password}" in said
            program.terminate()
            program.wait(timeout=30)
    assert (tmp_path / "people.json").stat().st_mode & 0o777 == 0o600


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1 is in use" in refused(tmp_path, port)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Cannot write to" in refused(tmp_path / "file" / "state", free_port("127.0.0.1"))


def test_a_folder_that_another_uses_is_one_line(tmp_path: Path) -> None:
    with running(tmp_path, free_port("127.0.0.1")):
        assert "Another kurator-ui is running on" in refused(tmp_path, free_port("127.0.0.1"))
