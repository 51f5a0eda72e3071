"""One more write of a Canary: transitions, and where releases begin and end.

First sight of an idle Canary is remembered without a transition, because nothing happened; in a running phase it begins
a release, with the one transition that stands for all that was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rollouts.domain import releases, versions
from rollouts.domain.live import key_of, live_of, routing_of
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.releases import Turn
from rollouts.domain.rollout import Outcome, Release, RolloutState, Step
from rollouts.domain.transitions import differences, made


@dataclass(frozen=True, slots=True)
class Sight:
    """When and how a write was seen."""

    seen_at: datetime
    listed: bool


def canary_seen(state: RolloutState | None, new: Canary, *, seen_at: datetime, listed: bool) -> Step:
    sight = Sight(seen_at, listed)
    if state is None:
        return _first_sight(RolloutState(canary=new), new, sight)
    old = state.canary
    if stale(old.resource_version, new.resource_version, listed=listed):
        return Step(state)
    if new.uid != old.uid:
        return _created_again(state, new, sight)
    if state.deleted_at is not None:
        if new.resource_version == old.resource_version and not listed:
            return Step(state)
        return _seen_again(state, new, sight)
    if _uninteresting(old, new):
        return Step(state)
    return _written(state, new, sight)


def stale(known: str, seen: str, *, listed: bool) -> bool:
    """Whether what is seen is older than what is known, where that can be told.

    A list is the present truth even when its versions are lower: that is what a restored backup of etcd looks like.
    """
    comparable = known.isascii() and known.isdigit() and seen.isascii() and seen.isdigit()
    return comparable and not listed and int(seen) < int(known)


def _uninteresting(old: Canary, new: Canary) -> bool:
    """In Failed, Flagger writes the status at every tick and changes only its time."""
    time = new.last_transition_at if old.phase is Phase.FAILED else old.last_transition_at
    return replace(old, resource_version=new.resource_version, last_transition_at=time) == new


def _first_sight(state: RolloutState, new: Canary, sight: Sight) -> Step:
    live = live_of(new, state.route)
    state = replace(state, canary=new, live=live, applied_spec=new.last_applied, applied_configs=new.tracked_configs)
    if new.phase not in RUNNING:
        return Step(state, visible=True)
    at = new.phase_at or new.last_transition_at or sight.seen_at
    state, release = _begun(state, new, at, unseen=True)
    at = new.last_transition_at or sight.seen_at
    state, transition = made(state, ("phase", "release"), at=at, seen_at=sight.seen_at, gap=False)
    return Step(state, transitions=(transition,), releases=(release,), visible=True)


def _created_again(state: RolloutState, new: Canary, sight: Sight) -> Step:
    """Another object of the same name: the running release ends as deleted, and a new history begins."""
    ended: tuple[Release, ...] = ()
    if state.release is not None and state.running:
        ended = (releases.ended(state.release, Outcome.DELETED, state.canary, new, sight.seen_at),)
    unseen = state.deleted_at is None
    fresh = RolloutState(
        canary=new,
        route=state.route if state.route is not None and routing_of(new) == key_of(state.route) else None,
        green=state.green,
        release=ended[0] if ended else state.release,
        releases=state.releases,
        transitions=state.transitions,
        changed_at=state.changed_at,
    )
    step = _first_sight(fresh, new, sight)
    if unseen and not step.transitions:
        after, transition = made(step.state, ("history",), at=sight.seen_at, seen_at=sight.seen_at, gap=True)
        step = replace(step, state=after, transitions=(transition,))
    elif unseen:
        step = replace(step, transitions=tuple(replace(one, gap=True) for one in step.transitions))
    return replace(step, releases=(*ended, *step.releases))


def _seen_again(state: RolloutState, new: Canary, sight: Sight) -> Step:
    """The same object once more, so it had not been deleted: its release goes on."""
    release = state.release
    if release is not None and release.outcome is Outcome.DELETED and release.ended_at == state.deleted_at:
        release = replace(release, outcome=Outcome.RUNNING, ended_at=None)
    step = _written(replace(state, deleted_at=None, release=release), new, sight)
    reopened = release is not None and release != state.release
    if release is not None and reopened and release.number not in {one.number for one in step.releases}:
        step = replace(step, releases=(release, *step.releases))
    return replace(step, visible=True)


def _written(state: RolloutState, new: Canary, sight: Sight) -> Step:
    old, before = state.canary, state.release
    route = state.route if state.route is not None and routing_of(new) == key_of(state.route) else None
    turn = releases.turn(state, new, listed=sight.listed)
    after = replace(state, canary=new, route=route, live=live_of(new, route))
    changes = (*differences(state, after), *_of_version(state, new, turn, sight))
    at = _time_of(old, new, sight)
    written: dict[int, Release] = {}
    if before is not None and state.running:
        before = releases.carried_on(before, old, new) if not turn.begins else before
        if turn.ended is not None:
            before = releases.ended(before, turn.ended, old, new, _end(before, new, at, sight))
        after = replace(after, release=before)
        if old.phase is Phase.WAITING and new.phase in ANALYSING and turn.ended is None:
            after, before = _provisional(after, before, new)
        written[before.number] = before
    if "history" in changes:
        after = versions.forget_applied(after)
    if turn.begins:
        after, begun = _begun(after, new, at, unseen=sight.listed)
        written[begun.number] = begun
    if not changes:
        return _quiet(state, after, written)
    number = before.number if before is not None and state.running and not turn.begins else None
    after = replace(after, obstacle="", obstacle_at=None)
    why = _by_hand(old, new) if not sight.listed else None
    after, transition = made(after, changes, at=at, seen_at=sight.seen_at, gap=sight.listed, release=number, why=why)
    if after.release is not None and after.release.number in written:
        written[after.release.number] = after.release
    return Step(after, transitions=(transition,), releases=_changed(state, written), visible=True)


def _of_version(state: RolloutState, new: Canary, turn: Turn, sight: Sight) -> tuple[str, ...]:
    """Changes that only hashes and conditions tell."""
    old = state.canary
    words = []
    if state.running and turn.ended is None and new.last_applied != old.last_applied:
        words.append("applied")
    if turn.begins:
        words += ["applied", "release"] if turn.ended is not None else ["release"]
    if sight.listed and not state.running and not turn.begins and _unseen_run(old, new):
        words.append("history")
    return tuple(words)


def _unseen_run(old: Canary, new: Canary) -> bool:
    """In Failed, Flagger follows the template with `lastAppliedSpec` at every tick: that alone is no run."""
    if new.last_promoted != old.last_promoted or (new.phase is old.phase and new.phase_at != old.phase_at):
        return True
    return Phase.FAILED not in (old.phase, new.phase) and releases.applied_anew(old, new)


def _begun(state: RolloutState, new: Canary, at: datetime, *, unseen: bool) -> tuple[RolloutState, Release]:
    release = releases.begun(state, new, at=at, unseen=unseen)
    state, release = versions.at_start(replace(state, releases=release.number, release=release), release, new)
    return replace(state, release=release), release


def _provisional(state: RolloutState, release: Release, new: Canary) -> tuple[RolloutState, Release]:
    """Approved: what is analysed is the version of now, which may differ from the one that began to wait."""
    state, release = versions.provisionally(state, release, new)
    return replace(state, release=release), release


def _time_of(old: Canary, new: Canary, sight: Sight) -> datetime:
    """Flagger's own time if this very write carries one, else the arrival. Two writes may fall into one second."""
    moved = new.last_transition_at != old.last_transition_at or new.phase_at != old.phase_at
    return new.last_transition_at if new.last_transition_at is not None and moved else sight.seen_at


