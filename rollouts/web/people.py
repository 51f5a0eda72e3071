"""The person behind a request."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from rollouts import access

NOTHING_YET = "You are signed in, but nobody has granted you anything yet."


def person_of(request: HttpRequest) -> access.Person:
    """Raises PermissionDenied for somebody who is signed in and was granted nothing."""
    if not access.may_enter(request.user):
        raise PermissionDenied(f"{NOTHING_YET} {access.whom_to_ask()}")
    return request.user


def rights(request: HttpRequest) -> dict[str, bool]:
    """For the frame of every page."""
    return {
        "enters": access.may_enter(request.user),
        "grants": access.may_grant_something(request.user),
        "toured": bool(settings.TOUR),
    }
