from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path

from kurator_ui.run.preflight import free_port
from tests.support.program import listening, running, signed_in


def test_open_streams_are_ended_when_the_program_stops(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    with running(tmp_path, port) as (program, _):
        password = json.loads((tmp_path / "people.json").read_text())["admin"]
        cookie = signed_in(port, "admin", password)
        with listening(port, cookie):
            program.terminate()
            assert program.wait(timeout=30) == 0


def test_a_stranger_hears_nothing(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    with running(tmp_path, port), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", "/events/?topics=fleet")
        assert connection.getresponse().status in {401, 403}
