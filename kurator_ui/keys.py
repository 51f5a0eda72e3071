"""Keys that an installation makes for itself when none are given: one file each in the state folder, mode 0600."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_key(path: Path, make: Callable[[], str]) -> str:
    """The key kept in `path`; made and kept on first use. Two processes that start together agree on one key."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(make())
            try:
                os.link(draft, path)  # fails when another process was first: its key is the one
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The state folder {path.parent} cannot be used: {error.strerror}.") from None
