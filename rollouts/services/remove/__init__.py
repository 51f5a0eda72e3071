"""Removing the rollout of a policy, or a plain Canary: asked for by a page, done step by step by workers, in each
cluster by itself.

The row of a removal and its parts are all that anybody has to know to go on: every step is looked at first and done
only where it is not done, so whoever dies at any line is followed by another.
"""

from __future__ import annotations

from rollouts.services.remove.asking import (
    RemovalChanged,
    RemovalPreview,
    RemovalUnconfirmed,
    preview_removal,
    preview_removal_of_canary,
    request_removal,
    request_removal_of_canary,
    stop_removal,
)
from rollouts.services.remove.going import go_on_removing
from rollouts.services.remove.looking_after import look_after_removals

__all__ = [
    "RemovalChanged",
    "RemovalPreview",
    "RemovalUnconfirmed",
    "go_on_removing",
    "look_after_removals",
    "preview_removal",
    "preview_removal_of_canary",
    "request_removal",
    "request_removal_of_canary",
    "stop_removal",
]
