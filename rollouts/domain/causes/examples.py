"""One example of each cause, for the page of all of them: a rollout in that situation, judged by the very rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.domain.causes import causes
from rollouts.domain.causes.advice import ADVICE
from rollouts.domain.causes.cause import Cause
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.seen import SEEN, Seen
from rollouts.domain.causes.situation import Failure, Kurator, Measured, Situation, Surroundings
from rollouts.domain.checks import Verdict
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Canary, Check, Event, Hook, Phase, Strategy, Workload
from rollouts.domain.pods import Condition, Pod, Pods
from rollouts.domain.rollout import Live, LiveSide, LiveSource, Outcome, Release, RolloutState, Trigger

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
OLD, NEW = "registry.example.test/shop/checkout:2.14.0", "registry.example.test/shop/checkout:2.15.0"
RATE = Check("request-success-rate", 30, minimum=99.0, interval_text="30s")
LOAD_TEST = Hook("load-test", "", "http://flagger-loadtester.istio-system/")
ON_BLUE = Live(LiveSide.BLUE, LiveSource.ROUTING, 0)
ON_GREEN = Live(LiveSide.GREEN, LiveSource.ROUTING, 100)
NO_RATE = "no values found for istio metric request-success-rate probably checkout.shop is not receiving traffic"


@dataclass(frozen=True, slots=True)
class Entry:
    """One cause on the page: what it is called, an example, what usually helps, and where it can be seen."""

    kind: CauseKind
    title: str
    example: Cause
    helps: str
    seen: Seen


def catalogue() -> tuple[Entry, ...]:
    """Every cause, in the order in which they are told."""
    return tuple(Entry(kind, ADVICE[kind].title, example(kind), ADVICE[kind].helps, SEEN[kind]) for kind in CauseKind)


def example(kind: CauseKind) -> Cause:
    return next(cause for cause in causes(EXAMPLES[kind]()) if cause.kind is kind)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def _workload(name: str, image: str, *, ready: int = 3, wanted: int = 3, **more: Any) -> Workload:
    return Workload("Deployment", "shop", name, (image,), f"template of {image}", wanted, ready, **more)


def _situation(phase: Phase = Phase.PROGRESSING, **given: Any) -> Situation:
    """A rollout `shop/checkout` with an interval of 30 s; keywords are of its Canary, its state or the situation."""
    running = phase not in (Phase.SUCCEEDED, Phase.FAILED, Phase.UNSET)
    canary: dict[str, Any] = {
        "provider": "istio",
        "target_name": "checkout",
        "service_name": "checkout",
        "interval": 30,
        "iterations_wanted": 3,
        "threshold": 3,
        "checks": (RATE,),
        "hooks": (LOAD_TEST,),
        "iterations": 1 if running else 0,
        "last_applied": "7fbc788cb4" if running else "65d4f8c9b7",
        "last_promoted": "65d4f8c9b7",
        "last_transition_at": ago(10),
        "phase_at": ago(130),
    }
    state: dict[str, Any] = {
        "blue": _workload("checkout-primary", OLD),
        "green": _workload("checkout", NEW) if running else _workload("checkout", OLD, wanted=0, ready=0),
        "live": ON_BLUE,
        "release": Release(2, Strategy.BLUE_GREEN, ago(130)),
        "releases": 2,
        "changed_at": ago(10),
    }
    if not running:
        state["release"] = Release(2, Strategy.BLUE_GREEN, ago(130), outcome=Outcome.SUCCEEDED)
    of_canary = {name: given.pop(name) for name in list(given) if name in Canary.__dataclass_fields__}
    of_state = {name: given.pop(name) for name in list(given) if name in RolloutState.__dataclass_fields__}
    seen = Canary("shop", "checkout", "uid", "100", phase=phase, **(canary | of_canary))
    whole: dict[str, Any] = {"now": NOW, "workloads_at": ago(4), **given}
    return Situation(RolloutState(seen, **(state | of_state)), **whole)


def _event(message: str, seconds: float = 10, type: str = "Warning") -> Event:
    return Event("uid", "shop", "checkout", "uid", type, message, 1, ago(seconds), ago(seconds))


def _failed_check(why: str, *measured: Measured, **given: Any) -> Situation:
    message = f"Halt advancement {why}" if why.startswith("no values") else f"Halt checkout.shop advancement {why}"
    message = why if "query failed" in why else message
    given = {"failed_checks": 1, **given}
    return _situation(failure=Failure(why, ago(10)), events=(_event(message),), measured=measured, **given)


def _measured(
    green: float | None, blue: float | None, verdict: Verdict = Verdict.NO_VALUES, note: str = ""
) -> Measured:
    return Measured(RATE.name, ago(8), green, blue, verdict, note)


def _held_by(**pod: Any) -> Situation:
    made = Pod("shop", "checkout-7fbc788cb4-x2vqn", ready=False, since=ago(100), image=NEW, **pod)
    return _not_ready(green_pods=Pods("shop", "checkout", ago(4), number=3, unready=(made,)))


def _not_ready(**given: Any) -> Situation:
    conditions = given.pop("conditions", ())
    green = _workload("checkout", NEW, ready=0, conditions=conditions)
    return _situation(iterations=0, changed_at=ago(120), last_transition_at=ago(120), green=green, **given)


def _kurator(*troubles: Trouble, unreachable: tuple[str, ...] = ()) -> Situation:
    return _situation(policy="checkout-0", kurator=Kurator("default/checkout", troubles, unreachable))


def _failed_promotion() -> Situation:
    why = 'deployment "checkout-primary" exceeded its progress deadline'
    said = f"Promotion of checkout.shop failed, primary not ready: {why}"
    return _situation(Phase.FAILED, weight=100, live=ON_GREEN, events=(_event(said, 130),))


def _lost() -> Situation:
    release = Release(2, Strategy.BLUE_GREEN, ago(600), outcome=Outcome.FAILED, applied="7fbc788cb4")
    return _situation(Phase.FAILED, last_applied="5c66d9f8b8", last_transition_at=ago(300), release=release)


def _blue_unready(phase: Phase, **given: Any) -> Situation:
    return _situation(phase, blue=_workload("checkout-primary", OLD, ready=1), **given)


CRASH = {
    "container": "checkout",
    "state": "waiting",
    "reason": "CrashLoopBackOff",
    "restarts": 4,
    "last_end": "exit code 1",
}
EXAMPLES: dict[CauseKind, Callable[[], Situation]] = {
    CauseKind.CLUSTER_UNSEEN: lambda: _situation(
        cluster=Surroundings("eu-west", ago(840), "It does not answer: the connection was refused.")
    ),
    CauseKind.PROMOTION_FAILED: _failed_promotion,
    CauseKind.SUSPENDED: lambda: _situation(suspended=True, suspended_by="kubectl-patch", suspended_at=ago(300)),
    CauseKind.FLAGGER_DOWN: lambda: _situation(
        last_transition_at=ago(400),
        changed_at=ago(400),
        cluster=Surroundings("eu-west", flagger_ready=False, probed_at=ago(60)),
    ),
    CauseKind.IMAGE_PULL: lambda: _held_by(
        container="checkout", state="waiting", reason="ImagePullBackOff", message=f'Back-off pulling image "{NEW}"'
    ),
    CauseKind.CRASH_LOOP: lambda: _held_by(**CRASH),
    CauseKind.CONTAINER_CONFIG: lambda: _held_by(
        container="checkout", state="waiting", reason="CreateContainerConfigError", message='secret "db" not found'
    ),
    CauseKind.UNSCHEDULABLE: lambda: _held_by(
        reason="Unschedulable", message="0/3 nodes are available: 3 Insufficient cpu."
    ),
    CauseKind.QUOTA: lambda: _not_ready(
        conditions=(
            Condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: compute, limited: cpu=8", ago(110)),
        )
    ),
    CauseKind.PROBE_FAILING: lambda: _held_by(container="checkout", state="running"),
    CauseKind.SCALED_TO_ZERO: lambda: _situation(green=_workload("checkout", NEW, ready=0, wanted=0)),
    CauseKind.NGINX_NO_VALUES: lambda: _failed_check(NO_RATE.replace("istio", "nginx"), provider="nginx"),
    CauseKind.METRICS_UNREACHABLE: lambda: _failed_check(
        "Prometheus query failed: dial tcp 10.0.8.4:9090: connect: connection refused"
    ),
    CauseKind.QUERY_ERROR: lambda: _failed_check(
        'Prometheus query failed: error response: {"status":"error","errorType":"bad_data"}'
    ),
    CauseKind.NO_SERIES: lambda: _failed_check(NO_RATE, _measured(None, None)),
    CauseKind.NO_TRAFFIC: lambda: _failed_check(NO_RATE, _measured(None, 99.97), iterations=2),
    CauseKind.NO_VALUES: lambda: _failed_check(NO_RATE),
    CauseKind.HOOK_FAILING: lambda: _failed_check("external check load-test failed Forbidden"),
    CauseKind.CHECK_FAILING: lambda: _failed_check(
        "success rate 65.62% < 99%", _measured(65.62, 99.97, Verdict.FAILED), failed_checks=2
    ),
    CauseKind.GATE_CLOSED: lambda: _situation(
        Phase.WAITING_PROMOTION, iterations=2, hooks=(Hook("release-board", "confirm-promotion"),)
    ),
    CauseKind.REVISION_LOST: _lost,
    CauseKind.BLUE_BLOCKS: lambda: _blue_unready(Phase.SUCCEEDED),
    CauseKind.PODS_NOT_READY: lambda: replace(_not_ready(), now=NOW),
    CauseKind.OBSTACLE: lambda: _situation(
        obstacle="deployment checkout.shop get query error: deployments.apps not found",
        obstacle_at=ago(10),
        events=(_event("deployment checkout.shop get query error: deployments.apps not found"),),
    ),
    CauseKind.FLAGGER_SILENT: lambda: _situation(last_transition_at=ago(400), changed_at=ago(400)),
    CauseKind.NAMES_DIFFER: lambda: _kurator(
        Trouble(
            TroubleKind.NAMES_DIFFER,
            "spec.syncPolicies[0].rollout.serviceName",
            "checkout-svc, the workload is checkout",
        )
    ),
    CauseKind.POLICY_INCOMPLETE: lambda: _kurator(
        Trouble(TroubleKind.INCOMPLETE, "spec.syncPolicies[0].rollout.rolloutPolicy.trafficRouting", "missing")
    ),
    CauseKind.SYNC_FAILED: lambda: _kurator(
        Trouble(
            TroubleKind.SYNC_FAILED,
            "status.sourceStatus.gitRepoStatus.conditions[Ready]",
            'GitOperationFailed: couldn\'t find remote ref "refs/heads/main"',
            at=ago(900),
        )
    ),
    CauseKind.SIBLING_UNREACHABLE: lambda: _kurator(unreachable=("eu-north",)),
    CauseKind.RELEASE_FAILED: lambda: _situation(
        Phase.FAILED,
        failure=Failure("success rate 65.62% < 99%", ago(140)),
        events=(_event("Halt checkout.shop advancement success rate 65.62% < 99%", 140),),
    ),
    CauseKind.SPURIOUS_RUN: lambda: _situation(
        release=Release(3, Strategy.BLUE_GREEN, ago(130), trigger=Trigger.NONE),
        cluster=Surroundings("eu-west", flagger_version="1.44.0", probed_at=ago(60)),
    ),
    CauseKind.ANALYSIS_SKIPPED: lambda: _situation(Phase.SUCCEEDED, skip_analysis=True),
    CauseKind.DRIFT: lambda: _situation(
        Phase.SUCCEEDED,
        blue=_workload("checkout-primary", NEW),
        applied_template=f"template of {OLD}",
        applied_certain=True,
    ),
    CauseKind.VERSION_UNNOTICED: lambda: _situation(
        Phase.SUCCEEDED,
        green=_workload("checkout", NEW, wanted=0, ready=0),
        applied_template=f"template of {OLD}",
        applied_certain=True,
    ),
    CauseKind.SCALED_BY_HAND: lambda: _situation(Phase.SUCCEEDED, green=_workload("checkout", OLD, ready=2, wanted=2)),
    CauseKind.NOT_PROCESSED: lambda: _situation(Phase.UNSET, created_at=ago(300), release=None),
    CauseKind.WAITS_FOR_TICK: _situation,
    CauseKind.UNKNOWN: lambda: _situation(Phase.PROMOTING, blue=None, changed_at=ago(400), last_transition_at=ago(400)),
}
