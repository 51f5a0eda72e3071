"""Why is it here? For any rollout that is not simply moving: every cause that holds, the most specific first.

One plain function per cause, from a `Situation` to what it finds; none of them reads anything, and none raises, however
strange the objects are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from rollouts.domain.causes import checks, controllers, outcomes, sides, stops, ticking
from rollouts.domain.causes.advice import ADVICE
from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import PLACE, CauseKind
from rollouts.domain.causes.situation import Failure, Kurator, Measured, Situation, Surroundings, last_failure

__all__ = [
    "Cause",
    "CauseKind",
    "Evidence",
    "Failure",
    "Kurator",
    "Measured",
    "Situation",
    "Surroundings",
    "Tone",
    "causes",
    "last_failure",
]

RULES: tuple[Callable[[Situation], Iterable[Cause]], ...] = (
    controllers.cluster_unseen,
    outcomes.promotion_failed,
    stops.suspended,
    controllers.flagger_down,
    sides.unready_sides,
    sides.scaled,
    checks.failing,
    checks.going_to_fail,
    stops.gates,
    outcomes.revision_lost,
    sides.blue_blocks,
    outcomes.obstacle,
    controllers.flagger_silent,
    controllers.kurator_failing,
    outcomes.release_failed,
    outcomes.spurious_run,
    stops.analysis_skipped,
    outcomes.sides_differ,
    controllers.not_processed,
)
ASIDE = frozenset({CauseKind.NAMES_DIFFER, CauseKind.POLICY_INCOMPLETE, CauseKind.SYNC_FAILED}) | {
    CauseKind.SIBLING_UNREACHABLE,
    CauseKind.SPURIOUS_RUN,
    CauseKind.ANALYSIS_SKIPPED,
}
"""True besides, but no reason for a release to stand still."""


def causes(situation: Situation) -> tuple[Cause, ...]:
    """Empty when nothing goes on and nothing is wrong."""
    if situation.state.deleted_at is not None:
        return ()
    found = [cause for rule in RULES for cause in rule(situation)]
    if all(cause.kind in ASIDE for cause in found):
        found += ticking.otherwise(situation)
    found.sort(key=lambda cause: PLACE[cause.kind])
    return tuple(
        cause if cause.usually_helps else replace(cause, usually_helps=ADVICE[cause.kind].helps) for cause in found
    )
