"""Whether clusters are ready for rollouts: asked for, looked at by a worker, kept with what has changed."""

from __future__ import annotations

from rollouts.services.readiness.checking import check
from rollouts.services.readiness.requesting import due, request

__all__ = ["check", "due", "request"]
