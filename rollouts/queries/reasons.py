"""Of whom a reason is asked before an act."""

from __future__ import annotations

from rollouts import access
from rollouts.models import Application, RequiredReason, Role, Rollout


def is_required(person: access.Person, one: Rollout | Application, act: str) -> bool:
    """Of a person who may act there: by what an administrator has set down, and the role by which the person may."""
    roles = set(RequiredReason.objects.filter(act__in=("", act)).values_list("role", flat=True))
    return "" in roles or (Role.ADMIN if access.administers(person, one) else Role.OPERATOR) in roles
