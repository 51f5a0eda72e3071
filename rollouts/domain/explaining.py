"""Brings Events and transitions together. Either may come first; a transition is explained once, an Event used once.

Both carry the cluster's own clock, so that they are compared without ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollouts.domain.observations import Event, Phase
from rollouts.domain.phases import RUNNING
from rollouts.domain.reasons import Explains, Reason, reason_of
from rollouts.domain.rollout import Analysis, LiveSide, Outcome, Release, RolloutState, Step, Transition

NEAR = timedelta(seconds=5)
STALE = timedelta(seconds=120)
KEPT_EVENTS = 12
KEPT_TRANSITIONS = 8
KEPT_IDENTITIES = 32
NEVER = datetime.min.replace(tzinfo=UTC)
ENDS_A_RUN = {Explains.ROLLBACK, Explains.SCALED_DOWN, Explains.DEADLINE}
HINDERS = {Explains.OBSTACLE, Explains.PERHAPS_A_CHECK, Explains.DEADLINE}

PHASES = {
    Explains.INITIALIZED: Phase.INITIALIZED,
    Explains.STARTED: Phase.PROGRESSING,
    Explains.COPYING: Phase.PROMOTING,
    Explains.PROMOTED: Phase.SUCCEEDED,
    Explains.SKIPPED: Phase.SUCCEEDED,
    Explains.APPROVAL: Phase.WAITING,
    Explains.PROMOTION_APPROVAL: Phase.WAITING_PROMOTION,
    Explains.TERMINATING: Phase.TERMINATING,
}


def event_seen(state: RolloutState, event: Event, seen_at: datetime) -> Step:
    """The Event explains a transition, is kept for one still to come, or is what hinders the rollout now."""
    reason = reason_of(event)
    event = replace(event, last_at=event.last_at or event.first_at or seen_at)
    identity = f"{event.uid}/{event.count}"
    if reason.explains is Explains.NOTHING or identity in state.heard or _foreign(state, event):
        return Step(state)
    newest = max(_newest(state), _time(event))
    if _time(event) < newest - STALE:
        return Step(state)
    state = replace(state, heard=(*state.heard, identity)[-KEPT_IDENTITIES:])
    for transition in reversed(state.unexplained):
        if _fits(reason, event, transition):
            return _explained(state, transition, reason)
    if reason.explains is not Explains.OBSTACLE:
        state = replace(state, loose_events=_recent((*state.loose_events, event), newest))
    return _hindered(state, event, reason)


def transition_made(state: RolloutState, transition: Transition) -> tuple[RolloutState, Transition]:
    """Gives a new transition its reason, if that came before it; else the transition waits for it."""
    if transition.why is not None:
        return state, transition
    reasons = [(event, reason_of(event)) for event in state.loose_events]
    fitting = [pair for pair in reasons if _fits(pair[1], pair[0], transition)]
    if not fitting:
        waiting = [one for one in state.unexplained if one.at >= transition.at - STALE]
        return replace(state, unexplained=(*waiting, transition)[-KEPT_TRANSITIONS:]), transition
    event, reason = max(fitting, key=lambda pair: (pair[1].explains, _time(pair[0])))
    loose = tuple(one for one in state.loose_events if one is not event)
    release = _as_said(state.release, transition, reason)
    return replace(state, loose_events=loose, release=release), replace(transition, why=reason.text)


def _explained(state: RolloutState, transition: Transition, reason: Reason) -> Step:
    waiting = tuple(one for one in state.unexplained if one is not transition)
    release = _as_said(state.release, transition, reason)
    changed = (release,) if release is not None and release is not state.release else ()
    state = replace(state, unexplained=waiting, release=release)
    return Step(state, releases=changed, explained=(replace(transition, why=reason.text),), visible=True)


def _as_said(release: Release | None, transition: Transition, reason: Reason) -> Release | None:
    """Flagger itself may say that the analysis was skipped."""
    if release is None or reason.explains is not Explains.SKIPPED or transition.release != release.number:
        return release
    if release.outcome is not Outcome.SUCCEEDED or release.analysis is Analysis.SKIPPED:
        return release
    return replace(release, analysis=Analysis.SKIPPED)


def _hindered(state: RolloutState, event: Event, reason: Reason) -> Step:
    if reason.explains not in HINDERS or (state.obstacle_at is not None and _time(event) < state.obstacle_at):
        return Step(state)
    visible = state.obstacle != reason.text
    return Step(replace(state, obstacle=reason.text, obstacle_at=_time(event)), visible=visible)


def _fits(reason: Reason, event: Event, made: Transition) -> bool:
    return abs(_time(event) - made.at) <= NEAR and _is_about(reason, made)


def _is_about(reason: Reason, made: Transition) -> bool:
    explains = reason.explains
    moved = "live" in made.changes or "weight" in made.changes
    if explains in PHASES:
        return made.phase is PHASES[explains] and ("phase" in made.changes or "release" in made.changes)
    match explains:
        case Explains.CHECK | Explains.PERHAPS_A_CHECK:
            return "failed_checks" in made.changes and made.failed_checks > 0 and made.phase in RUNNING
        case Explains.ITERATION:
            return "iterations" in made.changes and made.iterations == reason.number
        case Explains.RESTARTED:
            return "applied" in made.changes and made.phase is Phase.PROGRESSING
        case Explains.WEIGHT:
            return moved and made.weight == reason.number
        case Explains.BLUE_WEIGHT:
            return moved and made.weight == 100 - reason.number
        case Explains.TO_GREEN:
            return moved and made.live_side is LiveSide.GREEN
        case Explains.TO_BLUE:
            return moved and made.live_side is LiveSide.BLUE
    return explains in ENDS_A_RUN and made.phase is Phase.FAILED and "phase" in made.changes


def _foreign(state: RolloutState, event: Event) -> bool:
    """It speaks of an earlier object of the same name, or of one that is gone."""
    known, named = state.canary.uid, event.canary_uid
    return state.deleted_at is not None or bool(known and named and known != named)


def _newest(state: RolloutState) -> datetime:
    known = state.canary.last_transition_at or NEVER
    return max(known, *(_time(one) for one in state.loose_events)) if state.loose_events else known


def _recent(events: Iterable[Event], newest: datetime) -> tuple[Event, ...]:
    return tuple(one for one in events if _time(one) >= newest - STALE)[-KEPT_EVENTS:]


def _time(event: Event) -> datetime:
    return event.last_at or NEVER
