"""What a command is bound to: the release that the person saw. An act must never hit the next one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from rollouts.domain.observations import Canary
from rollouts.domain.rollout import RolloutState


@dataclass(frozen=True, slots=True)
class Binding:
    """`configs` is a digest of the tracked ConfigMaps and Secrets."""

    uid: str
    release: int
    applied: str
    configs: str


def bind(state: RolloutState) -> Binding:
    canary = state.canary
    return Binding(canary.uid, state.releases, canary.last_applied, _digest(canary))


def still_bound(binding: Binding, canary: Canary) -> bool:
    """Whether the object as it was just read still is, and still runs, what the person saw. The number of the release
    is ours and not the cluster's: whoever knows it compares it too.
    """
    return (canary.uid, canary.last_applied, _digest(canary)) == (binding.uid, binding.applied, binding.configs)


def _digest(canary: Canary) -> str:
    text = json.dumps(dict(canary.tracked_configs), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
