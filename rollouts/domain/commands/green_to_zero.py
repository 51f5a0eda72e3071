"""Green to 0 replicas: where its pods never become ready, Flagger looks at failed checks only once there are none to
wait for (flagger.md 10.3; proven 13, 14).
"""

from __future__ import annotations

from datetime import datetime

from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.runs import FIRST_RESUME
from rollouts.domain.live import routing_of
from rollouts.domain.observations import Canary
from rollouts.domain.phases import ANALYSING
from rollouts.domain.progress import next_tick, skips, waits_for_pods
from rollouts.domain.rollout import LiveSide, LiveSource, RolloutState

ACT = Act.GREEN_TO_ZERO
WAS = "replicas"
"""Kept in the choice: how many green had, so that a patch that was sent is recognised."""
KEPT_UP = ("Whatever applies the target with its number of replicas from Git, at its next round.",)
AUTOSCALED = (
    "Whether an autoscaler keeps green is not read here. A HorizontalPodAutoscaler leaves 0 replicas alone; another,"
    " such as KEDA, may scale green up again before the tick: then nothing ends, until that is paused."
)


def is_of(state: RolloutState, now: datetime) -> bool:
    """Whether there is any reason to speak of it."""
    return _has_replicas(state.canary) and _waits_for_green(state, now)


def _waits_for_green(state: RolloutState, now: datetime) -> bool:
    """And not for blue, whose pods stand in the way as well."""
    return waits_for_pods(state, now) and state.green is not None and state.green.ready < state.green.wanted


def green_to_zero(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    if refusal := _refusal(wanted, state, now):
        return refusal
    green = state.green
    if green is None:
        return Refusal(ACT, "Green has not been read yet.", "It is read while its page is open.")
    return Plan(
        ACT,
        (patches.no_replicas(state.canary, green),),
        "Flagger has no pods of green to wait for any more: at its next tick it sees the failed checks and rolls back,"
        " and the release ends as Failed. The next version is scaled up again.",
        next_tick(state, now),
        "Nothing: they are on blue and stay there.",
        undone_by=KEPT_UP,
        warnings=(AUTOSCALED,),
        meant={WAS: wanted.choice.get(WAS) or str(green.wanted)},
    )


def _refusal(wanted: Wanted, state: RolloutState, now: datetime) -> Refusal | None:
    canary = state.canary
    if canary.phase not in ANALYSING:
        return Refusal(ACT, "No release is being analysed.")
    if not _has_replicas(canary):
        return Refusal(ACT, f"The target is a {canary.target_kind}, which has no replicas to set.")
    if skips(canary):
        return Refusal(ACT, "The analysis is switched off (skipAnalysis): with 0 replicas it would be promoted.")
    if canary.suspended:
        return Refusal(ACT, "It is suspended.", FIRST_RESUME)
    if canary.failed_checks < canary.threshold:
        reason = "Without failed checks Flagger would take no pods for ready pods, and go on with the analysis."
        return Refusal(ACT, reason, "Roll back first.")
    sent = state.green is not None and not state.green.wanted and wanted.choice.get(WAS)
    if not sent and not _waits_for_green(state, now):
        return Refusal(ACT, "Green is ready, or has no pods: the next tick rolls back by itself.")
    return _not_on_blue(state)


def _has_replicas(canary: Canary) -> bool:
    return canary.target_kind == "Deployment"


def _not_on_blue(state: RolloutState) -> Refusal | None:
    """With a routing object it has to say so itself."""
    live = state.live
    told = routing_of(state.canary) is None or live.source is LiveSource.ROUTING
    if live.side is LiveSide.BLUE and told:
        return None
    return Refusal(ACT, "It is not certain that all users are on blue.", "Roll back first: that moves them.")
