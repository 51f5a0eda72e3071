"""The first people of an installation."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.contrib.auth.models import User

from kurator_ui.run.passwords import Person, load_passwords, save_passwords
from rollouts.models import Covers, Grant


def ensure_people(state: Path, names: tuple[str, ...], *, roles: bool = False) -> list[Person]:
    """Make those of `names` that are not there yet; `admin` may do everything.

    With `roles` each gets a grant on everything of the role of that name, at every start.

    Returns all of them with the random passwords made for them. A person whose password was lost gets a new one; one
    who has chosen another since keeps it, and only the one made here is known.
    """
    passwords = load_passwords(state)
    for name in names:
        user = User.objects.filter(username=name).first()
        if user and name in passwords:
            continue
        passwords[name] = secrets.token_urlsafe(12)
        save_passwords(state, passwords)  # before the account: a password nobody knows would lock everybody out
        user = user or User(username=name, is_staff=name == "admin", is_superuser=name == "admin")
        user.set_password(passwords[name])
        user.save()
    if roles:
        for user in User.objects.filter(username__in=names):
            Grant.objects.update_or_create(person=user, covers=Covers.EVERYTHING, defaults={"role": user.username})
    return [Person(name, passwords[name]) for name in names]
