"""Targets of rollouts, as they were read."""

from __future__ import annotations

from dataclasses import replace

from rollouts.domain import memory
from rollouts.models import Rollout
from rollouts.services.observe import storage


def runs(rollout: Rollout, image: str) -> None:
    """In its one container, `podinfo`."""
    state = memory.load(rollout.state)
    assert state.green is not None
    storage.fill(rollout, replace(state, green=replace(state.green, containers=("podinfo",), images=(image,))))
    rollout.save()
