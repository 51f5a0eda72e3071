"""What a page says of a switch that is on for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.commands import Act, Switch
from rollouts.domain.commands.forcing import BEFORE, FORCED
from rollouts.domain.rollout import LiveSide, RolloutState
from rollouts.models import Reversal
from rollouts.queries.reversals import TurnedOn, is_overdue

ON_GREEN = "Users are on green and stay there, unchecked: nothing rolls back while it is suspended."


@dataclass(frozen=True, slots=True)
class ReversalLine:
    """`moment` stands between `before` and `after`. `trouble`: why it could not be turned off."""

    pk: int
    since: datetime
    before: str
    moment: datetime
    after: str
    trouble: str
    next_at: datetime
    warns: bool


def lines(found: Sequence[TurnedOn], now: datetime) -> tuple[ReversalLine, ...]:
    return tuple(_line(one, now) for one in found)


def _line(one: TurnedOn, now: datetime) -> ReversalLine:
    row = one.row
    before, moment, after = _words(row, f"policy {one.policy}" if one.policy else "", now)
    trouble = row.sentence if row.by_itself else ""
    warns = row.switch == Switch.SKIP_ANALYSIS or is_overdue(row, now)
    return ReversalLine(row.pk, row.made_at, before, moment, after, trouble, row.next_at, warns)


def _words(row: Reversal, policy: str, now: datetime) -> tuple[str, datetime, str]:
    who, release = row.command.person_name, row.command.release
    if row.switch == Switch.RECONCILE:
        if row.attempts or row.until <= now:
            return f"Flux still leaves the target alone, as {who} wanted. It should keep it again since", row.until, "."
        return f"Flux leaves the target alone, as {who} wanted, until", row.until, ": let Git follow by then."
    release += row.command.act == Act.EARLIER_VERSION
    if row.switch == Switch.SKIP_ANALYSIS:
        still = f"The analysis is still switched off{f' in {policy}' if policy else ''}, by {who}."
        if row.until <= now:
            return f"{still} It should be on again since", row.until, "."
        if row.attempts:
            return f"{still} It could not be switched on again yet, and should be at", row.until, " at the latest."
        then = f"; on again as soon as release {release} has ended."
        if policy:
            then = f" in {policy}; on again as soon as its releases have ended."
        return f"The analysis is switched off by {who} until", row.until, then
    if row.switch == Switch.INTERVAL:
        before, forced = (row.command.choice.get(name, "") for name in (BEFORE, FORCED))
        changed = f"The interval is {forced} instead of {before}, by {who}, to have Flagger tick at once."
        over = row.attempts or row.until <= now
        return (
            f"{changed} It {'should be back since' if over else 'is put back within seconds, at'}",
            row.until,
            ("." if over else " at the latest."),
        )
    paused = f"Paused through {policy} by {who}" if policy else f"Paused by {who}"
    if row.by_itself:
        over = row.attempts or row.until <= now
        return f"{paused}. {'It should go on since' if over else 'It goes on by itself at'}", row.until, "."
    if row.until <= now:
        return f"{paused}. The time for it was over at", row.until, ", and somebody has to resume it."
    return f"{paused}, who wants to be reminded at", row.until, "."


def unchecked_on_green(state: RolloutState | None) -> str:
    """The warning where users meet green while nothing looks at it; empty where that is not so."""
    if state is None or not state.canary.suspended or state.deleted_at is not None:
        return ""
    return ON_GREEN if state.live.side in (LiveSide.GREEN, LiveSide.SPLIT) else ""
