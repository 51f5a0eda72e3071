from __future__ import annotations

from pathlib import Path

from bench.stack import PROCESSES
from kurator_ui.run.processes import application_processes


def test_each_process_of_production_is_known_by_its_command_line() -> None:
    started = application_processes(Path("folder"), {}, web=1, stream=2)
    assert {child.name for child in started} == set(PROCESSES)
    for child in started:
        command = " ".join(map(str, child.command))
        assert [name for name, words in PROCESSES.items() if words in command] == [child.name]
