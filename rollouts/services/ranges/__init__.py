"""The checks of a rollout over a range of time: asked for by a page, read by a task, kept for as long as it is good."""

from __future__ import annotations

from rollouts.services.ranges.reading import read
from rollouts.services.ranges.requesting import Requested, request

__all__ = ["Requested", "read", "request"]
