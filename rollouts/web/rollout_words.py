"""What the page of a rollout says in words: the two sides, and what each transition was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import PROMOTING, RUNNING
from rollouts.queries.rollout import RolloutDetail
from rollouts.queries.timeline import TransitionRow
from rollouts.queries.versions import SAME_IMAGES, Version
from rollouts.web import words


@dataclass(frozen=True, slots=True)
class Pane:
    side: str
    title: str
    version: Version | None
    share: str
    """Of the users; empty when none of them, or nobody knows."""
    role: str
    becomes: Version | None
    """What is written over the version at present."""
    news: str
    """What a release brings that leaves the images as they are."""
    ready: int | None
    wanted: int | None
    workload: str
    unseen: str
    """Said where there is no workload to tell of."""


def panes(detail: RolloutDetail) -> tuple[Pane, Pane]:
    row, state = detail.row, detail.state
    blue, green = (state.blue, state.green) if state else (None, None)
    target = state.canary.target_name if state else row.name
    unseen = "not there" if blue or green else "none seen"  # both are always read together
    overwritten = row.phase in PROMOTING and row.moves
    news = row.green.short if row.in_run and row.green and row.green.short in SAME_IMAGES.values() else ""
    return (
        Pane(
            side="blue",
            title="Blue, stable",
            version=row.blue,
            share=_share(row.blue_live, row.live_side, row.green_weight, "blue"),
            role="",
            becomes=row.green if overwritten else None,
            news="",
            ready=blue.ready if blue else None,
            wanted=blue.wanted if blue else None,
            workload=f"{target}-primary",
            unseen=unseen,
        ),
        Pane(
            side="green",
            title="Green, preview",
            version=row.green,
            share=_share(row.green_live, row.live_side, row.green_weight, "green"),
            role=_green_role(detail),
            becomes=None,
            news=news,
            ready=green.ready if green else None,
            wanted=green.wanted if green else None,
            workload=target,
            unseen=unseen,
        ),
    )


def _share(live: str, side: str, weight: int | None, own: str) -> str:
    if not live:
        return ""
    if side != own:
        return {"matched": "split, matched users", "others": "split, all others"}.get(live, f"{live} of users")
    return "live, 100 % of users" if weight in {0, 100} else "live"


def _green_role(detail: RolloutDetail) -> str:
    row, green = detail.row, detail.state.green if detail.state else None
    if green is not None and green.wanted == 0:
        return "scaled to zero"
    return "checked without users" if row.in_run and row.live_side == "blue" else ""


class Entry(NamedTuple):
    """A line of the timeline."""

    transition: TransitionRow
    what: tuple[str, ...]
    why: str
    failed: bool


GATE_CLOSED = "green is checked on while the gate is closed"


def entry(one: TransitionRow, canary: Canary | None) -> Entry:
    """`canary`: what governed the release."""
    wanted = canary.iterations_wanted if canary else 0
    found = []
    failed = _failed(one)
    if "phase" in one.changes:
        found.append(words.phase_look(one.phase).name)
    if "iterations" in one.changes and 0 < one.iterations <= wanted and one.phase in RUNNING:
        found.append(f"iteration {one.iterations} of {wanted}")
    if failed:
        found.append(f"check failed, {one.failed_checks}{f' of {canary.threshold}' if canary else ''}")
    found += _users(one, canary is not None and canary.strategy is Strategy.CANARY)
    if "suspended" in one.changes and (one.suspended or "phase" not in one.changes):
        found.append("suspended" if one.suspended else "resumed")
    if one.asked:
        found.append(f"still waits for approval, {one.asked} check{'s' if one.asked > 1 else ''} later")
    elif not found and "iterations" in one.changes and one.iterations > wanted:
        found.append("last check before the promotion")
    said = {*found, f"{one.weight}% of the traffic to green"}
    why = "" if one.why in said else one.why or (GATE_CLOSED if one.asked else "")
    return Entry(one, tuple(found) or ("status changed",), why, failed or one.phase == Phase.FAILED)


def _failed(one: TransitionRow) -> bool:
    return "failed_checks" in one.changes and one.failed_checks > 0


def _users(one: TransitionRow, by_weight: bool) -> list[str]:
    if by_weight and "weight" in one.changes and one.weight:
        return [f"{one.weight} % of users on green"]
    if "live_side" not in one.changes or one.live_side == "unknown" or len(one.changes) == 6:
        return []
    if one.live_side == "split":
        return ["matched users on green" if one.weight is None else "users split"]
    return [f"users on {one.live_side}"]
