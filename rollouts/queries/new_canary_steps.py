"""How far a Canary is that is made."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.models import ChangeState, NewCanary
from rollouts.queries.change_steps import StepSeen, in_order

TITLES = (
    "The cluster has taken the Canary",
    "The Canary says what was entered, and is observed here",
    "Flagger has made blue",
)


def steps_seen(row: NewCanary) -> Iterator[StepSeen]:
    """Of what was asked for."""
    done = [row.written_at is not None, row.arrived_at is not None, row.state == ChangeState.DONE]
    going_on = row.state == ChangeState.OPEN
    yield from in_order(TITLES, done, going_on=going_on, sentence=row.sentence, troubled=bool(row.attempts))
