"""What is turned on for a while: the switches in a Canary's spec, and Flux's annotation of the target (`flux_hold`)."""

from __future__ import annotations

from enum import StrEnum

from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.observations import Canary, Kind


class Switch(StrEnum):
    """By the name of the field."""

    SUSPEND = "suspend"
    SKIP_ANALYSIS = "skipAnalysis"
    RECONCILE = "reconcile"


OF_THE_CANARY = frozenset({Switch.SUSPEND, Switch.SKIP_ANALYSIS})


def is_on(switch: Switch, canary: Canary) -> bool:
    return canary.suspended if switch is Switch.SUSPEND else canary.skip_analysis


def turned(switch: Switch, canary: Canary, *, on: bool) -> Patch:
    return Patch(
        Kind.CANARY,
        canary.namespace,
        canary.name,
        Form.MERGE,
        {"metadata": {"resourceVersion": canary.resource_version}, "spec": {switch.value: on}},
        f"{switch} to {str(on).lower()}",
        done=is_on(switch, canary) == on,
    )
