"""Why a rollout is where it is: gathers what the rules look at, and lets them judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.causes import (
    Cause,
    CauseKind,
    Failure,
    Kurator,
    Measured,
    Situation,
    Surroundings,
    Tone,
    causes,
    last_failure,
)
from rollouts.domain.causes.checks import is_about_a_check
from rollouts.domain.checks import Verdict
from rollouts.domain.kurator import concerning, entry_of
from rollouts.domain.observations import Event, Phase
from rollouts.domain.rollout import RolloutState
from rollouts.models import ClusterState, EventSeen, Measurement, Release, Rollout, Transition
from rollouts.queries.clusters import ClusterMark

MEASUREMENTS = 40
"""The newest ones, of all checks together: enough for the last of each of an ordinary policy."""
MEASURED = ("check_name", "at", "green", "blue", "verdict", "note")
SIBLINGS = 5
SAID_ANYWAY = frozenset({CauseKind.CLUSTER_UNSEEN, CauseKind.UNKNOWN})
"""Lists mark what is old, and have a sentence of their own for what nobody can explain."""
VERDICTS = frozenset(verdict.value for verdict in Verdict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the page of a rollout has read anyway."""

    rollout: Rollout
    """With its cluster and application."""
    state: RolloutState
    cluster: ClusterMark
    release: Release | None
    """The newest."""
    transitions: Sequence[Transition]
    """Of the newest release, in order; without one, those outside of releases."""
    events: Sequence[EventSeen]
    """The newest first."""
    why_failed: str


def of_rollout(person: access.Person, known: Known, now: datetime) -> tuple[Cause, ...]:
    """Three statements at most; none where nothing goes on and Kurator has no part in it."""
    row = known.rollout
    running = known.state.running and known.release is not None
    situation = Situation(
        state=known.state,
        now=now,
        events=tuple(_event(row, event) for event in known.events),
        measured=_measured(known.release.pk) if running and known.release else (),
        cluster=surroundings(row, known.cluster),
        kurator=_kurator(person, row),
        failure=_failure(known),
        workloads_at=row.workloads_at,
        suspended_at=_suspended_at(known.transitions),
    )
    return causes(situation)


def at_a_glance(
    state: RolloutState, cluster: ClusterMark, now: datetime, *, workloads_at: datetime | None, why_failed: str
) -> str:
    """The foremost trouble as one sentence, from what a row of the fleet has at hand; empty when there is none."""
    failed = state.canary.phase is Phase.FAILED and is_about_a_check(why_failed)
    situation = Situation(
        state=state,
        now=now,
        cluster=Surroundings(name=cluster.name, unseen_since=cluster.old),
        failure=Failure(why_failed) if failed else None,
        workloads_at=workloads_at,
    )
    said = SAID_ANYWAY if failed else SAID_ANYWAY | {CauseKind.RELEASE_FAILED}
    told = (one for one in causes(situation) if one.tone is not Tone.PLAIN and one.kind not in said)
    return next((cause.sentence for cause in told), "")


def surroundings(row: Rollout, cluster: ClusterMark) -> Surroundings:
    return Surroundings(
        name=cluster.name,
        unseen_since=cluster.old,
        unseen_why=cluster.reason or cluster.trouble,
        flagger_version=row.cluster.flagger_version,
        flagger_ready=row.cluster.flagger_ready,
        provider=row.cluster.mesh_provider,
        probed_at=row.cluster.probed_at,
    )


def _event(row: Rollout, seen: EventSeen) -> Event:
    return Event(
        seen.uid, row.namespace, row.name, row.uid, seen.type, seen.message, seen.count, seen.first_at, seen.last_at
    )


def _failure(known: Known) -> Failure | None:
    if known.state.canary.phase is Phase.FAILED:
        failed = last_failure(known.transitions)
        at = failed.at if failed and failed.why == known.why_failed else known.state.canary.phase_at
        return Failure(known.why_failed, at) if known.why_failed else None
    return last_failure(known.transitions)


def _suspended_at(transitions: Sequence[Transition]) -> datetime | None:
    """Of the last suspension that was seen to begin."""
    begun, before = None, True
    for one in transitions:
        if one.suspended and not before:
            begun = one.at
        before = one.suspended
    return begun


def _measured(release: int) -> tuple[Measured, ...]:
    newest: dict[str, Measured] = {}
    found = Measurement.objects.filter(release_id=release).order_by("-at")
    for name, at, green, blue, verdict, note in found.values_list(*MEASURED)[:MEASUREMENTS]:
        if name not in newest and verdict in VERDICTS:
            newest[name] = Measured(name, at, green, blue, Verdict(verdict), note)
    return tuple(newest.values())


def _kurator(person: access.Person, row: Rollout) -> Kurator | None:
    application = row.application
    if application is None or application.hub_id is None:
        return None
    entry = entry_of(row.owner_name, row.cluster.hub_kind.removesuffix("s"), row.cluster.hub_name)
    troubles = concerning((memory.load_trouble(one) for one in application.troubles), row.owner_name, entry)
    return Kurator(str(application), troubles, tuple(_unreachable(person, row)))


def _unreachable(person: access.Person, row: Rollout) -> Iterable[str]:
    """Other clusters of the same Application that the person may see."""
    others = access.visible_rollouts(person).filter(application=row.application_id, deleted_at=None)
    away = others.exclude(cluster=row.cluster_id).filter(cluster__observed=True, cluster__left_at=None)
    away = away.exclude(cluster__state__in=(ClusterState.REACHABLE, ClusterState.NEW))
    return away.order_by("cluster__name").values_list("cluster__name", flat=True)[:SIBLINGS]
