"""Promote now: the analysis is switched off for one release, and on again when that has ended (proven 8; flagger.md
5.2, 10.2).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rollouts.domain.changes import unready
from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.keepers import of_the_policy
from rollouts.domain.commands.reversal import Reversal, time_words
from rollouts.domain.commands.switches import Switch, turned
from rollouts.domain.observations import Canary, Phase, Workload
from rollouts.domain.ownership import owner_of, undone_by
from rollouts.domain.phases import ANALYSING, PROMOTING
from rollouts.domain.progress import interval_of, next_tick, skips, waits_for_pods
from rollouts.domain.rollout import LiveSide, Outcome, RolloutState

TICKS, AT_LEAST, AT_MOST = 10, timedelta(minutes=10), timedelta(hours=2)
"""How long the analysis stays off when the release does not end."""


def off_for(interval: timedelta) -> timedelta:
    """In whole minutes."""
    longest = min(max(TICKS * interval, AT_LEAST), AT_MOST)
    return timedelta(minutes=-(-longest.total_seconds() // 60))


def promote_now(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    """`skipAnalysis` promotes green at the next tick at which it is ready, before anything else is asked."""
    canary = state.canary
    if refusal := _refusal(canary):
        return refusal
    reversal = Reversal(Switch.SKIP_ANALYSIS, off_for(interval_of(canary)), with_release=True)
    return Plan(
        Act.PROMOTE_NOW,
        (turned(Switch.SKIP_ANALYSIS, canary, on=True),),
        "At Flagger's next tick at which green is ready it is promoted without any further check, and the release ends"
        " as Succeeded. The analysis is switched on again as soon as the release has ended, after"
        f" {time_words(reversal.after)} in any case.",
        next_tick(state, now),
        _users(state),
        undone_by=undone_by(owner_of(canary)),
        warnings=_warnings(state, now),
        reversal=reversal,
        typed=wanted.name(canary),
    )


def _refusal(canary: Canary) -> Refusal | None:
    act = Act.PROMOTE_NOW
    if canary.phase in PROMOTING:
        return Refusal(act, f"In {canary.phase} all checks are done: it is being promoted.", "Wait for the end.")
    if canary.phase is Phase.WAITING:
        reason = "The release waits for approval to start, which is asked for without an analysis too."
        return Refusal(act, reason, "Open its gate first.")
    if canary.phase not in ANALYSING:
        return Refusal(act, "No release is running: the next version would go live unchecked.")
    if skips(canary):
        return Refusal(act, "The analysis is switched off (skipAnalysis): the next tick promotes anyway.")
    if canary.suspended:
        return Refusal(act, "It is suspended.", "Resume it first: while it is suspended Flagger does nothing at all.")
    return of_the_policy(act, canary)


def _users(state: RolloutState) -> str:
    rolled = "blue takes over the new version pod by pod, while it serves them, and nothing rolls back any more"
    if state.live.side is LiveSide.BLUE:
        return f"They stay on blue: {rolled}."
    return f"At that tick all are on blue, which has the old version at first: {rolled}."


def _warnings(state: RolloutState, now: datetime) -> tuple[str, ...]:
    canary = state.canary
    found = ["A version that arrives before the analysis is on again goes live unchecked."]
    if canary.failed_checks:
        found.append(f"{_checks(canary.failed_checks)} failed in this release, and nobody looks at that.")
    if canary.failed_checks >= canary.threshold:
        found.append("Without it the next tick rolls back.")
    if waits_for_pods(state, now):
        found.append("Green is not ready, and nothing is promoted before it is.")
    if unready(state.blue):
        found.append("Blue is not ready now: Flagger does not wait for it, and users are sent to it.")
    if canary.phase is Phase.WAITING_PROMOTION:
        found.append("Somebody is asked to approve this promotion. Nobody waits for the answer.")
    return tuple(found)


def _checks(number: int) -> str:
    return "One check has" if number == 1 else f"{number} checks have"


def blue_has_it(state: RolloutState, blue_before: str) -> bool:
    """Success comes before blue has rolled. With every promotion Flagger gives blue another template, so one that is
    still `blue_before` was read earlier.
    """
    if state.canary.target_kind == "Service":
        return True
    blue = state.blue
    return blue is not None and blue.template != blue_before and not unready(blue)


def what_is_awaited(state: RolloutState, blue_before: str) -> str:
    """Of a promotion that the cluster has accepted; empty while the tick is still to come."""
    if state.release is None or state.release.outcome is not Outcome.SUCCEEDED:
        return ""
    blue = state.blue
    if blue is None or blue.template == blue_before:
        return "Promoted. Blue's pods are still to be looked at."
    return f"Promoted. Blue is being rolled: {_ready(blue)}."


def _ready(blue: Workload) -> str:
    rolling = ", old pods among them" if blue.rolling else ""
    return f"{blue.ready} of {blue.wanted} pods are ready{rolling}"
