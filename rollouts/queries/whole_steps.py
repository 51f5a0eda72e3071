"""How far the deletion or the creation of an Application is."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.models import ApplicationChange, ChangeKind, ChangeState
from rollouts.queries.change_steps import StepSeen, in_order

TITLES = {
    ChangeKind.DELETE: (
        "The hub has marked the Application for deletion",
        "Kurator has let it go, and it is gone from the hub",
        "It was looked what is left in its clusters",
    ),
    ChangeKind.CREATE: (
        "The hub has taken the Application",
        "It is observed here",
        "Kurator has made it for its clusters",
    ),
}


def steps_seen(change: ApplicationChange) -> Iterator[StepSeen]:
    """Of what was asked for."""
    done = [change.written_at is not None, change.arrived_at is not None, change.state == ChangeState.DONE]
    yield from in_order(
        TITLES[ChangeKind(change.kind)], done, going_on=change.state == ChangeState.OPEN, sentence=change.sentence,
        troubled=bool(change.attempts),
    )  # fmt: skip


def left(change: ApplicationChange) -> list[tuple[str, str]]:
    """By cluster what is left there."""
    return sorted((one["name"], one["said"]) for one in change.left.values())
