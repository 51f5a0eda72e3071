"""Whether an act can work now, and what it would do (flagger.md 5.2, 5.6, 10; what was seen of real controllers).

One function per act. Each says no with the reason and the next best act, or gives the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.earlier_version import earlier_version
from rollouts.domain.commands.gating import close_gate, open_gate
from rollouts.domain.commands.new_version import new_version
from rollouts.domain.commands.pausing import pause, resume
from rollouts.domain.commands.promoting import promote_now
from rollouts.domain.commands.runs import FIRST_RESUME, ON_BLUE_UNTIL_CHECKED, met_unchecked, no_run
from rollouts.domain.observations import Phase, Strategy
from rollouts.domain.phases import ANALYSING, PROMOTED, PROMOTING
from rollouts.domain.progress import gives_up_at, next_tick, skips, waits_for_pods
from rollouts.domain.rollout import LiveSide, RolloutState

Judged = Plan | Refusal

ROLL_BACK_LATER = "Once it has succeeded, put an earlier version on the target (Earlier version)."


def judge(wanted: Wanted, state: RolloutState, now: datetime) -> Judged:
    canary = state.canary
    if state.deleted_at is not None or canary.deleting:
        return Refusal(wanted.act, "The Canary is deleted.")
    if canary.phase is Phase.UNKNOWN:
        return Refusal(wanted.act, f"Phase {canary.phase_text} is not known here, so nobody can say what would happen.")
    return JUDGES[wanted.act](wanted, state, now)


def _roll_back(_wanted: Wanted, state: RolloutState, now: datetime) -> Judged:
    """`failedChecks` at the threshold rolls back at the next tick; where users are on green, they are moved at once."""
    canary, act = state.canary, Act.ROLL_BACK
    if canary.phase in PROMOTING:
        reason = f"In {canary.phase} the old version is already being overwritten, and Flagger ignores failed checks."
        return Refusal(act, reason, f"Wait for the end. {ROLL_BACK_LATER}")
    if canary.phase is Phase.WAITING:
        return Refusal(act, "Nothing has begun yet: the release waits for approval, and users are on blue.")
    if canary.phase not in ANALYSING:
        return Refusal(act, "No release is running.", ROLL_BACK_LATER if canary.phase is Phase.SUCCEEDED else "")
    if skips(canary):
        reason = "The analysis is switched off (skipAnalysis), so the next tick promotes whatever the checks say."
        return Refusal(act, reason, "Pause it, or switch the analysis on first.")
    to_blue = _to_blue(state)
    abort = patches.status(canary, f"failedChecks to {canary.threshold}", failedChecks=canary.threshold)
    effect = "Flagger rolls back at its next tick: green is scaled down, and the release ends as Failed."
    if canary.suspended:
        effect = "It is suspended: Flagger rolls back at the first tick after it is resumed."
    return Plan(
        act,
        (abort,) if to_blue is None else (abort, to_blue),
        effect,
        next_tick(state, now),
        _users_of_a_roll_back(state, at_once=to_blue is not None),
        warnings=_warnings_of_a_roll_back(state, now),
    )


def _to_blue(state: RolloutState) -> patches.Patch | None:
    route = state.route
    if state.live.side not in (LiveSide.GREEN, LiveSide.SPLIT) or route is None or not route.to_blue:
        return None
    return patches.traffic_to_blue(route)


def _users_of_a_roll_back(state: RolloutState, *, at_once: bool) -> str:
    match state.live.side:
        case LiveSide.BLUE:
            return "Nothing: they are on blue and stay there."
        case LiveSide.UNKNOWN:
            return "It is not known on which side they are. After the roll back they are on blue."
        case _:
            when = "at once" if at_once else "at the next tick"
            return f"Those on green are moved back to blue {when}."


def _warnings_of_a_roll_back(state: RolloutState, now: datetime) -> tuple[str, ...]:
    found = []
    if waits_for_pods(state, now):
        until = gives_up_at(state, now)
        by_itself = f" By itself it gives up at {until:%H:%M} UTC." if until is not None else ""
        found.append(
            f"Green is not ready, and Flagger asks for that before it looks at failed checks: nothing ends before green"
            f" is ready, or has no pods to wait for.{by_itself}"
        )
    if state.live.side in (LiveSide.GREEN, LiveSide.SPLIT) and _to_blue(state) is None:
        found.append("Their way cannot be changed from here, so users stay on green until the next tick.")
    return tuple(found)


def _skip_iterations(_wanted: Wanted, state: RolloutState, now: datetime) -> Judged:
    """`iterations` at the wanted number: the next tick checks once more and moves the users."""
    canary, act = state.canary, Act.SKIP_ITERATIONS
    if canary.strategy is not Strategy.BLUE_GREEN:
        return Refusal(act, f"This is a {_named(canary.strategy)} release: it has no iterations to skip.")
    if canary.phase is not Phase.PROGRESSING:
        return Refusal(
            act, f"Only in Progressing iterations can be skipped, and the phase is {canary.phase or 'none'}."
        )
    if canary.iterations < 1:
        return Refusal(
            act,
            "The analysis has not begun: skipping now would skip the pre-rollout hooks too.",
            "Wait for iteration 1.",
        )
    if canary.iterations >= canary.iterations_wanted:
        return Refusal(act, "No iteration is left to skip.")
    if skips(canary):
        return Refusal(act, "The analysis is switched off (skipAnalysis): the next tick promotes anyway.")
    if canary.suspended:
        return Refusal(act, "It is suspended.", FIRST_RESUME)
    if canary.failed_checks >= canary.threshold:
        return Refusal(act, "The next tick rolls back, since too many checks have failed.")
    skipped = canary.iterations_wanted - canary.iterations
    wanted = canary.iterations_wanted
    moves = "" if canary.provider == "kubernetes" else " and moves all users to green"
    return Plan(
        act,
        (patches.status(canary, f"iterations to {wanted}", iterations=wanted),),
        f"{_count(skipped, 'iteration')} skipped. Two checks remain: the next tick checks green{moves}, the one after"
        " checks it again and promotes it.",
        next_tick(state, now),
        "Nothing." if not moves else "They are moved to green sooner than planned, if the check passes.",
        warnings=("One more failed check rolls back.",) if canary.failed_checks == canary.threshold - 1 else (),
    )


def _retry(wanted: Wanted, state: RolloutState, now: datetime) -> Judged:
    """A new annotation in the target's pod template makes another template: Flagger analyses it from the start."""
    canary, act = state.canary, Act.RETRY
    if canary.phase in PROMOTED:
        return Refusal(act, "Nothing has failed and nothing is running, so there is nothing to try again.")
    if refusal := no_run(act, state):
        return refusal
    again = "The analysis starts again from the beginning" if canary.phase in ANALYSING else "A new release begins"
    return Plan(
        act,
        (patches.retried(canary, wanted.mark),),
        f"{again} at Flagger's next tick, with the version that the target has.",
        next_tick(state, now),
        ON_BLUE_UNTIL_CHECKED,
        warnings=met_unchecked(state),
    )


def _named(strategy: Strategy) -> str:
    return "canary" if strategy is Strategy.CANARY else "A/B testing"


def _count(number: int, what: str) -> str:
    return f"1 {what} is" if number == 1 else f"{number} {what}s are"


JUDGES: Mapping[Act, Callable[[Wanted, RolloutState, datetime], Judged]] = {
    Act.ROLL_BACK: _roll_back,
    Act.SKIP_ITERATIONS: _skip_iterations,
    Act.PROMOTE_NOW: promote_now,
    Act.PAUSE: pause,
    Act.RESUME: resume,
    Act.RETRY: _retry,
    Act.NEW_VERSION: new_version,
    Act.EARLIER_VERSION: earlier_version,
    Act.OPEN_GATE: open_gate,
    Act.CLOSE_GATE: close_gate,
}
