"""Nothing is wrong: it waits for its next tick. Or nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.attention import stuck_after
from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.situation import Situation, of_event, of_workload
from rollouts.domain.observations import Phase
from rollouts.domain.progress import next_tick, what_next
from rollouts.domain.rollout import LiveSide


def otherwise(situation: Situation) -> Iterator[Cause]:
    """Where no rule has found anything."""
    found = list(_waits_for_tick(situation))
    yield from found or _unknown(situation)


def _waits_for_tick(situation: Situation) -> Iterator[Cause]:
    state, canary = situation.state, situation.canary
    after = stuck_after(state)
    if not state.running or not situation.seen or (after is not None and situation.now > after):
        return
    if next_tick(state, situation.now) is None or not what_next(state, situation.now):
        return
    failed, limit = canary.failed_checks, canary.threshold
    last_chance = 0 < failed == limit - 1 and situation.analysing
    on_green = last_chance and state.live.side is LiveSide.GREEN
    users = " with the users on green" if on_green else ""
    so_far = f" {failed} of {limit} failed checks so far{users}: one more rolls back." if last_chance else ""
    yield Cause(
        CauseKind.WAITS_FOR_TICK,
        f"It waits for Flagger's next tick, one every {canary.interval} s.{so_far}",
        (
            situation.status("lastTransitionTime", "Flagger's last write"),
            situation.spec("analysis.interval", f"{canary.interval}s"),
        ),
        since=canary.last_transition_at,
        tone=Tone.BAD if on_green else Tone.WARN if last_chance else Tone.PLAIN,
    )


def _unknown(situation: Situation) -> Iterator[Cause]:
    """Said as such, with what is known: of a release that stands still, and of a phase that is new to this program."""
    state, canary = situation.state, situation.canary
    if canary.phase is Phase.UNKNOWN:
        phase = canary.phase_text or "its phase"
        yield Cause(
            CauseKind.UNKNOWN,
            f"Not known: {phase} is a phase that this program does not know.",
            (situation.status("phase", phase),),
        )
    elif state.running:
        yield Cause(
            CauseKind.UNKNOWN,
            "Nothing has changed for longer than it should take, and why is not known.",
            tuple(_known(situation)),
            since=state.changed_at,
        )


def _known(situation: Situation) -> Iterator[Evidence]:
    state, canary = situation.state, situation.canary
    yield situation.status("phase", canary.phase.value, canary.phase_at)
    for side in (state.green, state.blue):
        if side is not None:
            yield of_workload(side, situation.workloads_at)
    if situation.events:
        yield of_event(situation.events[0])
    else:
        yield Evidence(situation.of_canary, "Events", "none that were seen")
