"""Roll back a release that is analysed (flagger.md 10.3; proven 4, 5, 7, 9, 10, 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.forcing import (
    AT_ONCE,
    BACK_AFTER,
    BEFORE,
    FORCED,
    LOOKS_EVERY,
    NOT_FORCED,
    TICK,
    forcing,
    to_force,
)
from rollouts.domain.commands.reversal import Reversal
from rollouts.domain.commands.switches import Switch
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, PROMOTING
from rollouts.domain.progress import gives_up_at, next_tick, skips, waits_for_pods
from rollouts.domain.rollout import LiveSide, RolloutState

LATER = "Once it has succeeded, put an earlier version on the target (Earlier version)."
AT_A_TICK = "Flagger rolls back at its next tick: green is scaled down, and the release ends as Failed."
FORCED_WORDS = (
    "For that the interval is changed from {} to {}, and back when the release has ended, after a minute in any case."
    " Each of the two has Flagger tick within ten seconds: up to two ticks are added."
)


def roll_back(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    """`failedChecks` at the threshold rolls back at the next tick; where users are on green, they are moved at once."""
    canary, act = state.canary, Act.ROLL_BACK
    if canary.phase in PROMOTING:
        reason = f"In {canary.phase} the old version is already being overwritten, and Flagger ignores failed checks."
        return Refusal(act, reason, f"Wait for the end. {LATER}")
    if canary.phase is Phase.WAITING:
        return Refusal(act, "Nothing has begun yet: the release waits for approval, and users are on blue.")
    if canary.phase not in ANALYSING:
        return Refusal(act, "No release is running.", LATER if canary.phase is Phase.SUCCEEDED else "")
    if skips(canary):
        reason = "The analysis is switched off (skipAnalysis), so the next tick promotes whatever the checks say."
        return Refusal(act, reason, "Pause it, or switch the analysis on first.")
    if (tick := wanted.choice.get(TICK, "")) not in ("", AT_ONCE):
        return Unsaid(
            act, f"Flagger's next tick comes at its usual time, or {AT_ONCE}, and not “{tick[:40]}”.", field=TICK
        )
    to_blue = _to_blue(state)
    abort = patches.status(canary, f"failedChecks to {canary.threshold}", failedChecks=canary.threshold)
    plan = Plan(
        act,
        (abort,) if to_blue is None else (abort, to_blue),
        "It is suspended: Flagger rolls back at the first tick after it is resumed." if canary.suspended else AT_A_TICK,
        next_tick(state, now),
        _users(state, at_once=to_blue is not None),
        warnings=_warnings(state, now),
    )
    return _forced(plan, wanted, canary, now) if tick else plan


def _forced(plan: Plan, wanted: Wanted, canary: Canary, now: datetime) -> Plan:
    """Where no tick can be forced it is rolled back all the same."""
    found = forcing(wanted.choice, canary)
    if isinstance(found, str):
        effect = f"{plan.effect} {NOT_FORCED.format(found)}"
        return replace(plan, effect=effect, meant={BEFORE: "", FORCED: ""})
    soon = now + LOOKS_EVERY
    return replace(
        plan,
        effect=f"{plan.effect} That tick is forced, and comes within ten seconds.",
        next_at=min(plan.next_at or soon, soon),
        warnings=(*plan.warnings, FORCED_WORDS.format(found.before, found.forced)),
        meant={BEFORE: found.before, FORCED: found.forced},
        then=(to_force(canary, found),),
        reversal=Reversal(Switch.INTERVAL, BACK_AFTER, with_release=True),
    )


def _to_blue(state: RolloutState) -> patches.Patch | None:
    route = state.route
    if state.live.side not in (LiveSide.GREEN, LiveSide.SPLIT) or route is None or not route.to_blue:
        return None
    return patches.traffic_to_blue(route)


def _users(state: RolloutState, *, at_once: bool) -> str:
    match state.live.side:
        case LiveSide.BLUE:
            return "Nothing: they are on blue and stay there."
        case LiveSide.UNKNOWN:
            return "It is not known on which side they are. After the roll back they are on blue."
        case _:
            when = "at once" if at_once else "at the next tick"
            return f"Those on green are moved back to blue {when}."


def _warnings(state: RolloutState, now: datetime) -> tuple[str, ...]:
    found = []
    if waits_for_pods(state, now):
        until = gives_up_at(state, now)
        by_itself = f" By itself it gives up at {until:%H:%M} UTC." if until is not None else ""
        found.append(
            f"Green is not ready, and Flagger asks for that before it looks at failed checks: nothing ends before green"
            f" is ready, or has no pods to wait for: then Green to 0 ends it.{by_itself}"
        )
    if state.live.side in (LiveSide.GREEN, LiveSide.SPLIT) and _to_blue(state) is None:
        found.append("Their way cannot be changed from here, so users stay on green until the next tick.")
    return tuple(found)
