"""Where a release begins and ends.

A release begins when an idle rollout is seen Waiting or Progressing (Initializing begins none), and ends with the phase
that is idle again. A newer version during the analysis starts the run again: one release ends as superseded and the
next begins, with the same observation. Each rule also holds when writes were missed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, PROMOTING, RUNNING
from rollouts.domain.rollout import Analysis, Outcome, Release, RolloutState

NOTHING_RAN = {Phase.WAITING}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one write of a Canary means for releases. `ended`: the running one, with its outcome."""

    ended: Outcome | None = None
    begins: bool = False


def turn(state: RolloutState, new: Canary, *, listed: bool) -> Turn:
    release = state.release
    if release is None or release.outcome is not Outcome.RUNNING:
        return Turn(begins=new.phase in RUNNING)
    if new.phase in RUNNING:
        if _another_run(state.canary, new):
            return Turn(_replaced_as(release, state.canary, new), begins=True)
        return Turn()
    match new.phase:
        case Phase.UNKNOWN:
            return Turn()
        case Phase.FAILED:
            return Turn(Outcome.FAILED)
        case Phase.SUCCEEDED:
            later = listed and release.applied and new.last_promoted != release.applied
            return Turn(Outcome.SUPERSEDED if later else Outcome.SUCCEEDED)
    return Turn(Outcome.DELETED)  # dismantled, or its status was wiped: this run comes to no verdict any more


def _another_run(old: Canary, new: Canary) -> bool:
    """Within one run the condition keeps its `lastTransitionTime`, and only a restart writes a new spec hash."""
    if old.promoted_at and new.promoted_at and old.promoted_at != new.promoted_at:
        return True
    if Phase.WAITING in (old.phase, new.phase):  # the hash is written when waiting ends
        return old.phase is not Phase.WAITING and old.phase in RUNNING
    return applied_anew(old, new)


def applied_anew(old: Canary, new: Canary) -> bool:
    """Flagger noticed another template or other tracked configuration."""
    return new.last_applied != old.last_applied or dict(new.tracked_configs) != dict(old.tracked_configs)


def _replaced_as(release: Release, old: Canary, new: Canary) -> Outcome:
    """How the running release ended when the next sight is of another run. Superseded, unless a verdict is sure."""
    if new.last_promoted != old.last_promoted:
        promoted = release.applied and new.last_promoted == release.applied
        return Outcome.SUCCEEDED if promoted else Outcome.SUPERSEDED
    restarted = old.promoted_at == new.promoted_at and new.phase is not Phase.WAITING
    # With the hash that is already promoted (only a ConfigMap changed) success and failure look the same.
    if restarted or not release.applied or release.applied == old.last_promoted:
        return Outcome.SUPERSEDED
    return Outcome.FAILED


def begun(state: RolloutState, new: Canary, *, at: datetime, unseen: bool) -> Release:
    """`unseen`: the run may have begun before this sight; its start is then what the condition says."""
    return Release(
        number=state.releases + 1,
        strategy=new.strategy,
        started_at=(new.promoted_at or new.phase_at or at) if unseen else at,
        start_approximate=unseen,
        applied="" if new.phase in NOTHING_RAN else new.last_applied,
    )


def ended(release: Release, outcome: Outcome, old: Canary, new: Canary, at: datetime) -> Release:
    return replace(release, outcome=outcome, ended_at=at, analysis=_analysis(release, outcome, old, new))


def _analysis(release: Release, outcome: Outcome, old: Canary, new: Canary) -> Analysis:
    """Flagger ignores failed checks once it is promoting: a failure there is the promotion's, not an abort."""
    match outcome:
        case Outcome.SUCCEEDED:
            skipped = (old.skip_analysis or new.skip_analysis) and old.phase not in PROMOTING
            return Analysis.SKIPPED if skipped else Analysis.COMPLETED
        case Outcome.FAILED:
            aborted = release.raised_by_hand and old.phase not in PROMOTING
            return Analysis.ABORTED if aborted else Analysis.COMPLETED
        case _:
            return Analysis.RUNNING


def carried_on(release: Release, old: Canary, new: Canary) -> Release:
    """The same run goes on. Keeps its hash once it is applied, and whether somebody raised the failed checks."""
    if new.phase in ANALYSING and release.applied != new.last_applied:
        release = replace(release, applied=new.last_applied)
    if by_hand(old, new) and new.failed_checks != old.failed_checks:
        release = replace(release, raised_by_hand=new.failed_checks > old.failed_checks)
    return release


def by_hand(old: Canary, new: Canary) -> bool:
    """Counters were changed by somebody else: every status write of Flagger's also sets `lastTransitionTime`."""
    counters = (new.failed_checks, new.iterations) != (old.failed_checks, old.iterations)
    same_time = old.last_transition_at is not None and new.last_transition_at == old.last_transition_at
    return counters and same_time and new.phase is old.phase and not applied_anew(old, new)
