"""Kubeconfigs are read with every pass over a cluster and hardly ever change: each text is parsed once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Protocol

from rollouts.domain.ports import Credential

MOST_KEPT = 500
"""The least recently used ones are forgotten first."""


class ReadKubeconfig(Protocol):
    def __call__(self, text: bytes | str, *, context: str = "", allow_insecure: bool = False) -> Credential:
        """Raises CredentialError with what to do instead."""


class ReadOnce:
    """Reads as `read` does, and keeps in this process what came of it. A text is known by its digest, so a renewed one
    is another; what could not be used is read again.
    """

    def __init__(self, read: ReadKubeconfig, *, most: int = MOST_KEPT) -> None:
        self._read = read
        self._most = most
        self._kept: OrderedDict[tuple[bytes, str, bool], Credential] = OrderedDict()
        self._lock = Lock()

    def __call__(self, text: bytes | str, *, context: str = "", allow_insecure: bool = False) -> Credential:
        digest = hashlib.sha256(text if isinstance(text, bytes) else text.encode()).digest()
        key = (digest, context, allow_insecure)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
        credential = self._read(text, context=context, allow_insecure=allow_insecure)
        with self._lock:
            self._kept[key] = credential
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return credential
