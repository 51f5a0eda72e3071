from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kurator_ui.run.children import Child, stop_all, wait_until
from kurator_ui.run.preflight import Trouble

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = """
import sys, time
from pathlib import Path
from kurator_ui.run.children import Child
child = Child("child", ["sleep", "600"], Path(sys.argv[1]))
child.start()
print(child.process.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.02)


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    child = Child("stubborn", [sys.executable, "-c", STUBBORN], tmp_path / "log")
    child.start()
    wait_until(lambda: "up" in child.log.read_text(), child=child, seconds=20)
    stop_all([child], seconds=0.2)
    assert child.exit_code == -signal.SIGKILL


def test_a_child_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Child("hasty", [sys.executable, "-c", "print('first'); print('no room')"], tmp_path / "log")
    child.start()
    with pytest.raises(Trouble, match="hasty did not start: no room"):
        wait_until(lambda: False, child=child, seconds=20)


def test_a_child_has_no_part_in_the_terminals_interrupt(tmp_path: Path) -> None:
    child = Child("apart", ["sleep", "600"], tmp_path / "log")
    child.start()
    try:
        assert child.process
        assert os.getpgid(child.process.pid) != os.getpgid(0)
    finally:
        stop_all([child], seconds=5)
    assert child.exit_code == -signal.SIGTERM


def test_a_child_may_be_nicer_than_its_parent(tmp_path: Path) -> None:
    child = Child("child", ["sleep", "600"], tmp_path / "log", niceness=3)
    child.start()
    try:
        assert child.process
        assert os.getpriority(os.PRIO_PROCESS, child.process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3
        group = Path(f"/proc/{child.process.pid}/autogroup")
        assert not group.exists() or group.read_text().endswith(" nice 3\n")
    finally:
        stop_all([child], seconds=5)
