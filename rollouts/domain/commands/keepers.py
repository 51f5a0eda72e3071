"""Who keeps a Canary, as far as acts are concerned: who forbids one, and who may undo it."""

from __future__ import annotations

from rollouts.domain.commands.act import Act, Refusal
from rollouts.domain.observations import Canary
from rollouts.domain.ownership import OwnerKind, owner_of


def of_the_policy(act: Act, canary: Canary) -> Refusal | None:
    """Of acts that write the spec."""
    if owner_of(canary).kind is not OwnerKind.KURATOR:
        return None
    reason = f"Kurator puts the spec of this Canary back within 30 s: it is kept by policy {canary.policy}."
    return Refusal(act, reason, "Change it in the policy, for all of its clusters.")
