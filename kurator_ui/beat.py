"""Schedules for beat that sleep until something is due.

Celery's own wakes ten milliseconds before, and asks again without a pause until it is: thirty looks a second, for a
task every few seconds.
"""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler, Scheduler


class Punctual(Scheduler):
    """Remembers nothing from one start to the next."""

    def adjust(self, n: Any, drift: float = 0.0) -> float:
        return super().adjust(n, drift)


class PunctualAndKept(Punctual, PersistentScheduler):
    """Keeps in a file when what was last asked for."""
