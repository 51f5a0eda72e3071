"""Whether a command that the cluster accepted has brought about what it was for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from rollouts.domain.commands.act import Act
from rollouts.domain.commands.binding import Binding
from rollouts.domain.commands.earlier_version import is_fast, is_unchecked
from rollouts.domain.commands.gating import followed
from rollouts.domain.commands.promoting import blue_has_it, off_for, what_is_awaited
from rollouts.domain.commands.restarting import are_new, how_far_restarted
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, PROMOTING
from rollouts.domain.rollout import Outcome, RolloutState


@dataclass(frozen=True, slots=True)
class Followed:
    """`observed` is False when it can no longer come about."""

    observed: bool
    sentence: str


WAITED_FOR_TICKS = 5
WAITED_FOR_AT_LEAST = timedelta(seconds=60)
BLUE_ROLLS_FOR = timedelta(minutes=15)
NOTHING: Mapping[str, str] = {}


def skips_analysis(act: Act, choice: Mapping[str, str]) -> bool:
    """Whether the command switches the analysis off for a release."""
    return act is Act.PROMOTE_NOW or (act is Act.EARLIER_VERSION and is_fast(choice))


def as_promotion(act: Act, choice: Mapping[str, str], binding: Binding) -> tuple[Act, Binding]:
    """What is promoted unchecked is followed alike: of an earlier version it is the next release."""
    if act is Act.EARLIER_VERSION and is_unchecked(choice):
        return Act.PROMOTE_NOW, replace(binding, release=binding.release + 1)
    return act, binding


def waited_for(act: Act, interval: timedelta, choice: Mapping[str, str] = NOTHING) -> timedelta:
    """How long after it was accepted something may come about at the latest."""
    if act is Act.RESTART_PODS:
        return BLUE_ROLLS_FOR
    if skips_analysis(act, choice) or is_unchecked(choice):
        return off_for(interval) + BLUE_ROLLS_FOR
    return max(WAITED_FOR_TICKS * interval, WAITED_FOR_AT_LEAST)


def follow(
    act: Act, binding: Binding, state: RolloutState, blue_before: str = "", choice: Mapping[str, str] | None = None
) -> Followed | None:
    """None while it is still to come. `blue_before` as in `promoting.blue_has_it`, `choice` that of the command."""
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
        case Act.NEW_VERSION | Act.EARLIER_VERSION | Act.CONFIG_VALUE:
            begun = state.releases > binding.release
            return Followed(True, f"Release {state.releases} has begun.") if begun else None
        case Act.RESTART_PODS:
            return Followed(True, "All of blue's pods are new.") if are_new(state, blue_before) else None
        case Act.ROLL_BACK | Act.SKIP_ITERATIONS | Act.GREEN_TO_ZERO:
            return _of_the_release(act, binding, state)
        case Act.OPEN_GATE | Act.CLOSE_GATE:
            found = followed(act, choice or {}, binding, state)
            return Followed(*found) if found is not None else None
        case Act.PROMOTE_NOW:
            return _promoted(binding, state, blue_before)
    return None


def awaited(act: Act, state: RolloutState, blue_before: str) -> str:
    """What is seen of it so far; empty where there is nothing to tell."""
    match act:
        case Act.PROMOTE_NOW:
            return what_is_awaited(state, blue_before)
        case Act.RESTART_PODS:
            return how_far_restarted(state, blue_before)
        case _:
            return ""


def is_done(act: Act, canary: Canary) -> bool:
    """Whether no iteration is left, or the release is promoted or about to be: nothing is to be written then. Where the
    others are done already, judging them gives patches that say so.
    """
    if act is Act.PROMOTE_NOW:
        return canary.phase is Phase.SUCCEEDED or (canary.phase in ANALYSING and canary.skip_analysis)
    analysing = canary.phase is Phase.PROGRESSING and canary.iterations_wanted > 0
    return act is Act.SKIP_ITERATIONS and analysing and canary.iterations >= canary.iterations_wanted


def _promoted(binding: Binding, state: RolloutState, blue_before: str) -> Followed | None:
    release = state.release
    if state.releases < binding.release:
        return None
    if state.releases != binding.release or release is None:
        return Followed(False, "The next release has begun before blue was seen to be ready.")
    match release.outcome:
        case Outcome.SUCCEEDED if blue_has_it(state, blue_before):
            return Followed(True, "The release is promoted, and blue is ready with it.")
        case Outcome.SUCCEEDED | Outcome.RUNNING:
            return None
        case _:
            return Followed(False, "The release failed before it was promoted.")


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
