"""The bearer token of a connection."""

from __future__ import annotations

import os
import threading

from rollouts.domain.ports import Credential


class Token:
    """The token to send now: a mounted one is read again when its file changes."""

    def __init__(self, credential: Credential) -> None:
        self._lock = threading.Lock()
        self._value = credential.token
        self._file = credential.token_file
        self._stamp: tuple[int, int] | None = None

    def now(self) -> str:
        if not self._file:
            return self._value
        with self._lock:
            try:
                found = os.stat(self._file)  # noqa: PTH116 - follows the link that the kubelet swaps
                if (found.st_mtime_ns, found.st_ino) != self._stamp:
                    with open(self._file, encoding="ascii") as file:  # noqa: PTH123
                        self._value = file.read().strip() or self._value
                    self._stamp = (found.st_mtime_ns, found.st_ino)
            except (OSError, ValueError):
                pass  # between two versions of the file: the last one goes on, and a 401 says so if it is too old
            return self._value
