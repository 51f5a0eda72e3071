"""Whether an act can work now, and what it would do (flagger.md 5.2, 5.6, 10; what was seen of real controllers).

One function per act. Each says no with the reason and the next best act, or gives the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.config_value import config_value
from rollouts.domain.commands.earlier_version import earlier_version
from rollouts.domain.commands.gating import close_gate, open_gate
from rollouts.domain.commands.green_to_zero import green_to_zero
from rollouts.domain.commands.new_version import new_version
from rollouts.domain.commands.patches import Patch
from rollouts.domain.commands.pausing import pause, resume
from rollouts.domain.commands.promoting import promote_now
from rollouts.domain.commands.restarting import restart_pods
from rollouts.domain.commands.rolling_back import roll_back
from rollouts.domain.commands.runs import FIRST_RESUME, ON_BLUE_UNTIL_CHECKED, met_unchecked, no_run
from rollouts.domain.observations import Kind, Phase, Strategy
from rollouts.domain.ownership import said_of_left
from rollouts.domain.phases import ANALYSING, PROMOTED
from rollouts.domain.progress import next_tick, skips
from rollouts.domain.rollout import RolloutState

Judged = Plan | Refusal


def judge(wanted: Wanted, state: RolloutState, now: datetime) -> Judged:
    canary = state.canary
    if state.deleted_at is not None or canary.deleting:
        return Refusal(wanted.act, "The Canary is deleted.")
    if canary.phase is Phase.UNKNOWN:
        return Refusal(wanted.act, f"Phase {canary.phase_text} is not known here, so nobody can say what would happen.")
    if wanted.act not in JUDGES:
        return Refusal(wanted.act, "This is not asked of a rollout.", "It is asked of its policy.")
    judged = JUDGES[wanted.act](wanted, state, now)
    if isinstance(judged, Plan) and wanted.left_by and any(_is_of_the_spec(one) for one in judged.written):
        return replace(judged, warnings=(*judged.warnings, said_of_left(wanted.left_by)))
    return judged


def _is_of_the_spec(patch: Patch) -> bool:
    return patch.kind is Kind.CANARY and not patch.subresource


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
    Act.ROLL_BACK: roll_back,
    Act.SKIP_ITERATIONS: _skip_iterations,
    Act.PROMOTE_NOW: promote_now,
    Act.PAUSE: pause,
    Act.RESUME: resume,
    Act.RETRY: _retry,
    Act.NEW_VERSION: new_version,
    Act.CONFIG_VALUE: config_value,
    Act.EARLIER_VERSION: earlier_version,
    Act.GREEN_TO_ZERO: green_to_zero,
    Act.OPEN_GATE: open_gate,
    Act.CLOSE_GATE: close_gate,
    Act.RESTART_PODS: restart_pods,
}
