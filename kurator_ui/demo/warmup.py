"""A past for a new installation: the story's first quarter of an hour, told on a virtual clock in about a second."""

from __future__ import annotations

import time
from pathlib import Path

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.story import Story

PAST_SECONDS = 900.0


def warm_up(folder: Path, members: tuple[str, ...], plain: tuple[str, ...], refill_seconds: float, seed: int) -> None:
    """Fill an empty folder, so that the first visitor finds releases that ended, failed and are under way."""
    clock = VirtualClock(time.time() - PAST_SECONDS)
    fleet = Fleet(folder, clock, members=members, plain=plain, refill_seconds=refill_seconds)
    fleet.background_saves = False
    fleet.prepare("")
    if not fleet.fresh:
        return
    Story(fleet, seed).begin()
    clock.advance(PAST_SECONDS)
    fleet.save(orderly=True)
