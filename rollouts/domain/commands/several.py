"""What is asked of several rollouts of one application at once."""

from __future__ import annotations

from collections.abc import Collection

from rollouts.domain.commands.act import Act, Plan

PROMOTE = frozenset({Act.SKIP_ITERATIONS})
AT_ONCE = frozenset({Act.ROLL_BACK})
"""Never in turn: users are on a version that somebody found wanting."""


def to_type(plans: Collection[Plan], application: str) -> str:
    """What a person has to type to confirm them all: the application's name where one of them adds risk by itself, or
    where several clusters are promoted. Empty: one click confirms.
    """
    several = len(plans) > 1 and any(plan.act in PROMOTE for plan in plans)
    return application if several or any(plan.typed for plan in plans) else ""
