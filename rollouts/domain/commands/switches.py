"""What is turned on for a while: the switches in a Canary's spec, and Flux's annotation of the target (`flux_hold`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from rollouts.domain.commands.forcing import is_forced, to_put_back
from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.observations import Canary, Kind


class Switch(StrEnum):
    """By the name of the field."""

    SUSPEND = "suspend"
    SKIP_ANALYSIS = "skipAnalysis"
    RECONCILE = "reconcile"
    INTERVAL = "interval"
    """On is another value for a moment, which forces a tick (`forcing`); off is the one that was there before."""


OF_THE_CANARY = frozenset({Switch.SUSPEND, Switch.SKIP_ANALYSIS, Switch.INTERVAL})


def is_on(switch: Switch, canary: Canary, choice: Mapping[str, str]) -> bool:
    """`choice` is that of the command that has turned it on."""
    if switch is Switch.INTERVAL:
        return is_forced(canary, choice)
    return canary.suspended if switch is Switch.SUSPEND else canary.skip_analysis


def turned_back(switch: Switch, canary: Canary, choice: Mapping[str, str]) -> Patch:
    """Off, as it was before the command of this choice."""
    return to_put_back(canary, choice) if switch is Switch.INTERVAL else turned(switch, canary, on=False)


def turned(switch: Switch, canary: Canary, *, on: bool) -> Patch:
    """Of those that are on or off."""
    return Patch(
        Kind.CANARY,
        canary.namespace,
        canary.name,
        Form.MERGE,
        {"metadata": {"resourceVersion": canary.resource_version}, "spec": {switch.value: on}},
        f"{switch} to {str(on).lower()}",
        done=is_on(switch, canary, {}) == on,
    )
