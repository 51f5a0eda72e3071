"""Who asks for a stream, and what that person may hear of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie

from rollouts import access

Scope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Denied:
    """With the HTTP status that says so."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    person: int
    topics: frozenset[str]
    """Of those asked for, the ones this person may hear of."""


Judge = Callable[[Scope, Sequence[str]], Awaitable[Denied | Allowed]]


async def may_listen(scope: Scope, topics: Sequence[str]) -> Denied | Allowed:
    return await sync_to_async(_may_listen)(scope, topics)


def _may_listen(scope: Scope, topics: Sequence[str]) -> Denied | Allowed:
    close_old_connections()
    try:
        return _judged(scope, topics)
    finally:
        close_old_connections()


def _judged(scope: Scope, topics: Sequence[str]) -> Denied | Allowed:
    request = HttpRequest()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(_session_key(scope))
    person = get_user(request)  # checks that the password is still the one the session was opened with
    if not person.is_authenticated:
        return Denied(401, "sign in first")
    if not access.may_enter(person) or person.pk is None:
        return Denied(403, "this account may not see anything here")
    heard = access.audible(person, topics)
    if topics and not heard:
        return Denied(403, "this account may not see any of that")
    return Allowed(int(person.pk), heard)


def _session_key(scope: Scope) -> str | None:
    header = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"cookie")
    return parse_cookie(header).get(settings.SESSION_COOKIE_NAME)
