"""How a removal ends, and what is left then: at every step users are served, so it may end at any."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from rollouts.domain.removing.steps import OF_A_CANARY, ON_THE_HUB, Step
from rollouts.models import Removal, RemovalState
from rollouts.services.remove import trail

LEFT_AS_IT_IS = {
    False: "The policy still has its rollout, perhaps with revertOnDeletion, which does nothing until a Canary is"
    " deleted.",
    True: "The policy has no rollout any more. Canaries that are still there go on working, and nobody keeps them."
    " One may be suspended by now: resume it.",
}

LEFT_OF_A_CANARY = {
    False: "The Canary is as it was, perhaps with revertOnDeletion, which does nothing until it is deleted.",
    True: "A Canary that is being deleted Flagger brings to its end. One that is still there may be suspended by now:"
    " resume it, or no release goes on. After that it can be removed anew.",
}


def left(removal: Removal) -> str:
    """What is left when it ends now."""
    return (LEFT_OF_A_CANARY if removal.plain else LEFT_AS_IT_IS)[has_begun(removal)]


def has_begun(removal: Removal) -> bool:
    """Whether the rollout was taken out of the policy, or the plain Canary may be deleted at any moment."""
    if removal.plain:
        part = removal.parts.first()
        return part is not None and len(part.done) >= OF_A_CANARY.index(Step.GONE)
    hub = removal.parts.filter(on_hub=True).first()
    return hub is not None and len(hub.done) == len(ON_THE_HUB)


def end(removal: Removal, state: RemovalState, sentence: str, now: datetime, *, by_program: bool = True) -> bool:
    """False, and nothing written, when it has ended already."""
    with transaction.atomic():
        held = Removal.objects.filter(pk=removal.pk, state=RemovalState.OPEN)
        if not held.update(state=state, sentence=sentence, ended_at=now):
            return False
        removal.state, removal.sentence, removal.ended_at = state, sentence, now
        trail.ended(removal, by_program=by_program)
    return True
