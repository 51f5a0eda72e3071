"""Rows as observation would have written them: what a test does not say is ordinary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.live import live_of
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Canary, Check, Phase, Route, Strategy, Workload
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import Outcome, RolloutState
from rollouts.domain.rollout import Release as ReleaseState
from rollouts.models import (
    Application,
    Batch,
    Cluster,
    ClusterSource,
    ClusterState,
    Command,
    CommandState,
    Curve,
    EventSeen,
    Measurement,
    Release,
    Reversal,
    Rollout,
    Transition,
)
from rollouts.models.commands import OPEN
from rollouts.services import totals
from rollouts.services.observe import storage

NOW = datetime(2026, 11, 23, 16, 0, 0, tzinfo=UTC)
BLUE, GREEN = "registry.example.test/podinfo:6.5.0", "registry.example.test/podinfo:6.6.0"
CHECKS = (
    Check("request-success-rate", 30, minimum=99, interval_text="30s"),
    Check("request-duration", 30, maximum=500, interval_text="30s"),
)
numbers = count(1)


def make_cluster(name: str = "", **fields: Any) -> Cluster:
    """Reachable, with data of this moment, unless the test says otherwise."""
    given = {
        "name": name or f"cluster-{next(numbers)}",
        "source": ClusterSource.FILE,
        "state": ClusterState.REACHABLE,
        "state_since": timezone.now() - timedelta(hours=3),
        "fresh_at": timezone.now(),
        **fields,
    }
    return Cluster.objects.create(**given)


def make_application(name: str = "checkout", namespace: str = "shop", hub: Cluster | None = None) -> Application:
    found, _ = Application.objects.get_or_create(
        hub=hub, namespace=namespace, name=name, workload_namespace=namespace, workload=name
    )
    return found


@dataclass(frozen=True, slots=True)
class Sides:
    """What runs on each side; None for a side that has not been read."""

    blue: Sequence[str] | None = (BLUE,)
    green: Sequence[str] | None = (GREEN,)
    ready: int = 2
    digest: str = field(default="template")

    def workload(self, name: str, namespace: str, images: Sequence[str] | None) -> Workload | None:
        if images is None:
            return None
        return Workload("Deployment", namespace, name, tuple(images), f"{self.digest}-{images}", self.ready, self.ready)


def make_state(
    *,
    namespace: str = "shop",
    name: str = "checkout",
    phase: Phase = Phase.SUCCEEDED,
    sides: Sides | None = None,
    route: Route | None = None,
    age: timedelta = timedelta(minutes=2),
    moved: timedelta | None = None,
    now: datetime | None = None,
    **canary: Any,
) -> RolloutState:
    """`age` is how long the phase has held, `moved` how long ago Flagger last wrote its status."""
    now = now or timezone.now()
    given = {
        "uid": f"uid-{namespace}-{name}"[:64],
        "resource_version": "100",
        "provider": "istio",
        "target_name": name,
        "service_name": name,
        "interval": 30,
        "iterations_wanted": 3,
        "threshold": 2,
        "last_applied": "bbb" if phase in RUNNING else "aaa",
        "last_promoted": "aaa",
        "last_transition_at": now - (moved if moved is not None else min(age, timedelta(seconds=12))),
        "phase_at": now - age,
        "promoted_at": now - age,
        **canary,
    }
    seen = Canary(namespace=namespace, name=name, phase=phase, **given)
    sides = sides or (Sides() if phase in RUNNING or phase is Phase.FAILED else Sides(green=(BLUE,)))
    release = None
    if phase in RUNNING or phase in {Phase.FAILED, Phase.SUCCEEDED}:
        outcome = {Phase.FAILED: Outcome.FAILED, Phase.SUCCEEDED: Outcome.SUCCEEDED}.get(phase, Outcome.RUNNING)
        release = ReleaseState(number=1, strategy=Strategy(seen.strategy), started_at=now - age, outcome=outcome)
    return RolloutState(
        canary=seen,
        route=route,
        blue=sides.workload(f"{name}-primary", namespace, sides.blue),
        green=sides.workload(name, namespace, sides.green),
        live=live_of(seen, route),
        release=release,
        releases=1 if release else 0,
        changed_at=seen.last_transition_at,
    )


def make_rollout(
    cluster: Cluster | None = None, *, application: Application | None = None, save: bool = True, **state: Any
) -> Rollout:
    """Columns and memory agree: both come from the same state. Unless given, the application is the plain one."""
    made = make_state(**state)
    namespace, name = made.canary.namespace, made.canary.name
    row = Rollout(
        cluster=cluster or make_cluster(),
        application=application or make_application(name, namespace),
        namespace=namespace,
        name=name,
        first_seen_at=timezone.now() - timedelta(days=1),
        version=1,
    )
    storage.fill(row, made)
    if save:
        row.save()
    return row


def make_release(rollout: Rollout, number: int = 1, **fields: Any) -> Release:
    given = {
        "strategy": rollout.strategy,
        "trigger": "image",
        "outcome": "running",
        "analysis": "running",
        "started_at": timezone.now() - timedelta(minutes=5),
        "from_images": [BLUE],
        "to_images": [GREEN],
        "canary": memory.dump(memory.load(rollout.state).canary) if rollout.state else {},
        **fields,
    }
    given.setdefault("measure_at", given["started_at"])
    if given.get("ended_at") is None:
        rollout.before_images, rollout.trigger = given["from_images"], given["trigger"]
        rollout.save(update_fields=["before_images", "trigger"])
    release = Release.objects.create(rollout=rollout, number=number, **given)
    totals.count(before=(), after=totals.known([release]))
    return release


def make_transition(rollout: Rollout, number: int, **fields: Any) -> Transition:
    at = fields.pop("at", timezone.now() - timedelta(minutes=5) + timedelta(seconds=30 * number))
    given = {
        "release": 1,
        "at": at,
        "seen_at": at,
        "phase": Phase.PROGRESSING.value,
        "iterations": 0,
        "failed_checks": 0,
        "weight": 0,
        "live_side": "blue",
        "live_source": "routing",
        "suspended": False,
        **fields,
    }
    return Transition.objects.create(rollout=rollout, number=number, **given)


def make_event(rollout: Rollout, message: str, **fields: Any) -> EventSeen:
    at = timezone.now() - timedelta(minutes=1)
    given = {"uid": f"event-{next(numbers)}", "type": "Normal", "first_at": at, "last_at": at, **fields}
    return EventSeen.objects.create(rollout=rollout, message=message, **given)


def make_curve(release: Release, side: Side, values: Sequence[float | None], **fields: Any) -> Curve:
    """Of the success rate, a value every 15 s from the start of the release."""
    given = {"check_name": CHECKS[0].name, "begin": release.started_at, "step": 15, **fields}
    return Curve.objects.create(release=release, side=side.value, values=list(values), **given)


def make_measurement(release: Release, at: datetime, **fields: Any) -> Measurement:
    given = {"check_name": CHECKS[0].name, "green": 99.9, "blue": 99.95, "verdict": "passed", **fields}
    return Measurement.objects.create(release=release, at=at, **given)


def make_command(rollout: Rollout, act: str = "roll-back", state: str = "observed", **fields: Any) -> Command:
    """Asked for by olga while the first release was the newest."""
    requested = fields.pop("requested_at", None) or timezone.now()
    accepted = state in (CommandState.ACCEPTED, CommandState.OBSERVED)
    given = {
        "mark": f"mark-{next(numbers)}",
        "person_name": "olga",
        "preview": "digest",
        "uid": rollout.uid,
        "release": 1,
        "requested_at": requested,
        "accepted_at": requested + timedelta(seconds=1) if accepted else None,
        "ended_at": None if state in OPEN else requested + timedelta(seconds=10),
        "expires_at": requested + timedelta(minutes=1),
        **fields,
    }
    return Command.objects.create(rollout=rollout, act=act, state=state, **given)


def make_reversal(command: Command, **fields: Any) -> Reversal:
    """Of an analysis that is switched off for a release."""
    assert command.rollout is not None
    made = fields.pop("made_at", None) or command.requested_at
    given = {
        "switch": "skipAnalysis",
        "with_release": True,
        "by_itself": True,
        "made_at": made,
        "until": made + timedelta(minutes=10),
        "next_at": made,
        **fields,
    }
    return Reversal.objects.create(command=command, rollout=command.rollout, **given)


def make_batch(
    rollouts: Sequence[Rollout], act: str = "roll-back", states: Sequence[str] | None = None, **fields: Any
) -> Batch:
    """Asked for by olga; the first is requested and the others wait, unless the test says otherwise."""
    application = rollouts[0].application
    assert application is not None
    given = {
        "mark": f"batch-{next(numbers)}",
        "person_name": "olga",
        "preview": "digest",
        "in_turn": True,
        "requested_at": timezone.now(),
        **fields,
    }
    batch = Batch.objects.create(application=application, act=act, **given)
    for rollout, state in zip(rollouts, states or ["requested", *["waiting"] * (len(rollouts) - 1)], strict=True):
        waits = {"ended_at": None} if state == CommandState.WAITING else {}
        make_command(rollout, act=act, state=state, batch=batch, **waits)
    return batch
