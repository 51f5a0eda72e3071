"""Queries of metrics that somebody edits are tried on a cluster: asked for by a page, answered by a task."""

from __future__ import annotations

from rollouts.services.trials.answering import answer
from rollouts.services.trials.requesting import forget, request

__all__ = ["answer", "forget", "request"]
