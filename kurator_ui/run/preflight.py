"""What must hold before anything is started. Each check says in one line what is wrong and what to do."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO


class Trouble(Exception):
    """The program cannot run; the message is the one line that a person reads."""


def usable_folder(folder: Path) -> Path:
    """The folder, made if it is not there.

    Other accounts may pass through it (PostgreSQL runs as one of its own); what is secret inside is for its owner only.
    """
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Trouble(
            f"Cannot write to {folder}: {error.strerror}. KURATOR_UI_STATE may name another folder."
        ) from None
    return folder


def sole_use(folder: Path) -> IO[str]:
    """A lock on the folder, held as long as the returned file is open."""
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Trouble(f"Another kurator-ui is running on {folder}.") from None
    return file


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def demand_port(host: str, port: int) -> None:
    if not port_is_free(host, port):
        raise Trouble(f"Port {port} of {host} is in use. Choose another with KURATOR_UI_PORT.")


def free_port(host: str, *, prefer: int = 0) -> int:
    """`prefer` when it is free, else a port the system picks."""
    if prefer and port_is_free(host, prefer):
        return prefer
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
