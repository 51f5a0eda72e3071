"""What is the same of every act that makes Flagger begin a run by changing the target."""

from __future__ import annotations

from rollouts.domain.commands.act import Act, Refusal
from rollouts.domain.observations import Phase
from rollouts.domain.phases import ANALYSING, PROMOTED
from rollouts.domain.rollout import LiveSide, RolloutState

FIRST_RESUME = "Resume it first: while it is suspended Flagger does nothing at all."
ON_BLUE_UNTIL_CHECKED = "They are on blue until green has passed its checks."


def no_run(act: Act, state: RolloutState) -> Refusal | None:
    """Why Flagger would not look at the target, or had better not."""
    canary = state.canary
    if canary.target_kind not in ("Deployment", "DaemonSet"):
        return Refusal(act, f"The target is a {canary.target_kind}, which has no pod template of its own.")
    if canary.phase is not Phase.FAILED and canary.phase not in ANALYSING | PROMOTED:
        phase = f"In {canary.phase}" if canary.phase else "Before the Canary is initialized"
        return Refusal(act, f"{phase} Flagger does not look at the target.", "Wait for the next phase.")
    if canary.suspended:
        return Refusal(act, "It is suspended.", FIRST_RESUME)
    if canary.phase is Phase.FAILED and on_green(state):
        reason = "The promotion failed and users are on green: a new run could send them to a broken blue."
        return Refusal(act, reason, "Make blue's pods ready first.")
    return None


def met_unchecked(state: RolloutState) -> tuple[str, ...]:
    if not on_green(state):
        return ()
    return ("Users are on green: they meet its new pods, unchecked, until the next tick moves them to blue.",)


def on_green(state: RolloutState) -> bool:
    return state.live.side in (LiveSide.GREEN, LiveSide.SPLIT)
