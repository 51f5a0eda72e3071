"""Whether a command that the cluster accepted has brought about what it was for."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.commands.act import Act
from rollouts.domain.commands.binding import Binding
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, PROMOTING
from rollouts.domain.rollout import Outcome, RolloutState


@dataclass(frozen=True, slots=True)
class Followed:
    """`observed` is False when it can no longer come about."""

    observed: bool
    sentence: str


def follow(act: Act, binding: Binding, state: RolloutState) -> Followed | None:
    """None while it is still to come."""
    canary = state.canary
    if canary.uid != binding.uid or state.deleted_at is not None:
        return Followed(False, "The Canary was deleted.")
    match act:
        case Act.PAUSE:
            return Followed(True, "It is suspended.") if canary.suspended else None
        case Act.RESUME:
            return None if canary.suspended else Followed(True, "It is resumed.")
        case Act.RETRY:
            begun = state.releases > binding.release and canary.phase in ANALYSING
            return Followed(True, f"Release {state.releases} has begun.") if begun else None
        case Act.ROLL_BACK | Act.SKIP_ITERATIONS:
            return _of_the_release(act, binding, state)


def is_done(act: Act, canary: Canary) -> bool:
    """Whether no iteration is left, so that nothing is to be written: where the others are done already, judging them
    gives patches that say so.
    """
    analysing = canary.phase is Phase.PROGRESSING and canary.iterations_wanted > 0
    return act is Act.SKIP_ITERATIONS and analysing and canary.iterations >= canary.iterations_wanted


def _of_the_release(act: Act, binding: Binding, state: RolloutState) -> Followed | None:
    canary, release = state.canary, state.release
    if state.releases != binding.release or release is None:
        return Followed(False, "The next release has begun.")
    if act is Act.SKIP_ITERATIONS:
        moved = canary.iterations > canary.iterations_wanted or canary.phase in PROMOTING | {Phase.SUCCEEDED}
        if moved:
            return Followed(True, "The remaining iterations were skipped.")
        return Followed(False, "A check failed first.") if release.outcome is Outcome.FAILED else None
    match release.outcome:
        case Outcome.FAILED:
            return Followed(True, "The release is rolled back.")
        case Outcome.SUCCEEDED:
            return Followed(False, "The release was promoted before Flagger saw the failed checks.")
        case Outcome.RUNNING:
            return None
        case _:
            return Followed(False, "The release ended otherwise.")
