"""Between the memory of the rules and the row of a rollout."""

from __future__ import annotations

from typing import Any

from rollouts.domain import attention, live, memory, ownership
from rollouts.domain.observations import Canary, Phase, Workload
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import Images, RolloutState
from rollouts.domain.rollout import Release as ReleaseState
from rollouts.domain.rollout import Transition as TransitionState
from rollouts.models import Rank, Release, Rollout, Transition

SMALLEST, LARGEST = -(2**31), 2**31 - 1
SEARCH_BYTES = 1024
"""PostgreSQL takes no more than 2,704 bytes into an entry of an index, and lists are searched in one."""
UPDATED = (
    *("uid", "provider", "strategy", "owner_kind", "owner_name", "target_kind", "target_name"),
    *("routing_kind", "routing_namespace", "routing_name", "phase", "phase_at", "iterations", "iterations_wanted"),
    *("failed_checks", "threshold", "max_weight", "interval", "suspended", "skip_analysis", "live_side", "live_source"),
    *("green_weight", "through_gateway_only", "blue_images", "green_images", "blue_ready", "blue_wanted"),
    *(
        "green_ready",
        "green_wanted",
        "last_transition_at",
        "changed_at",
        "settled_at",
        "rank",
        "severity",
        "attention",
        "stuck_after",
    ),
    *("before_images", "trigger", "unreadable", "deleted_at", "workloads_at", "release_number", "search", "state"),
    *("generation", "spec_due_at", "version"),
)
"""The columns an observation may change. The others belong to the page (`looked_at`) or to grouping (`application`)."""


def state_of(row: Rollout) -> RolloutState | None:
    return memory.load(row.state) if row.state else None


def fill(row: Rollout, state: RolloutState) -> None:
    """Makes the columns say what the state says."""
    canary = state.canary
    row.state = memory.dump(state)
    row.uid = canary.uid
    row.provider = _text(canary.provider, 64)
    row.strategy = canary.strategy.value
    owner = ownership.owner_of(canary)
    row.owner_kind, row.owner_name = owner.kind, _text(owner.name, 253)
    row.target_kind, row.target_name = _text(canary.target_kind, 64), _text(canary.target_name, 253)
    routing = live.routing_of(canary)
    kind, row.routing_namespace, row.routing_name = routing or ("", "", "")
    row.routing_kind = str(kind)
    row.phase = canary.phase.value if canary.phase is not Phase.UNKNOWN else _text(canary.phase_text, 32)
    row.phase_at = canary.phase_at
    row.iterations, row.iterations_wanted = _number(canary.iterations), _number(canary.iterations_wanted)
    row.failed_checks, row.threshold = _number(canary.failed_checks), _number(canary.threshold)
    row.max_weight, row.interval = _number(canary.max_weight), _number(canary.interval)
    row.suspended, row.skip_analysis = canary.suspended, canary.skip_analysis
    row.live_side, row.live_source = state.live.side.value, state.live.source.value
    row.green_weight = state.live.weight
    row.through_gateway_only = bool(state.route and state.route.through_gateway_only)
    row.blue_images, row.blue_ready, row.blue_wanted = _side(state.blue)
    row.green_images, row.green_ready, row.green_wanted = _side(state.green)
    row.last_transition_at, row.changed_at = canary.last_transition_at, state.changed_at
    row.settled_at = None if canary.phase in RUNNING else state.changed_at
    row.deleted_at = state.deleted_at
    row.release_number = state.releases
    running = state.release if state.running else None
    row.before_images = _images(running.from_images) if running else None
    row.trigger = running.trigger.value if running else ""
    _judge(row, state)
    words = (canary.namespace, canary.name, row.owner_name, row.provider, *row.blue_images, *row.green_images)
    row.search = _bytes(_text(" ".join(words).lower(), SEARCH_BYTES), SEARCH_BYTES)


def mark_unreadable(row: Rollout) -> None:
    """The newest version of the object could not be understood: what is shown is older, and a person should know."""
    row.rank, row.severity, row.attention = Rank.NEEDS_A_PERSON, attention.UNREADABLE_SEVERITY, attention.UNREADABLE


def _judge(row: Rollout, state: RolloutState) -> None:
    row.stuck_after = attention.stuck_after(state)
    need = attention.attention(state, None)
    row.attention, row.severity = (need.reason.value, need.severity) if need else ("", 0)
    row.rank = Rank.NEEDS_A_PERSON if need else Rank.RUNNING if state.running else Rank.QUIET


def _side(workload: Workload | None) -> tuple[list[str], int | None, int | None]:
    if workload is None:
        return [], None, None
    return list(workload.images), _number(workload.ready), _number(workload.wanted)


def _images(images: Images | None) -> list[str] | None:
    return None if images is None else list(images)


def _number(value: int) -> int:
    return max(SMALLEST, min(LARGEST, value))


def _text(value: str, length: int) -> str:
    return value.replace("\0", "")[:length]


def _bytes(value: str, length: int) -> str:
    """As much of it as fits into so many bytes."""
    return value.encode()[:length].decode(errors="ignore")


def transition_row(rollout: int, seen: TransitionState) -> Transition:
    return Transition(rollout_id=rollout, **_transition(seen))


def _transition(seen: TransitionState) -> dict[str, Any]:
    return {
        "number": seen.number,
        "release": seen.release,
        "at": seen.at,
        "seen_at": seen.seen_at,
        "phase": seen.phase.value,
        "iterations": _number(seen.iterations),
        "failed_checks": _number(seen.failed_checks),
        "weight": seen.weight,
        "live_side": seen.live_side.value,
        "live_source": seen.live_source.value,
        "suspended": seen.suspended,
        "why": seen.why,
        "gap": seen.gap,
    }


def release_row(rollout: int, release: ReleaseState, canary: Canary) -> Release:
    """`canary`: as it was last seen, which tells what governs the release."""
    return Release(
        rollout_id=rollout,
        number=release.number,
        strategy=release.strategy.value,
        trigger=release.trigger.value,
        outcome=release.outcome.value,
        analysis=release.analysis.value,
        started_at=release.started_at,
        start_approximate=release.start_approximate,
        ended_at=release.ended_at,
        from_images=_images(release.from_images),
        to_images=_images(release.to_images),
        canary=memory.dump(canary),
        measure_at=release.started_at,
    )


RELEASE_UPDATED = (
    "strategy",
    "trigger",
    "outcome",
    "analysis",
    "started_at",
    "start_approximate",
    "ended_at",
    "from_images",
    "to_images",
    "canary",
)
