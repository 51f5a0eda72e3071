"""Time that goes by in the demo fleet, faster than here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kurator_ui.demo.serve import DemoFleet

BEAT, PACE = 0.5, 10
"""Seconds here from one advance to the next, and how many of the fleet's pass in one of them."""


@contextmanager
def passing(fleet: DemoFleet) -> Iterator[None]:
    over = threading.Event()

    def go() -> None:
        while not over.wait(BEAT):
            fleet.advance(BEAT * PACE)

    thread = threading.Thread(target=go, name="passing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
