"""Of whom a reason is asked before an act."""

from __future__ import annotations

from collections.abc import Iterable

from rollouts import access
from rollouts.domain.commands import REASON_MAY_FOLLOW
from rollouts.models import Application, RequiredReason, Role, Rollout

REQUIRED, MAY_FOLLOW = "required", "may follow"


def wanted(person: access.Person, things: Iterable[Rollout | Application], act: str) -> str:
    """How a dialog that acts on all of these asks for it: REQUIRED, MAY_FOLLOW, or empty where nobody wants one."""
    roles = roles_asked(act)
    if not any(is_asked(person, one, roles) for one in things):
        return ""
    return MAY_FOLLOW if act in REASON_MAY_FOLLOW else REQUIRED


def roles_asked(act: str) -> frozenset[str]:
    """Of whom an administrator wants a reason for the act. Empty as a role stands for any."""
    return frozenset(RequiredReason.objects.filter(act__in=("", act)).values_list("role", flat=True))


def is_asked(person: access.Person, one: Rollout | Application, roles: frozenset[str]) -> bool:
    """Of a person who may act there: whether the role by which the person may is one of `roles`."""
    if not roles or "" in roles:
        return bool(roles)
    return (Role.ADMIN if access.administers(person, one) else Role.OPERATOR) in roles