def _end(release: Release, new: Canary, at: datetime, sight: Sight) -> datetime:
    """When the end itself was not seen, the condition still tells since when the phase holds."""
    unseen = sight.listed and new.phase not in RUNNING and new.phase_at is not None
    return max(new.phase_at, release.started_at) if unseen and new.phase_at is not None else at


def _by_hand(old: Canary, new: Canary) -> str | None:
    if not releases.by_hand(old, new):
        return None
    changed = {"failedChecks": (old.failed_checks, new.failed_checks), "iterations": (old.iterations, new.iterations)}
    return ", ".join(
        f"{name} set to {after}, not by Flagger" for name, (before, after) in changed.items() if before != after
    )


def _quiet(state: RolloutState, after: RolloutState, written: dict[int, Release]) -> Step:
    """Nothing for the timeline; pages still show the settings, which may have changed."""
    new = after.canary
    old = replace(state.canary, resource_version=new.resource_version, last_transition_at=new.last_transition_at)
    if new.phase is Phase.FAILED:
        old = replace(old, last_applied=new.last_applied, tracked_configs=new.tracked_configs)
    return Step(after, releases=_changed(state, written), visible=old != new)


def _changed(state: RolloutState, written: dict[int, Release]) -> tuple[Release, ...]:
    return tuple(release for number, release in sorted(written.items()) if release != state.release)
