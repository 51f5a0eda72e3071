"""A side whose pods are not ready: which condition, which container, which reason. Flagger waits for it at every tick
and counts no failed check meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.situation import Situation, of_event, of_pods, of_workload, plural
from rollouts.domain.changes import unready
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.phases import PROMOTING, RUNNING, UNSETTLED
from rollouts.domain.pods import Pod, Pods
from rollouts.domain.progress import interval_of, rolls_back, skips

IMAGE = frozenset({"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"})
CONFIG = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreStartHookError"})
STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
SHOWN = 3
"""Pods that are quoted as evidence of one cause."""


@dataclass(frozen=True, slots=True)
class _Unready:
    side: Side
    workload: Workload
    pods: Pods | None

    @property
    def whose(self) -> str:
        return self.side.value.capitalize()


def unready_sides(situation: Situation) -> Iterator[Cause]:
    for side in _unready(situation):
        found = [*_by_pods(situation, side), *_by_conditions(situation, side)]
        yield from found or _unexplained(situation, side)


def _unready(situation: Situation) -> Iterator[_Unready]:
    """Green matters while a release runs, blue always: without it users have nothing."""
    state, phase = situation.state, situation.canary.phase
    if phase in RUNNING and phase is not Phase.WAITING and state.green is not None and unready(state.green):
        yield _Unready(Side.GREEN, state.green, state.green_pods)
    if phase not in UNSETTLED and state.blue is not None and unready(state.blue):
        yield _Unready(Side.BLUE, state.blue, state.blue_pods)


def _by_pods(situation: Situation, side: _Unready) -> Iterator[Cause]:
    groups: dict[CauseKind, list[Pod]] = {}
    for pod in side.pods.unready if side.pods else ():
        kind = _kind_of(pod, situation.now)
        if kind is not None:
            groups.setdefault(kind, []).append(pod)
    for kind, pods in groups.items():
        yield Cause(
            kind,
            _sentence(kind, side, pods) + _beside(side.workload, pods),
            (of_workload(side.workload, situation.workloads_at), *(_evidence(pod) for pod in pods[:SHOWN])),
            since=min((pod.since for pod in pods if pod.since is not None), default=situation.state.changed_at),
            side=side.side,
            tone=Tone.BAD if side.side is Side.BLUE else Tone.WARN,
        )


def _kind_of(pod: Pod, now: datetime) -> CauseKind | None:
    """None for a pod that is only starting, or of which nothing is told."""
    if pod.reason in IMAGE:
        return CauseKind.IMAGE_PULL
    if pod.reason in CONFIG:
        return CauseKind.CONTAINER_CONFIG
    if pod.reason == "CrashLoopBackOff" or (pod.state in ("terminated", "running", "waiting") and pod.restarts):
        return CauseKind.CRASH_LOOP
    if pod.reason in ("Unschedulable", "SchedulingGated"):
        return CauseKind.UNSCHEDULABLE
    if pod.state == "terminated":
        return CauseKind.CRASH_LOOP
    old = pod.since is not None and now - pod.since > timedelta(seconds=30)
    return CauseKind.PROBE_FAILING if pod.state == "running" and old else None


def _sentence(kind: CauseKind, side: _Unready, pods: list[Pod]) -> str:
    first, number = pods[0], plural(len(pods), "pod")
    of = f"{number} of {side.side.value}"
    match kind:
        case CauseKind.IMAGE_PULL:
            return f"{of} cannot get {'its' if len(pods) == 1 else 'their'} image {first.image}: {first.reason}."
        case CauseKind.CRASH_LOOP:
            ended = f", last with {first.last_end or first.reason}" if first.last_end or first.reason else ""
            again = f", restarted {plural(first.restarts, 'time')}" if first.restarts else ""
            return f"{of}: container {first.container} keeps ending{ended}{again}."
        case CauseKind.CONTAINER_CONFIG:
            return f"{of}: container {first.container} cannot be started: {first.message or first.reason}."
        case CauseKind.UNSCHEDULABLE:
            return f"No node takes {of}: {(first.message or first.reason).rstrip('.')}."
        case _:
            verb = "runs but is" if len(pods) == 1 else "run but are"
            return f"{of} {verb} not ready: the readiness probe of container {first.container} does not pass."


def _beside(workload: Workload, pods: list[Pod]) -> str:
    """In a rolling update a pod can fail while as many as are wanted serve."""
    if workload.ready < workload.wanted:
        return ""
    return f" Beside {'it' if len(pods) == 1 else 'them'}, {workload.ready} of {workload.wanted} are ready."


def _evidence(pod: Pod) -> Evidence:
    where = f"container {pod.container}" if pod.container else "condition PodScheduled" if pod.reason else "status"
    words = (pod.state, pod.reason, pod.message, f"last end: {pod.last_end}" if pod.last_end else "")
    restarts = f"{plural(pod.restarts, 'restart')}" if pod.restarts else ""
    return Evidence(
        f"Pod {pod.namespace}/{pod.name}", where, "; ".join(word for word in (*words, restarts) if word), pod.since
    )


def _by_conditions(situation: Situation, side: _Unready) -> Iterator[Cause]:
    """What the Deployment's controller says, where it is more than that pods are missing."""
    for condition in side.workload.conditions:
        if condition.type != "ReplicaFailure":
            continue
        yield Cause(
            CauseKind.QUOTA,
            f"{side.whose}'s pods are not created: {(condition.message or condition.reason).rstrip('.')}.",
            (_condition(side.workload, condition.type),),
            since=condition.at or situation.state.changed_at,
            side=side.side,
            tone=Tone.BAD if side.side is Side.BLUE else Tone.WARN,
        )


