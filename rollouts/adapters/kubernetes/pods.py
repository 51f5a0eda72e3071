"""A pod, as far as it tells why it is not ready."""

from __future__ import annotations

from dataclasses import replace

from msgspec import Struct, field

from rollouts.adapters.kubernetes.shapes import TEXT_LIMIT, Meta, count, instant, text
from rollouts.domain.pods import Pod

IMAGE_LIMIT = 1000


class Waiting(Struct):
    reason: str | None = None
    message: str | None = None


class Running(Struct, rename="camel"):
    started_at: str | None = None


class Terminated(Struct, rename="camel"):
    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None
    finished_at: str | None = None


class ContainerState(Struct):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Struct, rename="camel"):
    name: str | None = None
    image: str | None = None
    ready: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodCondition(Struct, rename="camel"):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: str | None = None


class PodStatus(Struct, rename="camel"):
    reason: str | None = None
    message: str | None = None
    conditions: list[PodCondition] | None = None
    containers: list[ContainerStatus] | None = field(name="containerStatuses", default=None)
    init_containers: list[ContainerStatus] | None = field(name="initContainerStatuses", default=None)


class PodObject(Struct):
    metadata: Meta
    status: PodStatus | None = None


def pod(found: PodObject) -> Pod:
    meta, status = found.metadata, found.status or PodStatus()
    conditions = {one.type or "": one for one in status.conditions or ()}
    ready, scheduled = conditions.get("Ready", PodCondition()), conditions.get("PodScheduled", PodCondition())
    made = Pod(
        text(meta.namespace), text(meta.name), ready=ready.status == "True", deleting=bool(meta.deletion_timestamp)
    )
    if made.ready:
        return made
    blocking = _blocking(status)
    told = scheduled if scheduled.status == "False" else ready
    made = replace(made, since=instant(told.last_transition_time) or instant(meta.creation_timestamp))
    if blocking is not None and told is ready:
        return _held_by(made, blocking)
    reason, message = text(told.reason) or text(status.reason), text(told.message or status.message, TEXT_LIMIT)
    return replace(made, reason=reason, message=message)


def _blocking(status: PodStatus) -> ContainerStatus | None:
    """Init containers run first, one after the other; one that has done its work is in nobody's way."""
    for one in status.init_containers or ():
        ended = (one.state or ContainerState()).terminated
        if not one.ready and (ended is None or ended.exit_code):
            return one
    return next((one for one in status.containers or () if not one.ready), None)


def _held_by(pod: Pod, container: ContainerStatus) -> Pod:
    state = container.state or ContainerState()
    name, told = "", Waiting()
    if state.waiting is not None:
        name, told = "waiting", state.waiting
    elif state.terminated is not None:
        name, told = "terminated", Waiting(_end(state.terminated), state.terminated.message)
    elif state.running is not None:
        name = "running"
    last = (container.last_state or ContainerState()).terminated
    return replace(
        pod,
        container=text(container.name),
        image=text(container.image, IMAGE_LIMIT),
        state=name,
        reason=text(told.reason),
        message=text(told.message, TEXT_LIMIT),
        restarts=count(container.restart_count),
        last_end=_end(last) if last is not None else "",
    )


def _end(ended: Terminated) -> str:
    """`OOMKilled`, `exit code 1`: the bare reason Error says less than the code."""
    reason = text(ended.reason)
    return f"exit code {ended.exit_code}" if reason in ("", "Error") and ended.exit_code is not None else reason
