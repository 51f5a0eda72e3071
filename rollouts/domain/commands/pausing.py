"""Pause, for a time or until somebody resumes, and resume (proven 9; flagger.md 10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.keepers import of_the_policy
from rollouts.domain.commands.reversal import Reversal, time_words, whole_minutes
from rollouts.domain.commands.switches import Switch, turned
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import owner_of, undone_by
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.rollout import LiveSide, RolloutState

FOR, THEN = "for", "then"
"""What may be chosen: for how many minutes, and what happens then."""
REMIND, RESUME = "remind", "resume"
LONGEST_MINUTES = 7 * 24 * 60


def pause(wanted: Wanted, state: RolloutState, _now: datetime) -> Plan | Refusal:
    canary, act = state.canary, Act.PAUSE
    if canary.suspended:
        return Refusal(act, "It is suspended already.")
    if refusal := of_the_policy(act, canary):
        return refusal
    reversal = for_a_time(wanted.choice)
    if isinstance(reversal, Refusal):
        return reversal
    running = canary.phase in RUNNING
    effect = "The release stays where it is" if running else "New versions are not noticed"
    return Plan(
        act,
        (turned(Switch.SUSPEND, canary, on=True),),
        f"{effect} from Flagger's next tick on, {until_words(reversal, 'its page')}.",
        None,
        "Nothing.",
        undone_by=undone_by(owner_of(canary)),
        warnings=_warnings_of_a_pause(state, reversal),
        reversal=reversal,
    )


def for_a_time(choice: Mapping[str, str]) -> Reversal | Refusal | None:
    """None: until somebody resumes it."""
    minutes, then = choice.get(FOR, ""), choice.get(THEN, "") or REMIND
    if then not in (REMIND, RESUME):
        sentence = f"When the time is over: {REMIND} or {RESUME}, and not “{then[:40]}”."
        return Unsaid(Act.PAUSE, sentence, field=THEN)
    if not minutes and choice.get(THEN):
        return Unsaid(Act.PAUSE, "Say for how many minutes it is paused: only then there is an end of it.", field=FOR)
    if not minutes:
        return None
    if not 1 <= whole_minutes(minutes) <= LONGEST_MINUTES:
        sentence = f"It can be paused for 1 to {LONGEST_MINUTES} whole minutes, and not “{minutes[:40]}”."
        return Unsaid(Act.PAUSE, sentence, field=FOR)
    return Reversal(Switch.SUSPEND, timedelta(minutes=int(minutes)), by_itself=then == RESUME)


def until_words(reversal: Reversal | None, page: str) -> str:
    """`page` is where somebody is reminded of it."""
    if reversal is None:
        return "until it is resumed"
    after = time_words(reversal.after)
    if reversal.by_itself:
        return f"until it is resumed: by itself {after} after it is paused, if nobody does so before"
    return f"until somebody resumes it; after {after} {page} and the fleet remind of it"


def _warnings_of_a_pause(state: RolloutState, reversal: Reversal | None) -> tuple[str, ...]:
    found = []
    if state.live.side in (LiveSide.GREEN, LiveSide.SPLIT):
        found.append("Users are on green and stay there, unchecked: nothing rolls back while it is suspended.")
    if state.canary.phase is Phase.PROMOTING:
        found.append("Blue is being overwritten; its pods go on changing.")
    if reversal is not None and reversal.by_itself and state.canary.phase in RUNNING:
        found.append("When the time is over the release goes on, whether somebody looks or not.")
    return tuple(found)


def resume(_wanted: Wanted, state: RolloutState, _now: datetime) -> Plan | Refusal:
    canary, act = state.canary, Act.RESUME
    if not canary.suspended:
        return Refusal(act, "It is not suspended.")
    if refusal := of_the_policy(act, canary):
        return refusal
    warnings = []
    if canary.phase in ANALYSING and canary.failed_checks >= canary.threshold:
        warnings.append("The first tick rolls back, since too many checks have failed.")
    if canary.skip_analysis:
        warnings.append("The analysis is switched off (skipAnalysis): the first tick promotes without checks.")
    going_on = "The release goes on where it stood" if canary.phase in RUNNING else "New versions are noticed again"
    return Plan(
        act,
        (turned(Switch.SUSPEND, canary, on=False),),
        f"{going_on} at Flagger's next tick.",
        None,
        "Nothing by itself.",
        undone_by=undone_by(owner_of(canary)),
        warnings=tuple(warnings),
    )
