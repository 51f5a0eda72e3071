"""Processes that live no longer than this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kurator_ui.run.preflight import Trouble

PR_SET_PDEATHSIG = 1
AUTOGROUP = Path("/proc/self/autogroup")
"""Each session is a group of its own to Linux' scheduler (sched(7), "The autogroup feature"). Where that is on, a
niceness counts among the processes of one session alone, and between sessions that of the group.
"""
POLL_SECONDS = 0.05


@dataclass
class Child:
    """One process. Its output goes to `log`, which is written anew at each start."""

    name: str
    command: Sequence[str | Path]
    log: Path
    env: Mapping[str, str] | None = None
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    niceness: int = 0
    """As of the program `nice`: the higher, the more the others go first where processors are scarce."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        self.log.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own commands, no shell)
                [str(part) for part in self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if self.env is None else {**os.environ, **self.env},
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,  # Ctrl-C is for us: we stop the children in order
                preexec_fn=_die_with(os.getpid(), self.stop_signal, self.niceness),  # safe: no thread is running yet
            )

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "no output"


def _die_with(parent: int, stop_signal: signal.Signals, niceness: int) -> Callable[[], None]:
    """Runs in the child: the kernel sends it `stop_signal` when its parent is gone, even by kill -9."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if niceness:
            os.nice(niceness)
            with suppress(OSError):  # a kernel without groups, or a sandbox that does not let them be changed
                AUTOGROUP.write_text(str(niceness))
        if os.getppid() != parent:
            os._exit(1)

    return tie


def wait_until(ready: Callable[[], bool], *, child: Child, seconds: float) -> None:
    """Raises Trouble when the child ends or the time is over before `ready()` holds."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child.exit_code is not None:
            raise Trouble(f"{child.name} did not start: {child.last_words()} (all of it: {child.log})")
        if time.monotonic() > deadline:
            raise Trouble(f"{child.name} was not ready within {seconds:.0f} s (see {child.log}).")
        time.sleep(POLL_SECONDS)


def stop_all(children: Iterable[Child], *, seconds: float) -> None:
    """Ask all to end, and kill with its whole group whoever has not ended after `seconds`."""
    running = [child for child in children if child.process and child.exit_code is None]
    for child in running:
        _signal(child, child.stop_signal)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(child.exit_code is None for child in running):
        time.sleep(POLL_SECONDS)
    for child in running:
        if child.exit_code is None and child.process:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process:
        child.process.send_signal(number)
