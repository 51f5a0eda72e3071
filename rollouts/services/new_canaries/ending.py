"""What is said of a new Canary that is not followed to its end."""

from __future__ import annotations

from rollouts.models import NewCanary

ASKED_BEFORE = "The cluster was asked before, and may have accepted it: look whether the Canary is there."
UNFOLLOWED = "It is in the cluster, and no longer followed."


def told(row: NewCanary, said: str) -> str:
    """With how far it has come, for who is told that it goes no further."""
    if row.written_at is not None:
        return f"{UNFOLLOWED} {said}"
    return f"{ASKED_BEFORE} {said}" if row.sent_at is not None else said
