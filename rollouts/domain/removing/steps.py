"""The steps of a removal. Each is looked at before it is done, so that it may be repeated by whoever comes next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

ACT = "remove"
"""Of the audit trail, and of required reasons."""


class Step(StrEnum):
    REVERT = "revert"
    """`revertOnDeletion` is switched on: on the hub in the policy, or in a plain Canary itself."""
    PREPARED = "prepared"
    """In a cluster: Canary and Flagger show that it will be brought back, and nothing speaks against it."""
    WITHDRAW = "withdraw"
    """On the hub: `rollout` is taken out of the policy, so that Kurator lets go of the Canaries (proven K5)."""
    GONE = "gone"
    """In a cluster: the Canary is deleted."""
    TAKEN_OVER = "taken-over"
    """In a cluster: the target has ready pods, and the Service of the users selects them."""
    CLEARED = "cleared"
    """In a cluster: what belonged to the Canary is gone with it."""


ON_THE_HUB = (Step.REVERT, Step.WITHDRAW)
IN_A_CLUSTER = (Step.PREPARED, Step.GONE, Step.TAKEN_OVER, Step.CLEARED)
OF_A_CANARY = (Step.REVERT, *IN_A_CLUSTER)
"""Of one that no policy makes: there is no hub."""

TITLES: Mapping[Step, str] = {
    Step.REVERT: "revertOnDeletion is on in the policy",
    Step.PREPARED: "Flagger will bring the target back",
    Step.WITHDRAW: "rollout is taken out of the policy",
    Step.GONE: "The Canary is deleted",
    Step.TAKEN_OVER: "The target serves users",
    Step.CLEARED: "Blue and its Services are gone",
}


PLAIN_TITLES: Mapping[Step, str] = {**TITLES, Step.REVERT: "revertOnDeletion is on in the Canary"}


def steps_of(on_hub: bool, *, plain: bool = False) -> tuple[Step, ...]:
    if plain:
        return OF_A_CANARY
    return ON_THE_HUB if on_hub else IN_A_CLUSTER


_ORDER = (
    "On the hub revertOnDeletion is switched on in the policy.",
    "In every cluster it is waited for that Canary and Flagger show it, and looked whether the target can take over.",
    "On the hub rollout is taken out of the policy. Canaries go on working, and Kurator lets go of them.",
    "In every cluster the Canary is suspended, so that no tick comes between, and deleted. Flagger gives the target the"
    " replicas of blue, and leads users there when its pods are ready.",
    "In every cluster it is looked whether the target serves users, and what is left behind.",
)
_PLAIN_ORDER = (
    "revertOnDeletion is switched on in the Canary.",
    "It is waited for that Flagger has put its finalizer on it, and looked whether the target can take over.",
    "The Canary is suspended, so that no tick comes between, and deleted. Flagger gives the target the replicas of"
    " blue, and leads users there when its pods are ready.",
    "It is looked whether the target serves users, and what is left behind.",
)


def order_of(*, plain: bool) -> tuple[str, ...]:
    """What is said before the click of what will be done. `plain`: of a Canary that no policy makes."""
    return _PLAIN_ORDER if plain else _ORDER