def _condition(workload: Workload, type: str) -> Evidence:
    found = next(one for one in workload.conditions if one.type == type)
    said = ": ".join(word for word in (found.reason, found.message) if word)
    return Evidence(f"{workload.kind} {workload.namespace}/{workload.name}", f"condition {type}", said, found.at)


def _unexplained(situation: Situation, side: _Unready) -> Iterator[Cause]:
    """Pods that only take their time, or of which nothing could be read."""
    workload = side.workload
    overdue = [one.type for one in workload.conditions if one.reason == "ProgressDeadlineExceeded"]
    copying = side.side is Side.BLUE and situation.canary.phase in PROMOTING
    if workload.ready >= workload.wanted and not overdue and not copying:
        return  # an ordinary rolling update, whose old pods run until the new ones are ready
    evidence = [of_workload(workload, situation.workloads_at), *(_condition(workload, type) for type in overdue)]
    if side.pods is not None:
        evidence.append(of_pods(side.pods))
    event = situation.quote(situation.obstacle) if situation.obstacle else None
    if event is not None:
        evidence.append(of_event(event))
    starting = _just_moved(situation)
    normal = (starting or copying) and not overdue
    yield Cause(
        CauseKind.PODS_NOT_READY,
        _in_general(side, overdue=bool(overdue), copying=copying, starting=starting),
        tuple(evidence),
        since=situation.state.changed_at,
        side=side.side,
        tone=Tone.PLAIN if normal else Tone.BAD if side.side is Side.BLUE else Tone.WARN,
    )


def _in_general(side: _Unready, *, overdue: bool, copying: bool, starting: bool) -> str:
    workload, whose = side.workload, side.whose
    ready = f"{workload.ready} of {workload.wanted}"
    if overdue and workload.ready >= workload.wanted:
        return f"{whose}'s new pods did not become ready in time, and its Deployment has given up; the old ones run on."
    if overdue:
        return f"{whose}'s pods did not become ready in time: {ready} are, and its Deployment has given up."
    if copying:
        return "Blue's pods change to the new version, one after the other."
    if starting:
        return f"{whose}'s pods are starting: {ready} are ready."
    return f"{whose}'s pods are not ready: {ready} are. Why is not known."


def _just_moved(situation: Situation) -> bool:
    moved = situation.state.changed_at
    return moved is not None and situation.now - moved <= interval_of(situation.canary)


def blue_blocks(situation: Situation) -> Iterator[Cause]:
    """Flagger asks whether blue is ready before it begins a release (step 12 of its tick), so that an unhealthy blue
    keeps even its own repair from being rolled out. Only `skipAnalysis` passes it by.
    """
    canary, state = situation.canary, situation.state
    idle = canary.phase in (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.WAITING)
    blue = f"{canary.target_name}-primary"
    complained = situation.obstacle if situation.obstacle.startswith((f"{blue}.", f"primary daemonset {blue}.")) else ""
    if not idle or canary.skip_analysis or canary.suspended or not (complained or _stuck(state.blue)):
        return
    evidence = [of_workload(state.blue, situation.workloads_at)] if state.blue is not None else []
    event = situation.quote(complained) if complained else None
    yield Cause(
        CauseKind.BLUE_BLOCKS,
        "Blue's pods are not ready, and until they are Flagger begins no new release, not even one that would repair"
        " them.",
        (*evidence, *([of_event(event)] if event else [])),
        since=state.obstacle_at if complained else None,
        side=Side.BLUE,
        tone=Tone.BAD,
    )


def _stuck(blue: Workload | None) -> bool:
    """A rolling update that goes on is no trouble."""
    return blue is not None and (
        blue.ready < blue.wanted or any(one.reason == "ProgressDeadlineExceeded" for one in blue.conditions)
    )


def scaled(situation: Situation) -> Iterator[Cause]:
    """The target's size is Flagger's business: zero outside of a release, blue's size in one."""
    canary, green = situation.canary, situation.state.green
    if green is None or canary.suspended or not situation.workload_read(canary.phase_at):
        return
    evidence = (
        Evidence(
            f"{green.kind} {green.namespace}/{green.name}", "spec.replicas", str(green.wanted), situation.workloads_at
        ),
        situation.status("phase", canary.phase.value, canary.phase_at),
    )
    over = rolls_back(canary) or skips(canary)  # the tick that ends a release scales green down before it says so
    if situation.analysing and green.wanted == 0 and not over:
        yield Cause(
            CauseKind.SCALED_TO_ZERO,
            "Green is scaled to zero in the middle of its analysis: there is nothing to check.",
            evidence,
            since=situation.workloads_at,
            side=Side.GREEN,
        )
    kept = canary.phase is Phase.FAILED and canary.weight > 0  # a failed promotion leaves green to the users
    new = situation.state.applied_template not in ("", green.template)  # a release of it is about to begin
    idle = canary.phase in (Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED) and not canary.deleting
    if idle and green.wanted > 0 and not kept and not new:
        yield Cause(
            CauseKind.SCALED_BY_HAND,
            f"Green has {plural(green.wanted, 'pod')} though no release runs: it was not Flagger that scaled it up.",
            evidence,
            since=situation.workloads_at,
            side=Side.GREEN,
        )
