"""What stands between the two sides of a rollout: where its users are, and where they go next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rollouts.domain.observations import Phase, Strategy
from rollouts.domain.phases import PROMOTING
from rollouts.domain.progress import Progress
from rollouts.domain.rollout import LiveSide
from rollouts.queries.rollout import RolloutDetail
from rollouts.queries.rows import RolloutRow


@dataclass(frozen=True, slots=True)
class Flow:
    """`direction` is that of the next move: right, left, or none. `moment` stands between `before` and `after`."""

    direction: str
    before: str
    moment: datetime | None = None
    after: str = ""
    note: str = ""


GATEWAY_ONLY = "Only traffic through the gateway moves; callers inside the mesh stay on blue."
STANDING = {"green": "users are on green", "blue": "users are on blue"}
MATCHED = "matched users on green, all others on blue"


def flow(detail: RolloutDetail) -> Flow:
    how_far, row = detail.progress, detail.row
    note = GATEWAY_ONLY if row.through_gateway_only else ""
    if detail.state is not None and detail.state.canary.provider == "kubernetes":
        note = "With provider kubernetes users always stay on blue."
    if how_far is None or not row.in_run:
        return Flow("none", STANDING.get(row.live_side, ""), note=note)
    return replace(_next(row, how_far), note=note)


def _next(row: RolloutRow, how_far: Progress) -> Flow:
    if row.suspended:
        return Flow("none", "nobody moves while it is suspended")
    if row.phase == Phase.FINALISING:
        return Flow("none", "users are back on blue")
    if row.live_side == LiveSide.GREEN or (row.live_side == LiveSide.SPLIT and _by_match(row)):
        return _back(row, how_far)
    if row.live_side == LiveSide.SPLIT:
        return _by_weight(row, how_far)
    return _forth(row, how_far)


def _by_match(row: RolloutRow) -> bool:
    """In A/B testing only the users who match move, and nobody knows how many they are."""
    return row.strategy == Strategy.AB_TESTING


def _who(row: RolloutRow) -> str:
    return "matched users" if _by_match(row) else "users"


def _back(row: RolloutRow, how_far: Progress) -> Flow:
    back = f"{_who(row)} go back to blue"
    if how_far.rolls_back_next:
        return Flow("left", back, how_far.next_at, "the next check rolls back")
    if how_far.one_more_rolls_back and how_far.failed_checks:
        return Flow("left", back, None, "at the next failed check, or once it is promoted")
    if row.phase == Phase.PROMOTING:
        return Flow("left", back, how_far.next_at, "if blue is ready")
    if not _by_match(row):
        return Flow("left", back, None, "once blue runs the new version")
    if row.phase == Phase.WAITING_PROMOTION:
        return Flow("none", "matched users stay on green until it is approved")
    return Flow("none", MATCHED)


def _by_weight(row: RolloutRow, how_far: Progress) -> Flow:
    if how_far.rolls_back_next:
        return Flow("left", "users go back to blue", how_far.next_at, "the next check rolls back")
    if row.phase in PROMOTING:
        return Flow("left", "users go back to blue", None, "once blue runs the new version")
    if row.phase == Phase.WAITING_PROMOTION:
        return Flow("none", "users stay split until it is approved")
    return Flow("right", "users move step by step")


def _forth(row: RolloutRow, how_far: Progress) -> Flow:
    move = f"{_who(row)} move"
    if how_far.users_move_at is not None:
        return Flow("right", move, how_far.users_move_at, "if the checks pass")
    on_blue = row.live_side == LiveSide.BLUE
    if how_far.waits_for_pods and on_blue:
        return Flow("none", "users stay on blue until green is ready")
    if row.phase in {Phase.WAITING, Phase.WAITING_PROMOTION}:
        return Flow("right", f"{move} after approval")
    if _by_match(row) and row.phase == Phase.PROGRESSING and how_far.next_at and not how_far.rolls_back_next:
        return Flow("right", move, how_far.next_at, "if green is ready")
    return Flow("none", STANDING["blue"] if on_blue else "")
