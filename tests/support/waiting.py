"""Waiting for something that happens in another thread or process, with a deadline instead of a nap."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0


def until(
    happened: Callable[[], object], *, doing: Callable[[], None] = lambda: None, seconds: float = PATIENCE
) -> None:
    """Returns as soon as `happened` is true, `doing` something again and again before each look. Fails the test when it
    has not come true in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        doing()
        if happened():
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {seconds:g} s")
        time.sleep(0.01)
