"""How the change of an Application ends whose hub does not answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from rollouts.models import ApplicationChange, ChangeState
from rollouts.services.one_offs.ending import end, is_waited_out

ASKED_BEFORE = "The hub was asked before, and may have accepted it: look what it has."
UNFOLLOWED = "It is no longer followed."


def unanswered(change: ApplicationChange, said: str, came: str, patience: timedelta, now: datetime) -> None:
    """`came`: what is known once it has accepted."""
    if is_waited_out(change, patience, now):
        far = f"{came} {UNFOLLOWED}" if change.written_at is not None else ASKED_BEFORE
        end(change, ChangeState.FAILED, f"{far} {said}", now)
