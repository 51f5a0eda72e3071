"""Flux told to leave the target alone for a time, so that it does not put a version back that somebody has replaced
(flagger.md 10.5): an annotation of the target, taken off again when the time is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rollouts.domain.commands.patches import Form, Patch, kind_of
from rollouts.domain.commands.reversal import Reversal, time_words, whole_minutes
from rollouts.domain.commands.switches import Switch
from rollouts.domain.earlier import Versions
from rollouts.domain.observations import Canary
from rollouts.domain.ownership import DISABLED, RECONCILE

FLUX = "flux"
"""What may be chosen: for how many minutes it is left alone; nothing for not at all."""
LONGEST_MINUTES = 7 * 24 * 60
PLACE = f"/metadata/annotations/{RECONCILE.replace('/', '~1')}"


def chosen(choice: Mapping[str, str], versions: Versions, *, of_several: bool = False) -> Reversal | str | None:
    """Text is the sentence why it cannot be. `of_several`: it was chosen for several clusters at once, and holds in
    those where it can.
    """
    minutes = choice.get(FLUX, "")
    if not minutes:
        return None
    if not 1 <= whole_minutes(minutes) <= LONGEST_MINUTES:
        return f"Flux can leave it alone for 1 to {LONGEST_MINUTES} whole minutes, and not “{minutes[:40]}”."
    if of_several and (versions.let_alone or not versions.kustomized):
        return None
    if not versions.kustomized:
        return "No Kustomization of Flux applies this target, as far as its labels tell."
    if versions.let_alone:
        return "Flux is told to leave this target alone already."
    return Reversal(Switch.RECONCILE, timedelta(minutes=int(minutes)))


def on() -> tuple[Mapping[str, Any], ...]:
    """For a JSON patch of the target, whose controller has annotated it already."""
    return ({"op": "add", "path": PLACE, "value": DISABLED},)


def off(canary: Canary) -> Patch:
    """Only what was put there: another value is somebody else's."""
    body = ({"op": "test", "path": PLACE, "value": DISABLED}, {"op": "remove", "path": PLACE})
    return Patch(kind_of(canary), canary.namespace, canary.target_name, Form.JSON, body, f"{RECONCILE} taken off")


def undone_by(hold: Reversal) -> str:
    return (
        f"Flux, after {time_words(hold.after)}: until then it leaves the target alone, also what else of it comes from"
        " Git. Let Git follow by then."
    )
