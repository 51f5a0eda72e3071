"""Restart pods: those of blue are replaced, with the version that they have (flagger.md 10.8)."""

from __future__ import annotations

from datetime import datetime

from rollouts.domain.changes import unready
from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.observations import Phase
from rollouts.domain.phases import PROMOTED, RUNNING
from rollouts.domain.rollout import LiveSide, RolloutState

ACT = Act.RESTART_PODS
BLUE = "blue"
"""In the choice kept with the command: a digest of the template that blue had."""
ALREADY = "Blue's pods are being replaced, or are not ready."


RECREATE, ON_DELETE = "Recreate", "OnDelete"


def restart_pods(wanted: Wanted, state: RolloutState, _now: datetime) -> Plan | Refusal:
    """Green is left alone: another template of it would begin a release."""
    canary, blue = state.canary, state.blue
    if canary.target_kind not in ("Deployment", "DaemonSet"):
        return Refusal(ACT, f"The target is a {canary.target_kind}, which has no pods of its own.")
    if canary.phase in RUNNING:
        reason = "A release is running: Flagger waits for blue's pods at each tick, and compares green with them."
        return Refusal(ACT, reason, "Wait for the end.")
    if canary.phase not in PROMOTED | {Phase.FAILED}:
        return Refusal(ACT, "The Canary is not initialized, so there is no blue yet.")
    if blue is None:
        return Refusal(ACT, "Blue has not been read yet.", "It is read while its page is open.")
    if blue.template != wanted.choice.get(BLUE, blue.template):
        return Refusal(ACT, "Blue has been changed since this was shown.", "Look at it again.")
    if blue.wanted == 0:
        return Refusal(ACT, "Blue has no pods.")
    if blue.paused:
        reason = f"{blue.kind} {blue.name} is paused: it would replace no pod."
        return Refusal(ACT, reason, "Let it go on first (kubectl rollout resume).")
    if blue.update == ON_DELETE:
        return Refusal(ACT, f"{blue.kind} {blue.name} replaces a pod only when somebody deletes it ({ON_DELETE}).")
    if unready(blue):
        return Refusal(ACT, ALREADY, "Wait until they are ready.")
    outage = blue.update == RECREATE
    how = (
        f"at once, with the version that they have. All pods end before new ones begin (strategy {RECREATE})."
        if outage
        else "at once, a few at a time, with the version that they have."
    )
    return Plan(
        ACT,
        (patches.restarted(canary, wanted.mark),),
        f"The pods of blue are replaced {how} Flagger is not asked, and no release begins.",
        None,
        _users(alone=state.live.side is LiveSide.BLUE, outage=outage),
        warnings=_warnings(state),
        typed=wanted.name(canary) if outage else "",
        meant={BLUE: blue.template},
    )


def _users(*, alone: bool, outage: bool) -> str:
    if outage:
        return "They get no answer meanwhile." if alone else "Those on blue get no answer meanwhile."
    if alone:
        return "Nothing, as far as the pods end and begin gracefully."
    return "It is not blue alone that serves them; those on blue notice nothing as far as its pods end gracefully."


def _warnings(state: RolloutState) -> tuple[str, ...]:
    found = []
    if state.canary.phase is Phase.FAILED:
        found.append(
            "A version that arrives before all are ready may go unnoticed by Flagger: Retry brings it up then."
        )
    if state.blue is not None and state.blue.wanted == 1:
        found.append("Blue has one pod.")
    return tuple(found)


def are_new(state: RolloutState, blue_before: str) -> bool:
    blue = state.blue
    return blue is not None and blue.template != blue_before and not unready(blue)


def how_far_restarted(state: RolloutState, blue_before: str) -> str:
    blue = state.blue
    if blue is None or blue.template == blue_before:
        return "Blue's pods are still to be looked at."
    rolling = ", old pods among them" if blue.rolling else ""
    return f"Blue's pods are being replaced: {blue.ready} of {blue.wanted} are ready{rolling}."
