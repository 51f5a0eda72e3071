"""Whether Kurator makes a Canary of a policy, or has let go of it. What it lets go of keeps its mark for ever, and
works on without it (proven K5): what counts is whether an Application that is known here has a policy for it.
"""

from __future__ import annotations

from dataclasses import replace

from rollouts.domain import memory
from rollouts.domain.ownership import OwnerKind, let_go
from rollouts.domain.rollout import RolloutState
from rollouts.models import Rollout


def is_claimed(one: Rollout) -> bool:
    """Whether a policy makes it, as far as is known."""
    return one.application is not None and one.application.hub_id is not None


def left_by(one: Rollout) -> str:
    """The policy that makes it no more; empty where one makes it, or never has."""
    return one.owner_name if one.owner_kind == OwnerKind.KURATOR and not is_claimed(one) else ""


def known(one: Rollout) -> RolloutState:
    """What is stored of it, as acts are judged by it."""
    return as_kept(memory.load(one.state), claimed=is_claimed(one))


def as_kept(state: RolloutState, *, claimed: bool) -> RolloutState:
    """Without the mark of a policy that does not make it."""
    return state if claimed else replace(state, canary=let_go(state.canary))
