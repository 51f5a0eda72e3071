"""The box that says why a rollout is where it is, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.causes import Cause, CauseKind, Tone
from rollouts.queries.rollout import RolloutDetail

UNREADABLE = "The newest version of this Canary cannot be read."


@dataclass(frozen=True, slots=True)
class Why:
    """`foremost` is None when nothing goes on and nothing is wrong, or when the object itself is `unreadable`."""

    tone: Tone
    foremost: Cause | None = None
    others: tuple[Cause, ...] = ()
    unreadable: str = ""
    next_at: datetime | None = None
    next_words: str = ""
    ends_at: datetime | None = None
    gives_up_at: datetime | None = None
    """When the release is rolled back unless green becomes ready."""

    @property
    def title(self) -> str:
        return UNREADABLE if self.unreadable else ""


def why(detail: RolloutDetail) -> Why | None:
    if detail.unreadable:
        return Why(Tone.WARN, unreadable=detail.unreadable)
    how_far, found = detail.progress, detail.causes
    if how_far is None or not detail.is_newest or not (found or how_far.next_words):
        return None
    unseen = detail.cluster.old is not None
    return Why(
        tone=_worst(found),
        foremost=found[0] if found else None,
        others=found[1:],
        next_at=how_far.next_at,
        next_words="" if unseen else how_far.next_words,
        ends_at=how_far.ends_at,
        gives_up_at=None if unseen or _given_up(found) else how_far.gives_up_at,
    )


def _worst(found: tuple[Cause, ...]) -> Tone:
    return next((tone for tone in Tone if any(cause.tone is tone for cause in found)), Tone.PLAIN)


def _given_up(found: tuple[Cause, ...]) -> bool:
    return any(cause.kind in (CauseKind.SUSPENDED, CauseKind.FLAGGER_DOWN) for cause in found)
