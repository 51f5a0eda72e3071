"""Force Flagger's tick: whoever changes the interval of an analysis has it tick anew within ten seconds (proven 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ownership import OwnerKind, owner_of

TICK, AT_ONCE = "tick", "at-once"
"""What a roll back can be told."""
BEFORE, FORCED = "interval", "forced"
"""Kept with it: the interval as it was and is put back, and what it is meanwhile."""
LOOKS_EVERY = timedelta(seconds=10)
"""How often Flagger looks for intervals that were changed."""
BACK_AFTER = timedelta(minutes=1)
"""At the latest: it has looked several times by then."""
NOT_FORCED = "No tick is forced. {}"
"""With the reason."""


@dataclass(frozen=True, slots=True)
class Forcing:
    before: str
    forced: str


def forcing(choice: Mapping[str, str], canary: Canary) -> Forcing | str:
    """Of a tick that was asked for; or the sentence why it is not forced."""
    if sentence := why_not(canary):
        return sentence
    before, forced = choice.get(BEFORE, canary.interval_text), f"{canary.interval + 1}s"
    if canary.interval_text == before:
        return Forcing(before, forced)
    if before and canary.interval_text == choice.get(FORCED):  # by an earlier attempt
        return Forcing(before, canary.interval_text)
    return "Somebody has changed the interval meanwhile."


def why_not(canary: Canary) -> str:
    if canary.suspended:
        return "While it is suspended no tick does anything."
    if owner_of(canary).kind is OwnerKind.KURATOR:
        return "Kurator puts the interval back within 30 s, perhaps before Flagger has seen it."
    if not canary.interval_text:
        return "Its interval is not written in spec.analysis, or has not been read yet."
    return "" if timedelta(seconds=canary.interval) > LOOKS_EVERY else "It ticks every ten seconds as it is."


def is_forced(canary: Canary, choice: Mapping[str, str]) -> bool:
    return bool(canary.interval_text) and canary.interval_text == choice.get(FORCED)


def to_force(canary: Canary, found: Forcing) -> Patch:
    return _interval(canary, found.before, found.forced)


def to_put_back(canary: Canary, choice: Mapping[str, str]) -> Patch:
    return _interval(canary, choice.get(FORCED, ""), choice.get(BEFORE, ""))


def _interval(canary: Canary, seen: str, wanted: str) -> Patch:
    """It holds only while the interval is the one that was seen, whatever else is changed meanwhile."""
    path = "/spec/analysis/interval"
    body = ({"op": "test", "path": path, "value": seen}, {"op": "replace", "path": path, "value": wanted})
    done = canary.interval_text == wanted
    return Patch(Kind.CANARY, canary.namespace, canary.name, Form.JSON, body, f"interval to {wanted}", done=done)
