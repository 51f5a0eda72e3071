"""The wait for what several clusters have to be asked before a person can choose: as long as it is worth it, and for
none that gives no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from rollouts import wiring
from rollouts.domain.commands import Act
from rollouts.domain.commands.by_images import IMAGES
from rollouts.services import act as acts
from rollouts.web.asked_first import AGAIN

WAITED, MOST_WAITED = "waited", 12
"""How often the dialog has asked already, once a second, and after how many it goes on without those that are left."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`asked` says what the clusters are asked, `missing` are those of which nothing is known yet; `again` is the
    address to ask at, empty where nobody waits any longer.
    """

    asked: str
    missing: tuple[str, ...]
    again: str


VERSIONS, VALUES = "which earlier versions they know", "what their ConfigMaps say"


def of(request: HttpRequest, act: Act, parts: Sequence[acts.Part], now: datetime) -> Reading | None:
    """None where nothing is to be said of it. Tasks are asked for what is still to be read."""
    found = acts.being_read_in(parts=parts, enqueue=wiring.enqueue, now=now)
    if not found:
        return None
    waited = _waited(request)
    chosen = request.GET.get(IMAGES) or AGAIN in request.GET
    unknown = [part.rollout for part in parts if part.versions is None and part.configs is None]
    missing = tuple(one.cluster.name for one in unknown if one in found)
    asked = VALUES if act is Act.CONFIG_VALUE else VERSIONS
    if request.method == "POST" or chosen or waited >= MOST_WAITED:
        return Reading(asked, missing, "") if missing else None
    again = request.GET.copy()
    again[WAITED] = str(waited + 1)
    return Reading(asked, missing, f"{request.path}?{again.urlencode()}")


def _waited(request: HttpRequest) -> int:
    text = request.GET.get(WAITED, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
