"""What one more observation adds to what is known of a rollout: the pure fold that live clusters and replays share.

A transition is one observed change of phase, iterations, failed checks, green's share of the users, live side,
suspension, or (within a run) of the version. Each observation makes at most one, and none is merged with another's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rollouts.domain import explaining, versions
from rollouts.domain.canaries import canary_seen, stale
from rollouts.domain.live import key_of, live_of, routing_of
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Route, Workload
from rollouts.domain.pods import Pods
from rollouts.domain.releases import ended
from rollouts.domain.rollout import LiveSource, Outcome, RolloutState, Step
from rollouts.domain.transitions import differences, made

WORKLOADS = (Kind.DEPLOYMENT, Kind.DAEMON_SET)


def observe(state: RolloutState | None, seen: Observation, *, seen_at: datetime, listed: bool = False) -> Step | None:
    """Folds one observation into one rollout. None when there is nothing to remember; the very same `state` object in
    the step when nothing is new: seen twice, older than what is known, or a write that changed nothing of interest.

    `listed`: it comes from a list after the stream was lost, so a difference means that writes were not seen.
    """
    if isinstance(seen, Canary):
        return canary_seen(state, seen, seen_at=seen_at, listed=listed)
    if state is None:
        return None
    match seen:
        case Route():
            return _routed(state, seen, seen_at=seen_at, listed=listed)
        case Workload():
            return _workload(state, seen)
        case Pods():
            return _pods(state, seen)
        case Event():
            return explaining.event_seen(state, seen, seen_at)
        case Deleted():
            return _deleted(state, seen, seen_at)
    return Step(state)


def _routed(state: RolloutState, route: Route, *, seen_at: datetime, listed: bool) -> Step:
    known = state.route
    if routing_of(state.canary) != key_of(route) or state.deleted_at is not None or route == known:
        return Step(state)
    if known is not None and stale(known.resource_version, route.resource_version, listed=listed):
        return Step(state)
    step = _live_again(replace(state, route=route), state, seen_at=seen_at, listed=listed)
    through = known is not None and known.through_gateway_only != route.through_gateway_only
    return replace(step, visible=step.visible or through)


def _live_again(new: RolloutState, old: RolloutState, *, seen_at: datetime, listed: bool = False) -> Step:
    """The routing object came, changed or went. Learning for the first time that it says the same is no change."""
    new = replace(new, live=live_of(new.canary, new.route))
    lost = old.live.source is LiveSource.ROUTING and new.live.source is LiveSource.STATUS
    found = new.live.source is LiveSource.ROUTING
    changes = differences(old, new)
    new = replace(new, route_lost=lost or (old.route_lost and not found))
    if not changes:
        return Step(new, visible=new.live != old.live)
    new, transition = made(new, changes, at=seen_at, seen_at=seen_at, gap=listed)
    return Step(new, transitions=(transition,), visible=True)


def _workload(state: RolloutState, seen: Workload) -> Step:
    target, blue_name = state.canary.target_name, f"{state.canary.target_name}-primary"
    known = {target: state.green, blue_name: state.blue}.get(seen.name)
    ours = seen.namespace == state.canary.namespace and seen.name in (target, blue_name)
    if not ours or seen == known or state.deleted_at is not None:
        return Step(state)
    if known and known.uid == seen.uid and stale(known.resource_version, seen.resource_version, listed=False):
        return Step(state)
    fold = versions.green_seen if seen.name == target else versions.blue_seen
    new = _without_ready_pods(fold(state, seen))
    changed = (new.release,) if new.release is not None and new.release != state.release else ()
    same = known is not None and _shown(known) == _shown(seen)
    return Step(new, releases=changed, visible=bool(changed) or not same)


def _shown(workload: Workload) -> tuple[object, ...]:
    shown = workload.images, workload.template, workload.wanted, workload.ready, workload.rolling, workload.conditions
    return *shown, workload.update, workload.paused


def _pods(state: RolloutState, seen: Pods) -> Step:
    """Read anew at the same trouble, only the time differs: that is no change to anybody."""
    canary = state.canary
    if seen.namespace != canary.namespace or state.deleted_at is not None:
        return Step(state)
    if seen.name == canary.target_name and _differ(state.green_pods, seen) and unready(state.green):
        return Step(replace(state, green_pods=seen), visible=True)
    if seen.name == f"{canary.target_name}-primary" and _differ(state.blue_pods, seen) and unready(state.blue):
        return Step(replace(state, blue_pods=seen), visible=True)
    return Step(state)


def _differ(known: Pods | None, seen: Pods) -> bool:
    return known is None or replace(known, read_at=seen.read_at) != seen


def unready(workload: Workload | None) -> bool:
    """As Flagger asks: all pods of the present template must be there, too."""
    return workload is not None and (workload.ready < workload.wanted or workload.rolling)


def _without_ready_pods(state: RolloutState) -> RolloutState:
    blue = state.blue_pods if unready(state.blue) else None
    green = state.green_pods if unready(state.green) else None
    return replace(state, blue_pods=blue, green_pods=green)


def _deleted(state: RolloutState, seen: Deleted, seen_at: datetime) -> Step:
    canary = state.canary
    if seen.kind is Kind.CANARY:
        other = seen.uid and seen.uid != canary.uid
        return Step(state) if other or state.deleted_at is not None else _gone(state, seen_at)
    if state.route is not None and (seen.kind, seen.namespace, seen.name) == key_of(state.route):
        if stale(state.route.resource_version, seen.resource_version, listed=False):
            return Step(state)
        return _live_again(replace(state, route=None), state, seen_at=seen_at)
    if seen.kind in WORKLOADS and seen.namespace == canary.namespace:
        if state.green is not None and (seen.name, seen.uid or state.green.uid) == (state.green.name, state.green.uid):
            return Step(replace(state, green=None), visible=True)
        if state.blue is not None and (seen.name, seen.uid or state.blue.uid) == (state.blue.name, state.blue.uid):
            return Step(replace(state, blue=None), visible=True)
    return Step(state)


def _gone(state: RolloutState, seen_at: datetime) -> Step:
    """Deletion itself is no transition: it ends the running release."""
    state = replace(state, deleted_at=seen_at, loose_events=(), unexplained=(), obstacle="", obstacle_at=None)
    if state.release is None or not state.running:
        return Step(state, visible=True)
    release = ended(state.release, Outcome.DELETED, state.canary, state.canary, seen_at)
    return Step(replace(state, release=release), releases=(release,), visible=True)
