"""The line of steps of any release, from what was kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rollouts.domain import memory
from rollouts.domain import rollout as rules
from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.rollout import Analysis, Outcome, RolloutState, Trigger
from rollouts.domain.steps import StepLine, step_line
from rollouts.models import Release, Transition


def governing(release: Release) -> Canary | None:
    """None for a release that ended before its Canary was kept with it."""
    return memory.load_canary(release.canary) if release.canary else None


def line_of(
    release: Release, written: Iterable[Transition], now: datetime, *, present: RolloutState | None, old: bool
) -> StepLine:
    """`present` is the rollout's state where the release is its newest one. `old`: what is known of a running release
    may not be so any more, so nothing is foretold.
    """
    written = tuple(written)
    if release.ended_at is not None and not written and present is None:
        return StepLine()  # it is not known any more how far it came
    if release.ended_at is not None and (canary := governing(release)) is not None:
        return step_line(RolloutState(canary, release=as_release(release)), now, as_transitions(written))
    if present is None:
        return StepLine()
    line = step_line(present, now, as_transitions(written))
    if not old:
        return line
    return StepLine(tuple(replace(tick, at=None, estimated=False) if tick.estimated else tick for tick in line.ticks))


def as_release(stored: Release) -> rules.Release:
    return rules.Release(
        number=stored.number,
        strategy=Strategy(stored.strategy),
        started_at=stored.started_at,
        start_approximate=stored.start_approximate,
        ended_at=stored.ended_at,
        trigger=Trigger(stored.trigger),
        outcome=Outcome(stored.outcome),
        analysis=Analysis(stored.analysis),
        from_images=None if stored.from_images is None else tuple(stored.from_images),
        to_images=None if stored.to_images is None else tuple(stored.to_images),
    )


def as_transitions(written: Iterable[Transition]) -> list[rules.Transition]:
    return [_as_transition(one) for one in written]


def _as_transition(stored: Transition) -> rules.Transition:
    return rules.Transition(
        number=stored.number,
        release=stored.release,
        at=stored.at,
        seen_at=stored.seen_at,
        phase=Phase(stored.phase),
        iterations=stored.iterations,
        failed_checks=stored.failed_checks,
        weight=stored.weight,
        live_side=rules.LiveSide(stored.live_side),
        live_source=rules.LiveSource(stored.live_source),
        suspended=stored.suspended,
        why=stored.why,
        gap=stored.gap,
    )
