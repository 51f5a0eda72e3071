"""The wait for earlier versions of several clusters: as long as it is worth it, and for none that gives no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from rollouts import wiring
from rollouts.domain.commands.by_images import IMAGES
from rollouts.services import act as acts

WAITED, MOST_WAITED = "waited", 12
"""How often the dialog has asked already, once a second, and after how many it goes on without those that are left."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`missing` are the clusters of which no versions are known yet; `again` is the address to ask at, empty where
    nobody waits any longer.
    """

    missing: tuple[str, ...]
    again: str


def of(request: HttpRequest, parts: Sequence[acts.Part], now: datetime) -> Reading | None:
    """None where nothing is to be said of it. Tasks are asked for what is still to be read."""
    found = acts.being_read_in(parts=parts, enqueue=wiring.enqueue, now=now)
    if not found:
        return None
    waited = _waited(request)
    goes_on = request.method == "POST" or request.GET.get(IMAGES) or waited >= MOST_WAITED
    missing = tuple(part.rollout.cluster.name for part in parts if part.rollout in found and part.versions is None)
    if goes_on:
        return Reading(missing, "") if missing else None
    again = request.GET.copy()
    again[WAITED] = str(waited + 1)
    return Reading(missing, f"{request.path}?{again.urlencode()}")


def _waited(request: HttpRequest) -> int:
    text = request.GET.get(WAITED, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
