"""People with roles."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from rollouts.models import Covers, Grant, Role
from rollouts.services import tokens
from rollouts.services.tokens import Made


def make_person(name: str = "ann", role: Role | None = None, **fields: Any) -> User:
    """With a role on everything, if one is given."""
    person = User.objects.create_user(name, password="a-long-password", **fields)
    if role is not None:
        grant(person, role)
    return person


def make_operator(name: str = "operator") -> User:
    """May act on everything."""
    return make_person(name, Role.OPERATOR)


def make_editor(name: str = "ed") -> User:
    """Sees everything, and may edit every policy."""
    person = make_person(name)
    grant(person, edits_policies=True)
    return person


def grant(holder: User | Group, role: Role = Role.VIEWER, covers: Covers = Covers.EVERYTHING, **thing: Any) -> Grant:
    """The holder's role there, whatever it was before."""
    edits_policies = thing.pop("edits_policies", False)
    whose = {"person": holder} if isinstance(holder, User) else {"group": holder}
    given = {"role": role, "edits_policies": edits_policies}
    made, _ = Grant.objects.update_or_create(**whose, covers=covers, **thing, defaults=given)
    return made


def make_token(person: User, scope: str = "read", name: str = "job", days: int = 30) -> Made:
    return tokens.make(person=person, name=name, scope=scope, days=days, now=timezone.now())


def anew(person: User) -> User:
    """As the next request loads the person: grants are read once for each."""
    return User.objects.get(pk=person.pk)
